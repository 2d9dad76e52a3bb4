# shellcheck shell=sh
# initialize.sh MYSQLD MAIN_FILE DATA_DIR: fill an empty data directory, with root known by the socket. The packages of EL would do it at the first start with
# a temporary password in a log, or with none. Says "filled" when it was empty.
set -e
umask 077
mysqld=$1 main=$2 data=$3
first=$data.baremetal-wandb-first
holds() {
  find "$data/" -mindepth 1 -maxdepth 1 ! -name lost+found "$@" 2> /dev/null
}
if [ -e "$first" ] && [ -n "$(holds | head -n 1)" ]; then
  aside=$data.unfinished.$(date +%s)
  mkdir "$aside"
  holds -exec mv -t "$aside" {} +
fi
if [ -z "$(holds | head -n 1)" ]; then
  touch "$first"
  statements=$(mktemp -p /var/lib/mysql-files 2> /dev/null || mktemp)
  trap 'rm -f "$statements"' EXIT
  cat > "$statements" << 'END'
INSTALL PLUGIN auth_socket SONAME 'auth_socket.so';
ALTER USER root@localhost IDENTIFIED WITH auth_socket;
END
  chown mysql "$statements"
  "$mysqld" --defaults-file="$main" --datadir="$data" --user=mysql --initialize-insecure --init-file="$statements"
  rm -f "$first"
  echo filled
fi
