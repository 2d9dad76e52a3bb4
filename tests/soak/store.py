# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Does to the object store again and again what the scenarios do once, under a load that writes and reads through the proxy by clients that ask again up to
10 times: pulls a node's plug, flips a bit in a part of an object, empties a drive, restarts all nodes for another configuration, and kills the play of one with
another release in five of its tasks. After each the role runs. No call may fail, no object be lost or changed, and a part that was damaged must be what it was.
First with four nodes of two drives, then with one of 16.

    store.py [--rounds N] [--seed N]

Prints each event and writes docs/results/soak_store.json after it. The labs are removed also when it is interrupted.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import yaml

TOP = Path(__file__).resolve().parents[2]
BIN = TOP / ".venv" / "bin"
CACHE = Path.home() / ".cache" / "baremetal-wandb"
LAB_TOOL = (str(BIN / "python"), "tests/lab/lab.py")
SCENARIO = TOP / "molecule" / "minio_upgrade"
RESULT = TOP / "docs" / "results" / "soak_store.json"
# By the layout: the topology, and the drives of a node.
LAYOUTS = {"4 nodes x 2 drives": (SCENARIO / "topology.yml", 2), "1 node x 16 drives": (TOP / "tests" / "soak" / "drives16.yml", 16)}

NODES = "--limit=localhost,wandb_minio"
POINTS = (
    "Put the server in place",
    "Write the environment",
    "Write the unit",
    "Run MinIO, again where it is older than its files",
    "Wait until the cluster can write",
)


def say(text: str) -> None:
    print(f"soak: {text}", flush=True)


def run(*words: str, text: str = "", **environment: str) -> str:
    """The output of a command, which must succeed."""
    done = subprocess.run(words, cwd=TOP, env={**os.environ, **environment}, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stdout}\n{done.stderr}\nsoak: {' '.join(words[:6])} ... ended with exit code {done.returncode}")
    return done.stdout


class Lab:
    """A lab with MinIO and the proxy as the scenario has them."""

    def __init__(self, name: str, topology: Path, drives: int) -> None:
        self.name, self.topology = name, topology
        self.folder = CACHE / "labs" / name
        self.nodes = [host for host in yaml.safe_load(topology.read_text(encoding="utf-8"))["hosts"] if host.startswith("minio")]
        self.drives = [f"/mnt/disk{number}" for number in range(1, drives + 1)]
        own = yaml.safe_load((SCENARIO / "molecule.yml").read_text(encoding="utf-8"))["provisioner"]["inventory"]["group_vars"]["all"]
        self.variables = {**own, "minio_drives": self.drives}
        self.written = ""

    def tool(self, verb: str, *words: str) -> str:
        return run(*LAB_TOOL, verb, *words)

    def sh(self, host: str, script: str, *words: str) -> str:
        """What a shell script of root's says on a host."""
        return run(*LAB_TOOL, "ssh", self.name, host, "--", "sudo", "sh", "-es", *words, text=script)

    def play(self, *words: str) -> str:
        """Run the scenario's play by the program and its first words, with the lab's hosts and variables."""
        variables = self.folder / "soak.json"
        variables.touch(mode=0o600)
        variables.write_text(json.dumps(self.variables), encoding="utf-8")
        return run(
            *words,
            f"--inventory={self.folder}/inventory.yml",
            "--inventory=molecule/shared/inventory/become.yml",
            f"--extra-vars=@{variables}",
            PATH=f"{BIN}:{os.environ['PATH']}",
            ANSIBLE_COLLECTIONS_PATH=f"{TOP / 'collections'}:{CACHE / 'collections'}",
            MOLECULE_PROJECT_DIRECTORY=str(TOP),
            MOLECULE_EPHEMERAL_DIRECTORY=str(self.folder),
            ANSIBLE_NOCOLOR="1",
            COLUMNS="10000",  # no message is wrapped
        )

    def role(self, *words: str, **given: t.Any) -> str:
        """Run the play, with other variables from now on."""
        self.variables.update(given)
        return self.play("ansible-playbook", str(SCENARIO / "converge.yml"), *words)

    def killed(self, task: str, seconds: float) -> None:
        """Run it for the nodes and kill it so long after a task began."""
        said = self.play("sh", "molecule/shared/files/kill_at.sh", task, str(seconds), str(SCENARIO / "converge.yml"), NODES)
        if said.splitlines()[-1:] != ["killed"]:
            sys.exit(f"{said}\nsoak: the play ended before its task {task}")

    def large(self, verb: str) -> str:
        """The sum of an object that stays, whose parts are files, written or read through the first node."""
        hosts = yaml.safe_load((self.folder / "inventory.yml").read_text(encoding="utf-8"))["all"]["hosts"]
        account = {"USER": self.variables["wandb_minio_root_user"], "SECRET": self.variables["wandb_minio_root_password"]}
        return run(LAB_TOOL[0], str(SCENARIO / "files" / "large.py"), verb, f"{hosts[self.nodes[0]]['ansible_host']}:9000", **account)

    def begin_load(self) -> None:
        begin = (TOP / "tests" / "load" / "begin.sh").read_text(encoding="utf-8")
        self.sh("proxy1", begin, self.variables["wandb_s3_url"], "--clients=2", "--retries=10", "--remove")

    def end_load(self) -> dict[str, t.Any]:
        return json.loads(self.sh("proxy1", "systemctl stop load; cat /root/load.json"))


