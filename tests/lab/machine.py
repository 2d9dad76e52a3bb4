# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The machine that carries the labs: commands, locks, progress lines, prerequisites, its apt configuration."""
from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import time

from topology import LabError

# Resolved, since mounts and loop devices are found by the paths that the kernel shows.
CACHE = (pathlib.Path.home() / ".cache" / "baremetal-wandb").resolve()
APT = pathlib.Path("/etc/apt")
MACHINE_ID = pathlib.Path("/etc/machine-id")
PROC = pathlib.Path("/proc")
LOOP_CONTROL = pathlib.Path("/dev/loop-control")
CGROUP_ROOTS = (pathlib.Path("/sys/fs/cgroup"), pathlib.Path("/sys/fs/cgroup/unified"))
STARTED = time.monotonic()
OLDEST_KERNEL = (5, 14)

# Kernel settings below which hosts fail: they are reached through this machine, and all of them share one root's inotify limits.
SETTINGS = {"net.ipv4.ip_forward": 1, "fs.inotify.max_user_instances": 8192, "fs.inotify.max_user_watches": 524288, "fs.aio-max-nr": 1048576}

# Debian package that brings each command.
COMMANDS = {
    "systemd-nspawn": "systemd-container",
    "mmdebstrap": "mmdebstrap",
    "ip": "iproute2",
    "iptables": "iptables",
    "mkfs.xfs": "xfsprogs",
    "dnsmasq": "dnsmasq-base",
    "ssh": "openssh-client",
    "nsenter": "util-linux",
    "gpg": "gnupg",  # which signs the lab's repository of MySQL
}


def say(text: str) -> None:
    """One progress line, with the seconds since the start."""
    print(f"[{time.monotonic() - STARTED:6.1f} s] {text}", file=sys.stderr, flush=True)


def run(*command, check: bool = True, **options) -> subprocess.CompletedProcess:
    """Run a command with its output caught; a failure becomes one sentence with the last line it wrote."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    if check and done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()
        raise LabError(f"{shlex.join(map(str, command))[:200]} failed ({done.returncode}): {lines[-1]}")
    return done


def tied(*command) -> list[str]:
    """The command in its own process and mount namespace that ends with this process, so that a killed build leaves nothing running or mounted."""
    return ["setpriv", "--pdeathsig", "KILL", "unshare", "--fork", "--pid", "--mount-proc", "--mount", "--kill-child", *map(str, command)]


@contextlib.contextmanager
def lock(path: pathlib.Path, waiting: str = ""):
    """Hold a lock file; `waiting` is said once if another process has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting:
                say(waiting)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def cached(path: pathlib.Path, make, what: str) -> pathlib.Path:
    """`path`, made by `make(temporary path)` if it is not there; it appears whole or not at all."""
    if path.exists():
        return path
    with lock(path.with_name(f".{path.name}.lock"), f"{what}: another process is making it, waiting"):
        if path.exists():
            return path
        temporary = path.with_name(f".{path.name}.part")
        remove(temporary)
        temporary.mkdir(parents=True)
        say(f"{what}: not in the cache, making it")
        started = time.monotonic()
        try:
            make(temporary)
        except BaseException:
            remove(temporary)
            raise
        temporary.rename(path)
        say(f"{what}: made in {time.monotonic() - started:.0f} s")
    return path


def remove(path: pathlib.Path) -> None:
    """Delete a file or a tree, never across a mount."""
    if mounts_below(path):
        raise LabError(f"{path} has something mounted in it, so it is not deleted")
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def mounts_below(path: pathlib.Path) -> list[str]:
    """Mount points at or below a path, the newest first."""
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        points = [line.split()[4].encode().decode("unicode_escape") for line in file]
    return [point for point in reversed(points) if point == str(path) or point.startswith(f"{path}/")]


