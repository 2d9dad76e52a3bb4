#!/bin/sh
# Builds the test double's image as an archive that `docker load` and `podman load` take. Needs mmdebstrap; no daemon.
#   build.sh OUT.tar MIRROR        MIRROR: URL of a Debian mirror
# Equal packages and equal code give equal bytes.
set -eu
if [ $# -ne 2 ]; then
  echo "usage: build.sh OUT.tar MIRROR" >&2
  exit 2
fi
out=$(realpath -m "$1")
mirror=$2
here=$(cd "$(dirname "$0")" && pwd)
export SOURCE_DATE_EPOCH=1767225600
created=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

mmdebstrap --quiet --variant=essential --architectures=amd64 \
  --include=python3,python3-pymysql,python3-cryptography,python3-yaml,ca-certificates \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --customize-hook="$here/prepare-root.sh" \
  trixie "$work/layer.tar" "$mirror"

image=$work/image
layer=$(sha256sum "$work/layer.tar" | cut -d' ' -f1)
mkdir -p "$image/$layer"
gzip -n -c "$work/layer.tar" >"$image/$layer/layer.tar" # both engines unpack it; a layer's id is that of the plain tar

cat >"$work/config.json" <<JSON
{
  "architecture": "amd64",
  "os": "linux",
  "created": "$created",
  "config": {
    "User": "999",
    "WorkingDir": "/",
    "Cmd": ["/sbin/my_init"],
    "ExposedPorts": {"8080/tcp": {}},
    "Env": [
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "LANG=C.UTF-8", "USER=wandb", "PYTHONPATH=/opt/standin", "PYTHONDONTWRITEBYTECODE=1"
    ],
    "Labels": {"org.opencontainers.image.title": "test double of wandb/local, not W&B"}
  },
  "rootfs": {"type": "layers", "diff_ids": ["sha256:$layer"]},
  "history": [{"created": "$created", "created_by": "tests/standin/build.sh"}]
}
JSON
config=$(sha256sum "$work/config.json" | cut -d' ' -f1)
mv "$work/config.json" "$image/$config.json"
printf '[{"Config": "%s.json", "RepoTags": ["wandb/local:0.83.0"], "Layers": ["%s/layer.tar"]}]\n' "$config" "$layer" \
  >"$image/manifest.json"

mkdir -p "$(dirname "$out")"
tar -C "$image" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -cf "$out.part" .
mv "$out.part" "$out"
echo "built $out: wandb/local:0.83.0, image ID sha256:$config"