@contextlib.contextmanager
def booted(name: str, topology: Path, drives: int) -> t.Iterator[Lab]:
    lab = Lab(name, topology, drives)
    lab.tool("down", lab.name)
    try:
        lab.tool("up", str(topology), "--name", lab.name)
        lab.role()
        for path, content in (("s3_load.py", (TOP / "tests/load/s3_load.py").read_text(encoding="utf-8")), ("secret", lab.variables["wandb_s3_secret_key"])):
            run(*LAB_TOOL, "ssh", lab.name, "proxy1", "--", "sudo", "tee", f"/root/{path}", text=content)
        lab.written = lab.large("put")
        yield lab
    finally:
        subprocess.run([*LAB_TOOL, "down", lab.name], cwd=TOP, check=False)


def pull_plug(lab: Lab, chance: random.Random) -> dict[str, t.Any]:
    node = chance.choice(lab.nodes)
    lab.tool("power-off", lab.name, node)
    time.sleep(10 if len(lab.nodes) > 1 else 0)
    lab.tool("power-on", lab.name, node)
    return {"what": f"{node} lost its power"}


# FILE BYTE BIT SUM: the file no longer has the sum.
FLIP = """
python3 -c 'import sys
file = open(sys.argv[1], "r+b", buffering=0)
file.seek(int(sys.argv[2]))
byte = file.read(1)[0]
file.seek(int(sys.argv[2]))
file.write(bytes([byte ^ 1 << int(sys.argv[3])]))' "$@"
[ "$(sha256sum < "$1" | cut -d ' ' -f 1)" != "$4" ]
"""


def flip_bit(lab: Lab, chance: random.Random) -> dict[str, t.Any]:
    node, drive = chance.choice(lab.nodes), chance.choice(lab.drives)
    part, before = lab.sh(node, 'set -- "$1"/large/object/*/part.1; echo "$1"; sha256sum < "$1"', drive).split("\n")[:2]
    lab.sh(node, FLIP, part, str(chance.randrange(200_000)), str(chance.randrange(8)), before.split()[0])
    return {"what": f"a bit of {part} on {node} flipped", "given": {"minio_heal": "deep"}, "node": node, "part": part, "sum": before}


def empty_drive(lab: Lab, chance: random.Random) -> dict[str, t.Any]:
    node, drive = chance.choice(lab.nodes), chance.choice(lab.drives)
    lab.sh(node, 'systemctl stop minio; find "$1" -mindepth 1 -delete; systemctl start --no-block minio', drive)
    return {"what": f"{drive} of {node} came back empty"}


def restart(lab: Lab, chance: random.Random) -> dict[str, t.Any]:
    port = chance.choice([port for port in (9001, 9002, 9003) if str(port) not in lab.variables.get("minio_console_address", "9001")])
    return {"what": "all nodes restarted for another configuration", "given": {"minio_console_address": f"127.0.0.1:{port}"}}


