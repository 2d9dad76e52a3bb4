# shellcheck shell=sh
# initialize.sh MYSQLD MAIN_FILE DATA_DIR SERVICE: fill an empty data directory, with root known by the socket. The packages of EL would do it at the first
# start with a temporary password in a log, or with none. Says "filled" when it was empty. Begins with the functions of unfinished.sh.
set -e
umask 077
mysqld=$1 main=$2 data=$3 service=$4
begin_filling "$data" "$service"
if is_empty "$data"; then
  statements=$(mktemp -p /var/lib/mysql-files 2> /dev/null || mktemp)
  trap 'rm -f "$statements"' EXIT
  cat > "$statements" << 'END'
INSTALL PLUGIN auth_socket SONAME 'auth_socket.so';
ALTER USER root@localhost IDENTIFIED WITH auth_socket;
END
  chown mysql "$statements"
  "$mysqld" --defaults-file="$main" --datadir="$data" --user=mysql --initialize-insecure --init-file="$statements"
  end_filling "$data"
  echo filled
fi
