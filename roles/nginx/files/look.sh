# shellcheck shell=sh
# look.sh NGINX LOADED PIDFILE CERTIFICATE FILE...
# Says, a line each, the release of nginx, whether it is enabled, the SHA-256 of the certificate, and "changed" when that or a FILE was changed
# after nginx last read them: after LOADED, which load.sh leaves, and after the start, when nginx wrote PIDFILE. An empty line for what is not so.
nginx=$1 last=$2 started=$3 certificate=$4
shift 3
if ! [ -e "$last" ] || [ "$started" -nt "$last" ]; then
  last=$started
fi
# By the time of the change and not by the file's own, which "mv" and "cp -p" bring along; of links both, and what they lead to.
newer() {
  ! [ -e "$last" ] || find "$@" -cnewer "$last" 2> /dev/null | grep -q . || find -L "$@" -cnewer "$last" 2> /dev/null | grep -q .
}
printf '%s\n' \
  "$("$nginx" -v 2>&1 | grep -o 'nginx/[0-9.]*')" \
  "$(systemctl is-enabled nginx.service 2> /dev/null)" \
  "$(sha256sum < "$certificate" 2> /dev/null | cut -d ' ' -f 1)" \
  "$(! newer "$@" || echo changed)"