def break_off(lab: Lab, chance: random.Random) -> dict[str, t.Any]:
    lab.variables["minio_build"] = "minio" if lab.variables.get("minio_build") == "minio-next" else "minio-next"
    lab.variables.update(restart(lab, chance)["given"])
    for task in POINTS:
        lab.killed(task, chance.uniform(0, 2))
    return {"what": f"a change to {lab.variables['minio_build']} was broken off {len(POINTS)} times"}


EVENTS = {
    "power-off of a node": pull_plug,
    "bit flip": flip_bit,
    "empty drive": empty_drive,
    "restart of all": restart,
    "play killed at five points": break_off,
}


def happen(lab: Lab, event: t.Callable[[Lab, random.Random], dict[str, t.Any]], chance: random.Random) -> dict[str, t.Any]:
    """One event under load, with what the role does about it; the figures, or the end."""
    lab.begin_load()
    begun = time.monotonic()
    seen = event(lab, chance)
    said = lab.role(NODES, **{"minio_heal": "auto", **seen.get("given", {})})
    seconds = time.monotonic() - begun
    repaired = sum(int(number) for number in re.findall(r"objects seen, ([0-9]+) repaired", said))
    load = lab.end_load()
    if lab.large("get") != lab.written:
        load["changed"].append("large/object")
    if "part" in seen and lab.sh(seen["node"], 'sha256sum < "$1"', seen["part"]).strip() != seen["sum"]:
        load["changed"].append(seen["part"])
    say(
        f"{seen['what']}: {load['calls']} calls, longest pause {load['longest_pause']} s, {load['attempts_failed']} attempts asked again; whole after "
        f"{seconds:.0f} s, {repaired} objects repaired; {len(load['absent'])} seemed absent for a while"
    )
    return judged({**load, "seconds": seconds, "repaired": repaired})


def judged(load: dict[str, t.Any]) -> dict[str, t.Any]:
    """The load's result, when nothing is wrong with it."""
    wrong = {name: load[name] for name in ("failed", "lost", "changed") if load[name]}
    if wrong or load["calls"] < 20:
        sys.exit(f"soak: {json.dumps(wrong)} after {load['calls']} calls")
    return load


def figures(loads: list[dict[str, t.Any]]) -> dict[str, t.Any]:
    def spread(name: str) -> dict[str, float]:
        values = [load[name] for load in loads]
        return {"median": round(statistics.median(values), 1), "max": round(max(values), 1)}

    return {
        "rounds": len(loads),
        "calls": sum(load["calls"] for load in loads),
        "failed": 0,
        "lost or changed": 0,
        "attempts asked again": sum(load["attempts_failed"] for load in loads),
        "objects repaired": sum(load["repaired"] for load in loads),
        "seemed absent for a while": sum(len(load["absent"]) for load in loads),
        "longest pause, s": spread("longest_pause"),
        "whole after, s, the run of the role included": spread("seconds"),
    }


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="store.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of what is left to chance")
    wanted = parser.parse_args(words)
    for kind in (signal.SIGINT, signal.SIGTERM):  # the one is ignored in what a shell has put in the background
        signal.signal(kind, signal.default_int_handler)
    chance = random.Random(wanted.seed)
    found: dict[str, t.Any] = {"date": time.strftime("%Y-%m-%d"), "cores": len(os.sched_getaffinity(0)), "seed": wanted.seed}
    for number, (layout, (topology, drives)) in enumerate(LAYOUTS.items(), 1):
        say(f"{layout}, seed {wanted.seed}")
        loads: dict[str, list[dict[str, t.Any]]] = collections.defaultdict(list)
        with booted(f"soak-store{number}", topology, drives) as lab:
            for turn in range(1, wanted.rounds + 1):
                say(f"round {turn} of {wanted.rounds}")
                for name, event in EVENTS.items():
                    loads[name].append(happen(lab, event, chance))
                    found[layout] = {name: figures(seen) for name, seen in loads.items()}
                    RESULT.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2) + f"\nwritten to {RESULT.relative_to(TOP)}")


if __name__ == "__main__":
    main(sys.argv[1:])
