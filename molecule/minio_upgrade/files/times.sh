# shellcheck shell=sh
# Says the release that runs, where its console listens, and when, in seconds since 1970, its server and its environment came and it started.
"/proc/$(pgrep -x minio)/exe" --version | grep -o 'RELEASE[^ ]*'
sed -n 's/^MINIO_OPTS=".*--console-address \([^ "]*\).*/\1/p' /etc/default/minio
stat --format=%.Y /usr/local/bin/minio /etc/default/minio /run/minio/started
