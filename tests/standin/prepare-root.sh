#!/bin/sh
# Turns the Debian root $1 into the test double's file system. Called by mmdebstrap for build.sh.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$1"

mkdir -p opt/standin vol etc/container_environment
cp -R "$here/standin" opt/standin/
find opt/standin -name __pycache__ -exec rm -rf {} +
chmod -R u=rwX,go=rX opt/standin
printf '#!/bin/sh\nexec python3 -m standin\n' >sbin/my_init
chmod 755 sbin/my_init
echo 'wandb:x:999:0:test double:/vol:/usr/sbin/nologin' >>etc/passwd

# Group 0 may write what the boot writes: the container runs as any uid with gid 0 and without capabilities.
chmod -R g=u vol etc/container_environment etc/ssl/certs usr/local/share/ca-certificates

# Nothing here is needed once the packages are in.
rm -rf var/lib/apt var/lib/dpkg/info var/cache/* var/log/*
for name in bash-completion bug doc i18n info locale man perl5 zoneinfo; do rm -rf "usr/share/$name"; done
rm -rf usr/lib/x86_64-linux-gnu/gconv
for name in pydoc_data test; do rm -rf usr/lib/python3.*/"$name"; done
