# shellcheck shell=sh
# Writes a row over and over, each with a connection of its own, and notes when one failed.
while :; do
  mysql --execute "INSERT INTO orders.log VALUES (NOW(6))" 2> /dev/null || date +%s.%N >> /run/client.failed
done
