#!/bin/bash
# Builds the test double's image as an archive that `docker load` and `podman load` take. Needs mmdebstrap; no daemon.
#   build.sh OUT.tar MIRROR        MIRROR: URL of a Debian mirror
set -euo pipefail

out=$(realpath -m "${1:?usage: build.sh OUT.tar MIRROR}")
mirror=${2:?usage: build.sh OUT.tar MIRROR}
here=$(cd "$(dirname "$0")" && pwd)
tag=wandb/local:0.83.0
# One moment for every file and for the image, so that equal packages and equal code give equal bytes.
export SOURCE_DATE_EPOCH=1767225600
created=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
image=$work/image
mkdir "$image"

# Group 0 may write what the boot writes, since the container runs as any uid with gid 0 and without capabilities.
mmdebstrap --quiet --variant=essential --format=tar --architectures=amd64 \
  --include=python3,python3-pymysql,python3-cryptography,python3-yaml,ca-certificates \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
  --customize-hook='mkdir -p "$1/opt/standin" "$1/vol" "$1/etc/container_environment"' \
  --customize-hook="tar -C '$here' --exclude=__pycache__ -c standin | tar -C \"\$1/opt/standin\" --no-same-owner -x" \
  --customize-hook='printf "#!/bin/sh\nexec python3 -m standin\n" > "$1/sbin/my_init" && chmod 755 "$1/sbin/my_init"' \
  --customize-hook='echo "wandb:x:999:0:W&B:/vol:/usr/sbin/nologin" >> "$1/etc/passwd"' \
  --customize-hook='chroot "$1" python3 -m compileall -q --invalidation-mode=unchecked-hash /opt/standin' \
  --customize-hook='cd "$1" && chmod -R g=u vol etc/container_environment etc/ssl/certs usr/local/share/ca-certificates' \
  --customize-hook='rm -rf "$1"/var/lib/apt "$1"/var/cache/* "$1"/var/log/* "$1"/var/lib/dpkg/info "$1"/usr/share/locale' \
  --customize-hook='rm -rf "$1"/usr/share/{zoneinfo,bash-completion,lintian,bug,perl5,i18n,doc,man}' \
  trixie "$work/layer.tar" "$mirror"

layer=$(sha256sum "$work/layer.tar" | cut -d' ' -f1)
mkdir "$image/$layer"
mv "$work/layer.tar" "$image/$layer/layer.tar"

cat >"$work/config.json" <<JSON
{"architecture": "amd64", "os": "linux", "created": "$created",
 "config": {
   "User": "999", "WorkingDir": "/", "Cmd": ["/sbin/my_init"], "ExposedPorts": {"8080/tcp": {}},
   "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "PYTHONPATH=/opt/standin", "PYTHONDONTWRITEBYTECODE=1"],
   "Labels": {"org.opencontainers.image.title": "test double of wandb/local, not W&B", "org.opencontainers.image.vendor": "baremetal.wandb tests"}},
 "rootfs": {"type": "layers", "diff_ids": ["sha256:$layer"]},
 "history": [{"created": "$created", "created_by": "tests/standin/build.sh"}]}
JSON
config=$(sha256sum "$work/config.json" | cut -d' ' -f1)
mv "$work/config.json" "$image/$config.json"
echo "[{\"Config\": \"$config.json\", \"RepoTags\": [\"$tag\"], \"Layers\": [\"$layer/layer.tar\"]}]" >"$image/manifest.json"

mkdir -p "$(dirname "$out")"
tar -C "$image" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -cf "$out.part" .
mv "$out.part" "$out"
echo "built $out: $tag, image sha256:$config"
