# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must hold of a host before anything is installed on it, one fact a function. PRIVATE to the collection."""

from __future__ import annotations

import ctypes
import glob
import os
import platform
import shutil
import socket
import struct
import sys
import typing as t

from ansible_collections.baremetal.wandb.plugins.module_utils import _check
from ansible_collections.baremetal.wandb.plugins.module_utils._check import Checks, Verdict, failed, passed, skipped, warned

check = Checks()

SUPPORTED = {"debian": ("12", "13"), "ubuntu": ("22.04", "24.04"), "el": ("9", "10")}
SUPPORTED_TEXT = "Debian 12 or 13, Ubuntu 22.04 or 24.04, or Enterprise Linux 9 or 10"
ENTERPRISE_LINUX = ("rhel", "rocky", "almalinux", "centos", "ol")
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}  # as uname names them, and as packages and images do
OLDEST_PYTHON = (3, 9)

# A machine sold with 8 GiB or 100 GB shows less: firmware, kernel and file systems take their part of it.
SIZE_TOLERANCE = 0.9


class Want(t.NamedTuple):
    """The module's options that the facts are compared with."""

    architectures: t.Sequence[str]
    cores: int
    memory_gib: float
    disk_gb: float
    disk_path: str
    network_gbps: float
    address: str
    names: t.Sequence[str]
    ports: t.Sequence[t.Mapping[str, t.Any]]


class Host:
    """This host, as its kernel and files describe it. I(root) is where they are read."""

    def __init__(self, root: str = "/") -> None:
        self.root = root

    def text(self, path: str) -> str:
        try:
            with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def release(self) -> dict[str, str]:
        """The fields of os-release."""
        lines = (self.text("etc/os-release") or self.text("usr/lib/os-release")).splitlines()
        pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
        return {name: value.strip().strip("\"'") for name, value in pairs}

    def memory_gib(self) -> float:
        for line in self.text("proc/meminfo").splitlines():
            if line.startswith("MemTotal:"):
                return int(line.split()[1]) / 1024**2
        raise ValueError("/proc/meminfo has no MemTotal")

    def interface(self, address: str) -> str:
        """The network card through which packets to an IPv4 address leave: by the narrowest route that holds it. Empty when there is none."""
        (wanted,) = struct.unpack("=I", socket.inet_aton(address))
        found, narrowest = "", -1
        for line in self.text("proc/net/route").splitlines()[1:]:
            fields = line.split()
            target, mask = int(fields[1], 16), int(fields[7], 16)
            if wanted & mask == target and bin(mask).count("1") > narrowest:
                found, narrowest = fields[0], bin(mask).count("1")
        return found

    def speed_gbps(self, interface: str) -> float:
        """What the kernel says of a network card's speed; 0 when it does not."""
        text = self.text("sys/class/net/%s/speed" % interface).strip()
        return max(int(text or 0), 0) / 1000

    def is_container(self) -> bool:
        return bool(self.text("run/systemd/container")) or "container=" in self.text("proc/1/environ")

    def listeners(self) -> dict[int, set[str]]:
        """The names of the processes that listen on each TCP port; of other users' ones only root sees the name."""
        ports: dict[int, set[str]] = {}
        inodes: dict[str, int] = {}
        for table in ("tcp", "tcp6"):
            for line in self.text("proc/net/" + table).splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A":  # TCP_LISTEN
                    port = int(fields[1].rsplit(":", 1)[1], 16)
                    ports[port] = set()
                    inodes["socket:[%s]" % fields[9]] = port
        for link in glob.glob(os.path.join(self.root, "proc/[0-9]*/fd/*")):
            try:
                target = os.readlink(link)
            except OSError:  # a process that has ended, or another user's
                continue
            if target in inodes:
                pid = link.split("/")[-3]
                ports[inodes[target]].add(self.text("proc/%s/comm" % pid).strip())
        return ports


@check("host.root", "the play acts as root")
def root(host: Host, want: Want) -> Verdict:
    found = "user id %d" % os.geteuid()
    if os.geteuid() == 0:
        return passed(found, "user id 0")
    return failed("user id 0", found, "let the play become root, for example become: true in the play, or ansible_become: true in the inventory")


@check("host.system", "the operating system is supported")
def system(host: Host, want: Want) -> Verdict:
    release = host.release()
    family, version = release.get("ID", ""), release.get("VERSION_ID", "")
    if family in ENTERPRISE_LINUX:
        family, version = "el", version.split(".")[0]
    found = release.get("PRETTY_NAME") or "%s %s" % (release.get("NAME", "a system without a name"), release.get("VERSION_ID", ""))
    if version in SUPPORTED.get(family, ()):
        return passed(found, SUPPORTED_TEXT)
    return failed(SUPPORTED_TEXT, found, "install one of the supported systems on this host, for example Debian 13, or take another host into the inventory")


@check("host.architecture", "the processor can run what is installed")
def architecture(host: Host, want: Want) -> Verdict:
    machine = platform.machine()
    found = ARCHITECTURES.get(machine, machine)
    if not want.architectures or found in want.architectures:
        return passed(found, " or ".join(want.architectures) or "any")
    advice = (
        "the image wandb/local exists for amd64 only: name an x86_64 host in the group wandb_server of the inventory, "
        "for example wandb_server: {hosts: {app1: {}}}"
    )
    return failed(" or ".join(want.architectures), found, advice)


@check("host.python", "Python can run the modules")
def python(host: Host, want: Want) -> Verdict:
    found = sys.version_info[:3]
    if found >= OLDEST_PYTHON:
        return passed(_dotted(found), "at least " + _dotted(OLDEST_PYTHON))
    advice = "name a newer one in ansible_python_interpreter of this host, for example /usr/bin/python3.11"
    return failed("at least " + _dotted(OLDEST_PYTHON), _dotted(found), advice)


