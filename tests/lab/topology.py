# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a lab is made of: the topology file, read and checked.

    root: trixie                                  # default of the hosts: trixie (Debian 13) or bookworm (Debian 12)
    dns: {wandb.example.com: proxy1}              # names that the lab's DNS answers with that host's address
    hosts:
      app1: {address: 11, groups: [wandb_server]}
      minio1: {address: 21, drives: 2, drive_size: 600M, groups: [wandb_minio]}
      minio2: {address: 22, blank_drives: 2, groups: [wandb_minio]}  # of 600M, with nothing on them
      db1: {address: 12, mysql_source: true, root: bookworm, cgroup: unified}
"""
from __future__ import annotations

import dataclasses
import os
import re

import yaml

ROOTS = ("trixie", "bookworm")
CGROUPS = ("unified", "v1")
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
SIZE = re.compile(r"([0-9]+)([MG])")
UNITS = {"M": 1024 ** 2, "G": 1024 ** 3}
BLANK_DRIVE = 600 * UNITS["M"]
SMALLEST_DRIVE = 300 * UNITS["M"]  # mkfs.xfs refuses less


class LabError(Exception):
    """One sentence for the person at the keyboard: what is wrong and what to do."""


@dataclasses.dataclass(frozen=True)
class Host:
    """One host. `address` is the last octet of its IPv4 address, `drives` the size of each drive in bytes."""

    name: str
    address: int
    groups: tuple[str, ...] = ()
    root: str = "trixie"
    cgroup: str = "unified"
    drives: tuple[int, ...] = ()
    blank_drives: int = 0
    mysql_source: bool = False


@dataclasses.dataclass(frozen=True)
class Topology:
    """A whole lab: hosts by name, and the public names (`dns`: name -> host)."""

    hosts: dict[str, Host]
    dns: dict[str, str]


class UniqueKeys(yaml.SafeLoader):
    """YAML in which a key that is there twice is an error, not the last one's victory."""

    def construct_mapping(self, node, deep=False):
        """Build a mapping."""
        keys = [self.construct_object(key) for key, _value in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise LabError(f"{key!r} is there twice")
        return super().construct_mapping(node, deep)


def load(path: str) -> Topology:
    """Read a topology file. The environment variable LAB_ROOT replaces its default root."""
    try:
        with open(path, encoding="utf-8") as file:
            data = yaml.load(file, UniqueKeys)
        return parse(data, os.environ.get("LAB_ROOT", ""))
    except OSError as error:
        raise LabError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise LabError(f"{path}: not UTF-8") from error
    except yaml.YAMLError as error:
        raise LabError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    except LabError as error:
        raise LabError(f"{path}: {error}") from error


def parse(data, root: str = "") -> Topology:
    """Check a topology given as plain data; `root` replaces its default root when not empty."""
    data = mapping(data, "the topology", {"root", "dns", "hosts"})
    default = root or data.get("root", ROOTS[0])
    hosts: dict[str, Host] = {}
    for name, options in mapping(data.get("hosts"), "hosts").items():
        host = parse_host(name, options, default)
        for other in hosts.values():
            if other.address == host.address:
                raise LabError(f"hosts {other.name} and {host.name} both have address {host.address}")
        hosts[host.name] = host
    if not hosts:
        raise LabError("hosts is empty; name at least one, as in: hosts: {app1: {address: 11}}")
    dns = mapping(data.get("dns") or {}, "dns")
    for name, target in dns.items():
        if not all(LABEL.fullmatch(label) for label in str(name).split(".")):
            raise LabError(f"dns: {name!r} is not a host name")
        if not isinstance(target, str) or target not in hosts:
            raise LabError(f"dns: {name} points at {target!r}, which is none of the hosts")
        if name in hosts:
            raise LabError(f"dns: {name} is already the name of a host")
    return Topology(hosts, dict(dns))


def parse_host(name, options, default_root: str) -> Host:
    """Check one entry of `hosts`."""
    if not LABEL.fullmatch(str(name)):
        raise LabError(f"host name {name!r} may hold only small letters, digits and inner hyphens")
    where = f"host {name}"
    options = mapping(options, where, {"address", "groups", "root", "cgroup", "drives", "drive_size", "blank_drives", "mysql_source"})
    address = options.get("address")
    if not is_int(address) or not 2 <= address <= 254:
        raise LabError(f"{where}: address must be a last octet from 2 to 254, as in address: 11")
    groups = options.get("groups", [])
    if not isinstance(groups, list) or not all(isinstance(g, str) and re.fullmatch(r"[a-z][a-z0-9_]*", g) for g in groups):
        raise LabError(f"{where}: groups must be a list of group names, as in groups: [wandb_minio]")
    blank = options.get("blank_drives", 0)
    if not is_int(blank) or not 0 <= blank <= 8:
        raise LabError(f"{where}: blank_drives must be a number from 0 to 8")
    source = options.get("mysql_source", False)
    if not isinstance(source, bool):
        raise LabError(f"{where}: mysql_source must be true or false")
    return Host(
        name=str(name),
        address=address,
        groups=tuple(groups),
        root=one_of(options.get("root", default_root), ROOTS, f"{where}: root"),
        cgroup=one_of(options.get("cgroup", CGROUPS[0]), CGROUPS, f"{where}: cgroup"),
        drives=drive_sizes(options, where),
        blank_drives=blank,
        mysql_source=source,
    )


def drive_sizes(options: dict, where: str) -> tuple[int, ...]:
    """Sizes in bytes of a host's drives, from `drives` (count) and `drive_size` (one size, or a list of them)."""
    count = options.get("drives", 0)
    if not is_int(count) or not 0 <= count <= 32:
        raise LabError(f"{where}: drives must be a number from 0 to 32")
    sizes = options.get("drive_size", "600M")
    if not isinstance(sizes, list):
        sizes = [sizes] * count
    if len(sizes) != count:
        raise LabError(f"{where}: drive_size lists {len(sizes)} sizes for {count} drives")
    return tuple(drive_size(size, where) for size in sizes)


def drive_size(size, where: str) -> int:
    """Bytes of a size such as 600M or 2G."""
    match = SIZE.fullmatch(str(size))
    if not match:
        raise LabError(f"{where}: drive_size {size!r} must be a number with M or G, as in drive_size: 600M")
    found = int(match[1]) * UNITS[match[2]]
    if found < SMALLEST_DRIVE:
        raise LabError(f"{where}: drive_size {size} is too small, XFS needs at least 300M")
    return found


def mapping(value, what: str, keys: set[str] | None = None) -> dict:
    """`value` if it is a mapping that holds only the given keys."""
    if not isinstance(value, dict):
        raise LabError(f"{what} must be a mapping, not {'nothing' if value is None else type(value).__name__}")
    for key in value:
        if keys is not None and key not in keys:
            raise LabError(f"{what}: unknown key {key!r}; known are {', '.join(sorted(keys))}")
    return value


def one_of(value, choices: tuple[str, ...], what: str) -> str:
    """`value` if it is one of the choices."""
    if value not in choices:
        raise LabError(f"{what} {value!r} must be one of {', '.join(choices)}")
    return value


def is_int(value) -> bool:
    """Whether this is a whole number (YAML's true and false are not)."""
    return isinstance(value, int) and not isinstance(value, bool)
