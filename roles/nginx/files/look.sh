# shellcheck shell=sh
# look.sh NGINX CERTIFICATE
# Says the release of nginx, whether it is enabled, and the SHA-256 of the certificate; an empty line for what is not there.
printf '%s\n' \
  "$("$1" -v 2>&1 | grep -o 'nginx/[0-9.]*')" \
  "$(systemctl is-enabled nginx.service 2> /dev/null)" \
  "$(sha256sum < "$2" 2> /dev/null | cut -d ' ' -f 1)"
