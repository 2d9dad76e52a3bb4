#!/bin/sh
# Turns a fresh root ($2) of a Debian suite ($1) into that of a plain server: a sudo user with a strict umask, a noexec /tmp.
set -eu
suite=$1
root=$2

chroot "$root" update-ca-certificates
chroot "$root" useradd --create-home --shell /bin/bash --uid 1000 ops
install -d -m 0700 -o 1000 -g 1000 "$root/home/ops/.ssh"
echo 'ops ALL=(ALL) NOPASSWD: ALL' > "$root/etc/sudoers.d/ops"
chmod 0440 "$root/etc/sudoers.d/ops"
echo 'session optional pam_umask.so nousergroups umask=077' >> "$root/etc/pam.d/common-session"

echo 'tmpfs /tmp tmpfs nosuid,nodev,noexec,mode=1777,size=1G 0 0' > "$root/etc/fstab"

# The machine's kernel may lack the pids controller, without which Podman's default limit fails.
mkdir -p "$root/etc/containers/containers.conf.d" "$root/var/lib/docker" "$root/var/lib/containers"
printf '[containers]\npids_limit = 0\n' > "$root/etc/containers/containers.conf.d/lab.conf"
if [ "$suite" = bookworm ]; then
    printf '[engine]\nruntime = "runc"\n' >> "$root/etc/containers/containers.conf.d/lab.conf"
fi

# What Ansible sends is compiled once.
for python in "$root"/etc/python3.*; do
    cp "$(dirname "$0")/sitecustomize.py" "$python/sitecustomize.py"
    # Else each host would write into /usr when it first runs Python.
    chroot "$root" python3 -m py_compile "/usr/lib/${python##*/}/sitecustomize.py"
done

# Hosts are thrown away, so dpkg need not wait for the disk.
echo force-unsafe-io > "$root/etc/dpkg/dpkg.cfg.d/lab"

chroot "$root" systemctl enable systemd-networkd.service ssh.service
chroot "$root" systemctl mask systemd-networkd-wait-online.service
# A host has only the console that the lab writes to a file: no login prompts there.
chroot "$root" systemctl mask console-getty.service getty.target
: > "$root/etc/machine-id"
