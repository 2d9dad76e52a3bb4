# shellcheck shell=sh
# Managed by Ansible, role baremetal.wandb.certificate. Python brings CAs of its own; these variables have it trust what the system trusts.
for baremetal_wandb_bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do
  if [ -r "$baremetal_wandb_bundle" ]; then
    export SSL_CERT_FILE="$baremetal_wandb_bundle" REQUESTS_CA_BUNDLE="$baremetal_wandb_bundle"
    break
  fi
done
unset baremetal_wandb_bundle
