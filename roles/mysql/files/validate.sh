# shellcheck shell=sh
# validate.sh MYSQLD MAIN_FILE SETTINGS_FILE CANDIDATE: whether the server accepts all its option files with CANDIDATE in place of SETTINGS_FILE.
# They are read from one file beside the main one, since AppArmor lets the server read nothing elsewhere.
set -e
umask 077
whole=$2.baremetal-wandb
trap 'rm -f "$whole"' EXIT
{
  grep -v '^ *!includedir' "$2"
  sed -n 's/^ *!includedir *//p' "$2" | while read -r folder; do
    for file in "$folder"/*.cnf; do
      if [ -e "$file" ] && ! [ "$file" -ef "$3" ]; then echo "!include $file"; fi
    done
  done
  cat "$4"
} > "$whole"
"$1" --defaults-file="$whole" --user=mysql --validate-config
