# shellcheck shell=sh
# load.sh begin|end LOADED PIDFILE
# Around a reload: "begin" notes the time and the workers that run; "end" waits until the master has others, since a master that cannot take what it
# reads goes on with the ones it has, and then keeps the time of "begin" as that of the file LOADED, in /run.
verb=$1 loaded=$2 pid_file=$3

workers() {
  cat "/proc/$(cat "$pid_file" 2> /dev/null)/task/"*/children 2> /dev/null
}

if [ "$verb" = begin ]; then
  workers > "$loaded.next"
  exit 0
fi
before=" $(cat "$loaded.next") "
tries=20
while [ $tries -gt 0 ]; do
  for worker in $(workers); do
    case $before in
      *" $worker "*) ;;
      *) exec mv "$loaded.next" "$loaded" ;;
    esac
  done
  tries=$((tries - 1))
  sleep 0.5
done
echo 'the master has no new workers' >&2
exit 1