def _dotted(version: t.Iterable[int]) -> str:
    return ".".join(str(number) for number in version)


@check("host.cores", "there are enough processor cores")
def cores(host: Host, want: Want) -> Verdict:
    found = len(os.sched_getaffinity(0))
    if found >= want.cores:
        return passed(found, "at least %d" % want.cores)
    return warned("at least %d" % want.cores, found, "give the host %d cores, which the guide of W&B asks for" % want.cores)


@check("host.memory", "there is enough memory")
def memory(host: Host, want: Want) -> Verdict:
    return _size(want.memory_gib, host.memory_gib(), "GiB", "memory")


@check("host.disk", "the disk is large enough")
def disk(host: Host, want: Want) -> Verdict:
    path = want.disk_path
    while not os.path.exists(path):  # a folder that is yet to be made lies on the disk of its parent
        path = os.path.dirname(path)
    return _size(want.disk_gb, shutil.disk_usage(path).total / 1000**3, "GB", "disk at %s" % want.disk_path)


def _size(wanted: float, found: float, unit: str, what: str) -> Verdict:
    expected, seen = "at least %g %s" % (wanted, unit), "%.1f %s" % (found, unit)
    if found >= wanted * SIZE_TOLERANCE:
        return passed(seen, expected)
    return warned(expected, seen, "give the host %g %s of %s, which the guide of W&B asks for" % (wanted, unit, what))


@check("host.network", "the network is fast enough")
def network(host: Host, want: Want) -> Verdict:
    if not want.network_gbps:
        return skipped("no speed asked for")
    # The host's own address lies in the network of the card that has it; a name of it may lead to the loopback, which is in no route.
    address = next((one for one in _addresses(want.address) if "." in one), "0.0.0.0") if want.address else "0.0.0.0"
    interface = host.interface(address)
    if not interface:
        return skipped("this host has no IPv4 route to %s" % (want.address or "anywhere else"))
    found = host.speed_gbps(interface)
    if not found:
        return skipped("the kernel does not say how fast %s is, as of most virtual network cards" % interface)
    expected, seen = "at least %g Gb/s" % want.network_gbps, "%g Gb/s at %s" % (found, interface)
    if found >= want.network_gbps:
        return passed(seen, expected)
    return warned(expected, seen, "connect %s with %g Gb/s, of which the guide of W&B asks for two" % (interface, want.network_gbps))


TIME_ERROR = 5  # what adjtimex(2) returns while no time service steers the clock


@check("host.clock.synchronized", "a time service steers the clock")
def clock_synchronized(host: Host, want: Want) -> Verdict:
    if host.is_container():
        return skipped("the clock of a container belongs to the machine below it")
    # struct timex is 208 bytes with modes first; modes 0 only asks.
    state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))
    if 0 <= state < TIME_ERROR:
        return passed("synchronized")
    advice = "run chrony or systemd-timesyncd: presigned URLs are refused when clocks differ by 15 minutes"
    return warned("synchronized", "not synchronized", advice)


@check("host.names.resolve", "the names of the site resolve")
def names_resolve(host: Host, want: Want) -> Verdict:
    if not want.names:
        return skipped("no names given")
    found = {name: _addresses(name) for name in want.names}
    missing = [name for name in want.names if not found[name]]
    if not missing:
        return passed("; ".join("%s is %s" % (name, ", ".join(found[name])) for name in want.names))
    advice = (
        "add %s to the DNS that this host asks (see /etc/resolv.conf) or to its /etc/hosts, for example \"192.0.2.10 %s\" with the proxy's address; "
        "the names come from wandb_url and wandb_s3_url" % (" and ".join(missing), missing[0])
    )
    return failed("an address for " + ", ".join(want.names), "no address for " + ", ".join(missing), advice)


def _addresses(name: str) -> list[str]:
    try:
        return sorted({str(info[4][0]) for info in socket.getaddrinfo(name, None, proto=socket.IPPROTO_TCP)})
    except (OSError, UnicodeError):
        return []


@check("host.ports", "the ports are free, or held by what should hold them")
def ports(host: Host, want: Want) -> Verdict:
    if not want.ports:
        return skipped("no ports given")
    listeners = host.listeners()
    taken = {
        one["port"]: sorted(listeners[one["port"]] - set(one["used_by"])) or ["an unknown process"]
        for one in want.ports
        if one["port"] in listeners and not (listeners[one["port"]] and listeners[one["port"]] <= set(one["used_by"]))
    }
    expected = "free: " + ", ".join(str(one["port"]) for one in want.ports)
    if not taken:
        return passed("free or held by what should hold them", expected)
    found = ", ".join("%d is held by %s" % (port, " and ".join(names)) for port, names in taken.items())
    return failed(expected, found, "stop and disable what holds the port, for example systemctl disable --now apache2, or choose another port in the inventory")


def run(module: t.Any) -> None:
    """Ends the module with the records of the checks."""
    params = module.params
    for name in ("cores", "memory_gib", "disk_gb", "network_gbps"):
        if params[name] < 0:
            module.fail_json(msg="%s must be a number from 0 on, for example 4, not %s." % (name, params[name]))
    if not os.path.isabs(params["disk_path"]):
        module.fail_json(msg="disk_path must be an absolute path, for example /var/lib/mysql, not %s." % params["disk_path"])
    for one in params["ports"]:
        if not 1 <= one["port"] <= 65535:
            module.fail_json(msg="ports must have numbers from 1 to 65535, for example 8080, not %s." % one["port"])
    want = Want(**{name: params[name] for name in Want._fields})
    _check.run(module, check, Host(), want)
