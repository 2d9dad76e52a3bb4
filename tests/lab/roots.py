# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Debian roots that the hosts share as the lower layer of their overlay, made by mmdebstrap and cached by content."""
from __future__ import annotations

import glob
import hashlib
import json
import os
import pathlib

import machine
from topology import LabError

# What a small real server has. python3-venv is left out on purpose: a role must bring what it needs.
PACKAGES = (
    "ca-certificates", "dbus", "iproute2", "iputils-ping", "kmod", "nftables", "openssh-server", "procps", "python3", "python3-apt",
    "sudo", "systemd", "systemd-sysv", "tzdata",
)
# Podman's default runtime in bookworm, crun 1.8, raises a limit that root may not raise on every machine; setup-root.sh names runc instead.
PACKAGES_OF = {"bookworm": ("runc",), "trixie": ()}
SETUP = pathlib.Path(__file__).with_name("setup-root.sh")
COMPILED = pathlib.Path(__file__).with_name("sitecustomize.py")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def root(suite: str) -> pathlib.Path:
    """The root of a Debian suite, from the cache or made now."""
    files = carried_files()
    key = [suite, packages(suite), sources(suite), machine.apt_options(), SETUP.read_text(encoding="utf-8"), COMPILED.read_text(encoding="utf-8"),
           [(name, hashlib.sha256(pathlib.Path(name).read_bytes()).hexdigest()) for name in files]]
    digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:12]
    return machine.cached(machine.CACHE / "roots" / f"{suite}-{digest}", lambda path: build(suite, path, files), f"root {suite}")


def build(suite: str, path: pathlib.Path, files: list[str]) -> None:
    """Make the root at `path` (an empty folder)."""
    if not os.path.exists(KEYRING):
        machine.install(["debian-archive-keyring"])
    # mmdebstrap leaves the sources it was given in the root; a stanza names the keyring that the root has too.
    done = machine.run(
        *machine.tied("mmdebstrap"), "--variant=minbase", f"--include={','.join(packages(suite))}",
        *[f"--aptopt={line}" for line in machine.apt_options()],
        *[f"--setup-hook=mkdir -p \"$1$(dirname {name})\" && cp {name} \"$1{name}\"" for name in files],
        f"--customize-hook=sh {SETUP} {suite} \"$1\"",
        suite, path, "-", input=sources(suite), check=False)
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.startswith(("E:", "W:", "Err"))] or done.stderr.splitlines()[-1:]
        raise LabError(f"mmdebstrap could not make a {suite} root from {machine.apt_sources()['main']}: {lines[-1] if lines else 'it said nothing'}")


def packages(suite: str) -> tuple[str, ...]:
    """Packages of a root."""
    return PACKAGES + PACKAGES_OF[suite]


def sources(suite: str) -> str:
    """Apt sources of a suite on this machine's own mirrors, in deb822 form."""
    mirrors = machine.apt_sources()
    found = [stanza(mirrors["main"], f"{suite} {suite}-updates")]
    if mirrors["security"]:
        found.append(stanza(mirrors["security"], f"{suite}-security"))
    return "\n".join(found)


def stanza(uri: str, suites: str, extra: str = "") -> str:
    """One deb822 source."""
    return f"Types: deb\nURIs: {uri}\nSuites: {suites}\nComponents: main\nSigned-By: {KEYRING}\n{extra}"


def carried_files() -> list[str]:
    """Files of this machine without which a host could not use the same network: extra CAs, pip's configuration."""
    return sorted(glob.glob("/usr/local/share/ca-certificates/**/*.crt", recursive=True)) + glob.glob("/etc/pip.conf")
