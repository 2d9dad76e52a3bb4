# shellcheck shell=sh
# look.sh ACCOUNT SERVER UNIT STARTED FILE...
# Says, a line each, "account" when there is one of that name, and the SHA-256, the mode and the owners of SERVER; then what unit_state.sh says, which
# follows here and takes the other arguments.
id -u "$1" > /dev/null 2>&1 && echo account
[ -e "$2" ] && echo "server $(sha256sum < "$2" | cut -d ' ' -f 1) $(stat --format='%a %U %G' "$2")"
shift 2
