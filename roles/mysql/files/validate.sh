# shellcheck shell=sh
# validate.sh MYSQLD MAIN_FILE SETTINGS_FILE SOCKET CANDIDATE: whether the server accepts its option files with CANDIDATE, a file or - for the standard
# input, in place of SETTINGS_FILE. A file is about to replace it, so what the server began with is kept for restart.sh: several may come and go before a
# restart. Begins with the functions of options.sh.
set -e
mysqld=$1 main=$2 settings=$3 socket=$4 candidate=$5
validate_options "$mysqld" "$main" "$settings" "$(cat -- "$candidate")"
if [ "$candidate" = - ]; then
  exit
fi
if ! [ -e "$settings" ]; then
  : > "$settings.before"
elif ! [ -e "$settings.before" ] || [ "$socket" -nt "$settings" ]; then
  cp -p "$settings" "$settings.before"
fi
