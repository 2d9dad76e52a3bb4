# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lab's private network: a bridge on a free subnet, a way out for the hosts, and a DNS server on the bridge's address.

What belongs to a lab is found on the system itself: the bridge by its alias, firewall rules by their comment, the
DNS server by its configuration file's path. So a lab can be taken down whatever happened before.
"""
from __future__ import annotations

import ipaddress
import json
import os
import pathlib
import random
import signal
import time

import machine
from topology import LabError, Topology

SUBNETS = "10.213.{}.0/24"  # one of these for each lab; the third octet is the lab's number and names its bridge


def tag(lab: str) -> str:
    """How the bridge and the firewall rules of a lab are marked."""
    return f"baremetal-wandb lab {lab}"


def bridge(number: int) -> str:
    """Name of the bridge of a lab's number."""
    return f"bw{number}"


def address(number: int, octet: int) -> str:
    """IPv4 address on the lab's subnet; .1 is the machine itself."""
    return SUBNETS.format(number).replace(".0/24", f".{octet}")


def create(lab: str, number: int | None = None) -> int:
    """Make the lab's bridge and way out; returns the lab's number (`number` again if given: after a reboot of the machine)."""
    existing = find_bridges(lab)
    if existing:
        found = int(existing[0].removeprefix("bw"))
    else:
        with machine.lock(machine.CACHE / "labs" / ".network.lock"):
            found = make_bridge(lab, number)
    add_rules(lab, found)
    return found


def make_bridge(lab: str, number: int | None) -> int:
    """Make the bridge on a free subnet and return the subnet's number."""
    used = [ipaddress.ip_network(route["dst"], strict=False) for route in json.loads(machine.run("ip", "-j", "-4", "route", "show", "table", "all").stdout)
            if route["dst"] != "default"]
    free = [n for n in range(1, 255) if not any(ipaddress.ip_network(SUBNETS.format(n)).overlaps(network) for network in used)]
    if number is not None:
        free = [n for n in free if n == number]
    if not free:
        wanted = SUBNETS.format("N" if number is None else number)
        raise LabError(f"no free subnet for lab {lab}: {wanted} is in use on this machine (ip route shows by what)")
    found = random.choice(free)
    # By one process that goes on when this one is killed: a bridge without its mark would be nobody's.
    steps = [f"link add {bridge(found)} type bridge", f'link set {bridge(found)} alias "{tag(lab)}"',
             f"address add {address(found, 1)}/24 dev {bridge(found)}", f"link set {bridge(found)} up"]
    machine.run("ip", "-batch", "-", input="\n".join(steps))
    return found


def find_bridges(lab: str) -> list[str]:
    """Names of the bridges that carry the lab's mark."""
    links = json.loads(machine.run("ip", "-j", "link", "show", "type", "bridge").stdout or "[]")
    return [link["ifname"] for link in links if link.get("ifalias") == tag(lab)]


def add_rules(lab: str, number: int) -> None:
    """Masquerade what leaves the lab, and let its traffic pass a machine whose firewall drops by default."""
    mine = ("-m", "comment", "--comment", tag(lab))
    for table, chain, rule in (
        ("nat", "POSTROUTING", ("-s", SUBNETS.format(number), "!", "-d", SUBNETS.format(number), "-j", "MASQUERADE")),
        ("filter", "FORWARD", ("-i", bridge(number), "-j", "ACCEPT")),
        ("filter", "FORWARD", ("-o", bridge(number), "-j", "ACCEPT")),
        ("filter", "INPUT", ("-i", bridge(number), "-j", "ACCEPT")),
    ):
        if machine.run("iptables", "-w", "-t", table, "-C", chain, *mine, *rule, check=False).returncode != 0:
            machine.run("iptables", "-w", "-t", table, "-I", chain, *mine, *rule)


def serve_names(folder: pathlib.Path, number: int, topology: Topology) -> None:
    """Start the lab's DNS server: host names, the topology's names, and for the rest this machine's own resolver."""
    names = {host.name: host for host in topology.hosts.values()}
    names.update({name: topology.hosts[target] for name, target in topology.dns.items()})
    lines = ["no-hosts", "bind-interfaces", "except-interface=lo", f"listen-address={address(number, 1)}", "domain-needed", "user=root",
             f"pid-file={folder}/dnsmasq.pid", f"log-facility={folder}/dnsmasq.log"]
    for name, host in names.items():
        # `local` keeps questions for other record types of the name from being asked of the world.
        lines += [f"host-record={name},{address(number, host.address)}", f"local=/{name}/"]
    config = folder / "dnsmasq.conf"
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if not name_servers(folder):
        machine.run("dnsmasq", f"--conf-file={config}")


def name_servers(folder: pathlib.Path) -> list[int]:
    """Process ids of the lab's DNS server."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if words[0].endswith(b"dnsmasq") and f"--conf-file={folder}/dnsmasq.conf".encode() in words:
                found.append(int(entry.name))
    return found


def delete(lab: str, folder: pathlib.Path) -> None:
    """Remove everything that the functions above made for the lab."""
    for pid in name_servers(folder):
        os.kill(pid, signal.SIGKILL)
        while os.path.exists(f"/proc/{pid}/exe") and pid in name_servers(folder):
            time.sleep(0.02)
    for table in ("nat", "filter"):
        for line in machine.run("iptables", "-w", "-t", table, "-S").stdout.splitlines():
            if f'--comment "{tag(lab)}"' in line:
                machine.run("iptables", "-w", "-t", table, *delete_words(line), check=False)
    for name in find_bridges(lab):
        machine.run("ip", "link", "delete", name, check=False)


def delete_words(rule: str) -> list[str]:
    """The words that delete a rule which `iptables -S` printed."""
    words: list[str] = []
    for index, part in enumerate(rule.split('"')):
        words += [part] if index % 2 else part.split()
    return ["-D", *words[1:]]
