# shellcheck shell=sh
# restart.sh MYSQLD MAIN_FILE SETTINGS_FILE SOCKET SERVICE: restart the server, and when it does not come up, start it with the option file that it had
# before. Says "restarted", "refused" (its option files are wrong, so it was not touched), "before" (it runs with the file of before again) or "down", and
# why, by its error log, on the standard error. Begins with the functions of options.sh.
set -e
mysqld=$1 main=$2 settings=$3 socket=$4 service=$5
text=$(cat "$settings" 2> /dev/null || true)
if ! validate_options "$mysqld" "$main" "$settings" "$text"; then
  echo refused
  exit
fi
if [ "$socket" -nt "$settings" ]; then rm -f "$settings.before"; fi # it has begun with this one, so the fault is not in it
log=$(
  whole_options "$mysqld" "$main" "$settings" "$text" \
    | sed -n -E 's/^[[:space:]]*log[-_]error[[:space:]]*=[[:space:]]*(\/.*[^[:space:]])[[:space:]]*$/\1/p' | tail -n 1
)
written=$(wc -c < "${log:-/dev/null}" 2> /dev/null || echo 0)
since=$(date +%s)

if systemctl restart "$service.service"; then
  rm -f "$settings.before"
  echo restarted
  exit
fi
{
  tail -c "+$((written + 1))" "${log:-/dev/null}" 2> /dev/null || true
  journalctl --quiet --output=cat --since="@$since" --unit="$service.service" || true
} | grep -F '[ERROR]' | grep -v 'Aborting$' | head -n 6 >&2
if [ -e "$settings.before" ]; then
  cp -p "$settings" "$settings.refused"
  if [ -s "$settings.before" ]; then cp -p "$settings.before" "$settings"; else rm -f "$settings"; fi # empty when there was none
  if systemctl restart "$service.service"; then
    rm -f "$settings.before" "$settings.refused"
    echo before
    exit
  fi
  mv "$settings.refused" "$settings"
fi
echo down
