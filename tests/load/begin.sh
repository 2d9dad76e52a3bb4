# shellcheck shell=sh
# begin.sh URL [OPTION...]
# Loads the bucket of the store URL with s3_load.py from this host as a service, load, which says in /root/load.json how it went when it is stopped. The
# program and the secret of W&B's key are in /root.
set -e
url=$1
shift
rm -f /root/load.json
systemd-run --quiet --unit=load --setenv=STORE_URL="$url" --setenv=STORE_BUCKET=local-files --setenv=STORE_USER=wandb-local \
  --setenv=STORE_SECRET_FILE=/root/secret --setenv=AWS_CA_BUNDLE=/etc/ssl/baremetal-wandb/ca.crt --property=TimeoutStopSec=300 \
  /opt/baremetal-wandb/venv/bin/python /root/s3_load.py "$@" /root/load.json
timeout 60 sh -c 'until [ -e /root/load.json ]; do sleep 0.2; done'
sleep 5
