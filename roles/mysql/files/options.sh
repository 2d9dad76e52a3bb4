# shellcheck shell=sh
# options.sh: functions that follow the option files as the server reads them; a script that does so begins with them.

OURS='# baremetal.wandb: here the server reads the file of the role'

OF_FILE='# baremetal.wandb: of '

# option_files MYSQLD MAIN_FILE: the files that the server begins with, in its own order, or MAIN_FILE alone if that is none of them.
option_files() {
  home=$(getent passwd mysql | cut -d: -f6)
  list=$(
    for file in $("$1" --no-defaults --verbose --help 2> /dev/null | sed -n '/^Default options are read/{n;p;}'); do
      case $file in '~'*) echo "$home${file#?}" ;; *) echo "$file" ;; esac
    done
  )
  if printf '%s\n' "$list" | grep --quiet --line-regexp --fixed-strings -e "$2"; then printf '%s\n' "$list"; else printf '%s\n' "$2"; fi
}

# flatten FILE SETTINGS_FILE TEXT [DEPTH]: FILE with all that it includes in its place. TEXT stands for SETTINGS_FILE, which need not be there yet.
# It is a shell of its own, since it calls itself; what it cannot follow it leaves to the server. A comment says which file the next lines are of.
flatten() (
  depth=${4:-0} group=''
  if is_same "$1" "$2"; then
    printf '%s\n%s\n' "$OURS" "$3"
    exit
  fi
  [ -f "$1" ] || exit 0
  printf '%s%s\n' "$OF_FILE" "$1"
  while IFS= read -r line || [ -n "$line" ]; do
    include='' path=''
    case ${line#"${line%%[![:space:]]*}"} in
      '['*) group=$line ;;
      '!'*)
        include=$(printf '%s\n' "$line" | sed -n -E 's/^[[:space:]]*![[:space:]]*(include|includedir)[[:space:]]+(.*[^[:space:]])[[:space:]]*$/\1 \2/p')
        path=${include#* }
        path=${path%/}
        ;;
    esac
    if [ "$depth" -lt 10 ] && [ "${include%% *}" = include ] && { [ -f "$path" ] || is_same "$path" "$2"; }; then
      flatten "$path" "$2" "$3" $((depth + 1))
      printf '%s%s\n%s\n' "$OF_FILE" "$1" "$group"
    elif [ "$depth" -lt 10 ] && [ "${include%% *}" = includedir ] && [ -d "$path" ]; then
      {
        for file in "$path"/*.cnf; do
          if [ -e "$file" ]; then echo "$file"; fi
        done
        if [ "$path" -ef "${2%/*}" ]; then echo "$path/${2##*/}"; fi
      } | LC_ALL=C sort -u | while IFS= read -r file; do flatten "$file" "$2" "$3" $((depth + 1)); done
      printf '%s%s\n%s\n' "$OF_FILE" "$1" "$group"
    else
      printf '%s\n' "$line"
    fi
  done < "$1"
)

# is_same FILE SETTINGS_FILE: whether they are one, also before it is there.
is_same() {
  [ "${1##*/}" = "${2##*/}" ] && [ "${1%/*}" -ef "${2%/*}" ]
}

# whole_options MYSQLD MAIN_FILE SETTINGS_FILE TEXT: all option files in one, with TEXT for SETTINGS_FILE.
whole_options() {
  option_files "$1" "$2" | while IFS= read -r file; do flatten "$file" "$3" "$4"; done
}

# validate_options MYSQLD MAIN_FILE SETTINGS_FILE TEXT: whether the server accepts its option files with TEXT for SETTINGS_FILE, and takes each value
# of TEXT as it is. They are read from one file beside the main one, since AppArmor lets the server read nothing elsewhere.
validate_options() (
  umask 077
  whole=$2.baremetal-wandb
  trap 'rm -f "$whole"' EXIT
  whole_options "$1" "$2" "$3" "$4" > "$whole"
  grep --quiet --line-regexp --fixed-strings -e "$OURS" "$whole" || printf '%s\n' "$4" >> "$whole" # as it will be, once the main file includes it
  if ! found=$("$1" --defaults-file="$whole" --user=mysql --validate-config --log-error=stderr --log-error-verbosity=2 2>&1); then
    printf '%s\n' "$found" >&2
    exit 1
  fi
  printf '%s\n' "$found" | sed -n -E "s/.*option '([^']*)': .*value ([^ ]+) adjusted to ([^ ]+)[.]\$/\1 \2 \3/p" | {
    status=0
    while read -r name value taken; do
      name=$(printf '%s\n' "$name" | tr - _)
      if printf '%s\n' "$4" | grep --quiet -E "^(loose_)?$name *="; then
        echo "[ERROR] mysql_settings.$name is $value and the server would take $taken instead: set it to what it takes, for example $name: $taken" >&2
        status=1
      fi
    done
    exit $status
  }
)