def prepare() -> None:
    """Make sure that this machine can carry a lab; install what is missing."""
    if os.geteuid() != 0:
        raise LabError("the lab boots hosts, so it needs root: run it with sudo or as root")
    release = os.uname().release
    if tuple(int(part) for part in release.split("-")[0].split(".")[:2]) < OLDEST_KERNEL:
        oldest = ".".join(map(str, OLDEST_KERNEL))
        raise LabError(f"this machine's kernel is {release}; the lab needs {oldest} or newer, which can end a whole control group at once")
    missing = sorted({package for command, package in COMMANDS.items() if not shutil.which(command, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")})
    if missing:
        install(missing)
    # A container or a fresh image may have none, from which systemd-nspawn makes the addresses of its network cards.
    if not MACHINE_ID.exists() or not MACHINE_ID.read_text(encoding="ascii").strip():
        run("systemd-machine-id-setup")
        say(f"wrote {MACHINE_ID}, which this machine lacked")
    known = (PROC / "filesystems").read_text(encoding="utf-8").split()
    for name in ("overlay", "xfs"):
        if name not in known and run("modprobe", name, check=False).returncode != 0:
            raise LabError(f"this machine's kernel has no {name} file system, which the lab needs (modprobe {name} failed)")
    if not LOOP_CONTROL.exists():
        raise LabError(f"this machine has no {LOOP_CONTROL}: the lab needs loop devices (modprobe loop, or a privileged container)")
    cgroup_root()
    for name, least in SETTINGS.items():
        path = PROC / "sys" / name.replace(".", "/")
        if int(path.read_text(encoding="ascii")) < least:
            path.write_text(str(least), encoding="ascii")
            say(f"set {name} = {least} on this machine (until its next boot)")


def install(packages: list[str]) -> None:
    """Install Debian packages."""
    if not shutil.which("apt-get"):
        raise LabError(f"missing on this machine: {' '.join(packages)}; without apt-get, install what is equal to these Debian packages by hand")
    say(f"installing what the lab needs on this machine: {' '.join(packages)}")
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    with lock(CACHE / ".apt.lock", "another process is installing packages, waiting"):
        command = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=120", "install", "--no-install-recommends", *packages]
        if run(*command, check=False, env=environment).returncode != 0:
            run("apt-get", "-q", "update", env=environment)
            run(*command, env=environment)


def cgroup_root() -> pathlib.Path:
    """Where this machine's cgroup2 tree is mounted."""
    for path in CGROUP_ROOTS:
        if (path / "cgroup.procs").exists() and (path / "cgroup.controllers").exists():
            return path
    raise LabError(f"this machine has no cgroup2 tree at {' or '.join(map(str, CGROUP_ROOTS))}, which systemd-nspawn needs")


def apt_sources() -> dict[str, str]:
    """The Debian mirrors that this machine itself uses: {"main": URI, "security": URI or ""}. LAB_MIRROR replaces the first."""
    main = security = ""
    for uri, suite in apt_entries():
        if suite.endswith("-security") or suite.endswith("/updates"):
            security = security or uri
        elif re.fullmatch(r"(bookworm|trixie|forky|sid|stable|testing|unstable)(-updates)?", suite):
            main = main or uri
    main = os.environ.get("LAB_MIRROR", "") or main
    if not main:
        raise LabError("no Debian mirror in this machine's apt configuration: name one, as in LAB_MIRROR=http://mirror.example.com/debian")
    return {"main": main, "security": security}


def apt_entries():
    """(URI, suite) of each binary package source in this machine's apt configuration."""
    for path in sorted(APT.glob("sources.list.d/*.sources")):
        text = path.read_text(encoding="utf-8")
        for stanza in "\n".join(line for line in text.splitlines() if not line.startswith("#")).split("\n\n"):
            fields = {key.strip().lower(): value.split() for key, _colon, value in (line.partition(":") for line in stanza.splitlines())}
            if "deb" in fields.get("types", []) and fields.get("enabled") != ["no"]:
                for uri in fields.get("uris", []):
                    for suite in fields.get("suites", []):
                        yield uri, suite
    for path in [*APT.glob("sources.list"), *sorted(APT.glob("sources.list.d/*.list"))]:
        for line in path.read_text(encoding="utf-8").splitlines():
            found = re.match(r"deb\s+(?:\[[^]]*\]\s+)?(\S+)\s+(\S+)", line.strip())
            if found:
                yield found[1], found[2]


def apt_options() -> list[str]:
    """This machine's apt settings that a host needs to reach the same mirror, as lines of apt.conf."""
    wanted = ("Acquire::http::Proxy", "Acquire::https::Proxy", "Acquire::Check-Valid-Until", "Acquire::Check-Date")
    return [line for line in run("apt-config", "dump").stdout.splitlines() if line.startswith(wanted)]
