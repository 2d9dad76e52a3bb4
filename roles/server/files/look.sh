# shellcheck shell=sh
# look.sh ENGINE IMAGE UNIT KEPT
# The image's ID, when ENGINE has it (else the status is not 0); "before IMAGE", that of the unit; "kept IMAGE", the one of before a change of version that an
# earlier run began and did not end; "host CORES MIB", and "controls WHAT..." that the kernel can limit. Without ENGINE the status is 127.
if [ -x "$1" ]; then
  "$1" image inspect --format '{{.Id}}' "$2"
  code=$?
else
  echo none
  code=127
fi
image='^    \([^ ]*/[^ ]*[:@][^ ]*\)$'
sed -n "s|$image|before \\1|p" "$3" 2> /dev/null
if [ -e "$4/schema" ]; then sed -n "s|$image|kept \\1|p" "$4/wandb-local.service"; fi
printf 'host %s %s\n' "$(nproc)" "$(($(sed -n 's|^MemTotal: *\([0-9]*\) kB|\1|p' /proc/meminfo) / 1024))"
if [ -d /sys/fs/cgroup/memory ]; then
  echo controls cpu memory
else
  printf 'controls %s\n' "$(cat /sys/fs/cgroup/cgroup.controllers 2> /dev/null)"
fi
exit "$code"
