# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Boots labs of real Debian hosts on this machine: systemd-nspawn, an own network for each lab, SSH.

    lab.py up TOPOLOGY.yml [--name NAME]     boot a lab (the name is that of the file unless given)
    lab.py status [NAME]                     labs and their hosts
    lab.py ssh NAME HOST [-- COMMAND...]     a shell or a command in a host
    lab.py power-off NAME [HOST...]          as a pulled plug; no host means all
    lab.py power-on NAME [HOST...]           boot them again, with their disks as they were
    lab.py inventory NAME                    the lab's Ansible inventory
    lab.py down NAME | --all                 remove labs, also what a crash left of one
    lab.py part NAME...                      make a part that tests need (cached) and print its path
"""
from __future__ import annotations

import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import shlex
import sys

import yaml

import host
import machine
import network
import parts
import roots
import topology
from topology import LabError

LABS = machine.CACHE / "labs"


class Lab:
    """A lab by its name; everything it keeps is in its folder."""

    def __init__(self, name: str) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", name):
            raise LabError(f"lab name {name!r} may hold only small letters, digits, underscores and hyphens, at most 40")
        self.name = name
        self.folder = LABS / name
        self.state_file = self.folder / "lab.json"

    def lock(self):
        """Only one command changes a lab at a time."""
        return machine.lock(LABS / f".{self.name}.lock", f"lab {self.name}: another command works on it, waiting")

    def hosts(self) -> dict[str, host.LabHost]:
        """The hosts of a lab that came up whole."""
        if not self.state_file.exists():
            raise LabError(f"there is no lab {self.name}; labs here: {', '.join(names()) or 'none'}")
        state = json.loads(self.state_file.read_text(encoding="utf-8"))
        plan = topology.parse(state["topology"])
        return {name: host.LabHost(self.name, self.folder, state["number"], one, pathlib.Path(state["roots"][name])) for name, one in plan.hosts.items()}

    def chosen(self, wanted: list[str]) -> list[host.LabHost]:
        """The hosts of these names, or all."""
        hosts = self.hosts()
        for name in wanted:
            if name not in hosts:
                raise LabError(f"lab {self.name} has no host {name}; it has {', '.join(hosts)}")
        return [hosts[name] for name in wanted or hosts]

    def up(self, plan: topology.Topology) -> None:
        """Boot the lab; one that is up already only gets what is missing."""
        data = plain(plan)
        if self.state_file.exists():
            if json.loads(self.state_file.read_text(encoding="utf-8"))["topology"] != data:
                raise LabError(f"lab {self.name} exists with another topology: remove it first, with: lab.py down {self.name}")
        else:
            self.down()
            self.create(plan, data)
        hosts = self.hosts()
        number = next(iter(hosts.values())).number
        network.create(self.name, number)
        network.serve_names(self.folder, number, plan)
        self.power_on(list(hosts.values()))

    def create(self, plan: topology.Topology, data: dict) -> None:
        """Make everything but the running hosts; the state file comes last, so a lab is whole or it is rubble that `down` removes."""
        suites = {one.root for one in plan.hosts.values()}
        with concurrent.futures.ThreadPoolExecutor() as pool:
            made = dict(zip(suites, pool.map(roots.root, suites)))
        self.folder.mkdir(parents=True, mode=0o755)
        number = network.create(self.name)
        machine.say(f"lab {self.name}: network {network.SUBNETS.format(number)} on bridge {network.bridge(number)}")
        key = self.folder / "id_ed25519"
        machine.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"lab {self.name}", "-f", key)
        public_key = key.with_suffix(".pub").read_text(encoding="utf-8")
        hosts = [host.LabHost(self.name, self.folder, number, one, made[one.root]) for one in plan.hosts.values()]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda one: one.lay(public_key), hosts))
        (self.folder / "inventory.yml").write_text(self.inventory(hosts), encoding="utf-8")
        state = {"topology": data, "number": number, "roots": {one.host.name: str(one.root) for one in hosts}}
        self.state_file.with_suffix(".part").write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
        self.state_file.with_suffix(".part").rename(self.state_file)

    def inventory(self, hosts: list[host.LabHost]) -> str:
        """The lab as an Ansible inventory."""
        groups = sorted({group for one in hosts for group in one.host.groups})
        data = {"all": {
            "vars": {
                "ansible_user": "ops",
                "ansible_ssh_private_key_file": f"{self.folder}/id_ed25519",
                "ansible_ssh_common_args": shlex.join(host.ssh_common(self.name)),
            },
            "hosts": {one.host.name: {"ansible_host": one.address} for one in hosts},
            "children": {group: {"hosts": {one.host.name: {} for one in hosts if group in one.host.groups}} for group in groups},
        }}
        return yaml.safe_dump(data, sort_keys=False, width=1000)

    def power_on(self, hosts: list[host.LabHost]) -> None:
        """Boot hosts side by side and wait until each lets the user in."""
        asleep = [one for one in hosts if not one.running()]
        host.connections(self.name).mkdir(parents=True, exist_ok=True)
        if asleep:
            machine.say(f"lab {self.name}: booting {' '.join(one.host.name for one in asleep)}")
        with concurrent.futures.ThreadPoolExecutor(len(hosts)) as pool:
            list(pool.map(host.LabHost.boot, asleep))
            list(pool.map(host.LabHost.wait, hosts))
        machine.say(f"lab {self.name}: {len(hosts)} hosts answer")

    def power_off(self, hosts: list[host.LabHost]) -> None:
        """Pull the plugs of hosts, all at once."""
        with concurrent.futures.ThreadPoolExecutor(len(hosts)) as pool:
            list(pool.map(host.LabHost.off, hosts))
        machine.say(f"lab {self.name}: off are {' '.join(one.host.name for one in hosts)}")

    def down(self) -> None:
        """Remove the lab, by what is found on the system rather than by what was written down."""
        host.close_connections(self.name)
        machine.remove(host.connections(self.name))
        found = set(self.folder.glob("hosts/*")) | set(host.lab_group(self.name).glob("*/"))
        hosts = sorted({path.name for path in found})
        if hosts:
            with concurrent.futures.ThreadPoolExecutor(len(hosts)) as pool:
                list(pool.map(lambda name: host.off(self.name, self.folder, name), hosts))
        network.delete(self.name, self.folder)
        machine.remove(self.folder)

    def status(self) -> str:
        """The lab and its hosts as lines of text."""
        if self.name in names() and not self.state_file.exists():
            return f"{self.name}: half made (lab.py down {self.name} removes it)"
        try:
            hosts = self.hosts().values()
        except LabError as problem:
            if not self.state_file.exists():
                raise
            return f"{self.name}: made by another version of this tool ({problem}); lab.py down {self.name} removes it"
        lines = [f"{self.name}: {self.folder}"]
        for one in hosts:
            state = "off" if not one.running() else "up" if one.ssh_answers() else "booting"
            lines.append(f"  {one.host.name:<12} {one.address:<15} {state:<8} {one.host.root:<9} {' '.join(one.host.groups)}".rstrip())
        return "\n".join(lines)


def plain(plan: topology.Topology) -> dict:
    """A topology as the data that `topology.parse` reads back."""
    hosts = {}
    for one in plan.hosts.values():
        data = dataclasses.asdict(one)
        del data["name"]
        data["groups"] = list(one.groups)
        data["drive_size"] = [f"{size // topology.UNITS['M']}M" for size in one.drives]
        data["drives"] = len(one.drives)
        hosts[one.name] = data
    return {"dns": plan.dns, "hosts": hosts}


def names() -> list[str]:
    """Names of all labs of which anything is left."""
    found = {path.name for path in LABS.glob("[a-z0-9]*/")}
    groups = machine.cgroup_root() / "baremetal-wandb"
    return sorted(found | {path.name for path in groups.glob("*/")})


def arguments(words: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="lab.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verb = verbs.add_parser("up")
    verb.add_argument("topology", type=pathlib.Path)
    verb.add_argument("--name")
    verb = verbs.add_parser("down")
    verb.add_argument("names", nargs="*", metavar="NAME")
    verb.add_argument("--all", action="store_true")
    verb = verbs.add_parser("status")
    verb.add_argument("names", nargs="*", metavar="NAME")
    verb = verbs.add_parser("ssh")
    verb.add_argument("name")
    verb.add_argument("host")
    verb.add_argument("command", nargs="*")
    for name in ("power-off", "power-on"):
        verb = verbs.add_parser(name)
        verb.add_argument("name")
        verb.add_argument("hosts", nargs="*", metavar="HOST")
    verb = verbs.add_parser("inventory")
    verb.add_argument("name")
    verb = verbs.add_parser("part")
    verb.add_argument("names", nargs="+", metavar="NAME", help=", ".join(parts.PARTS))
    found = parser.parse_args(words)
    if found.verb == "down" and bool(found.names) == found.all:
        parser.error("down needs names of labs, or --all")
    return found


def main(words: list[str]) -> int:
    """Carry out one command; returns the exit code."""
    wanted = arguments(words)
    plan = topology.load(wanted.topology) if wanted.verb == "up" else None
    machine.prepare()
    if plan:
        lab = Lab(wanted.name or wanted.topology.stem)
        with lab.lock():
            lab.up(plan)
        print(f"inventory: {lab.folder}/inventory.yml")
    elif wanted.verb == "down":
        for name in names() if wanted.all else wanted.names:
            known = names()
            lab = Lab(name)
            with lab.lock():
                lab.down()
            machine.say(f"lab {name}: removed" if name in known else f"there is no lab {name}; there are {', '.join(known) or 'none'}")
    elif wanted.verb == "status":
        print("\n".join(Lab(name).status() for name in wanted.names or names()) or "no labs")
    elif wanted.verb == "ssh":
        lab = Lab(wanted.name)
        one = lab.chosen([wanted.host])[0]
        os.execvp("ssh", ["ssh", *host.ssh_options(lab.name, lab.folder), f"ops@{one.address}", *wanted.command])
    elif wanted.verb in ("power-off", "power-on"):
        lab = Lab(wanted.name)
        with lab.lock():
            (lab.power_off if wanted.verb == "power-off" else lab.power_on)(lab.chosen(wanted.hosts))
    elif wanted.verb == "inventory":
        lab = Lab(wanted.name)
        print(lab.inventory(lab.chosen([])), end="")
    elif wanted.verb == "part":
        for name in wanted.names:
            print(parts.part(name))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (LabError, OSError) as problem:
        print(f"lab.py: {problem}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
