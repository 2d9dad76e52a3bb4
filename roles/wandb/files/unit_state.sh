# shellcheck shell=sh
# unit_state.sh UNIT STARTED FILE...
# Says, a word a line, what keeps UNIT from running as its FILEs say, or nothing. STARTED is a file that the unit touches at each start, in
# /run: "new" when there is none, "changed" when a FILE is newer, also from an earlier run that broke off before the restart; "stopped", "disabled".
unit=$1 started=$2
shift 2
if ! [ -e "$started" ]; then
  echo new
elif [ -n "$(find "$@" -newer "$started")" ]; then
  echo changed
fi
systemctl --quiet is-active "$unit" || echo stopped
systemctl --quiet is-enabled "$unit" 2> /dev/null || echo disabled
