# shellcheck shell=sh
# holders.sh PIDFILE [ipv6]
# Says who listens on ports 80 and 443, a line each, but the nginx of PIDFILE, and without "ipv6" who does so for that alone.
master=$(cat "$1" 2> /dev/null) ipv6=$2
ss -Hltnp 'sport = :80 or sport = :443' | awk '{ print $4, $6 }' | while read -r address users; do
  case ${ipv6:-$address} in
    '['*) continue ;;
  esac
  case ${master:+$users} in
    *"pid=$master,"*) continue ;;
  esac
  echo "port ${address##*:} is held by $(echo "${users:-a program that ss cannot name}" | sed -E 's/^users:\(\("([^"]*)",pid=([0-9]+).*/\1 (process \2)/')"
done | sort -u
