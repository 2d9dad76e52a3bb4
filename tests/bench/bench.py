# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measures site.yml on the cluster lab: a fresh converge, then rounds of ping, no-op and proof with the real client, interleaved; then its
database under W&B's kind of load, with our settings and with MySQL's defaults in turn, and its object store through the proxy and at the nodes, with TLS
everywhere; then ping and no-op with 16 nodes of the object store.

    bench.py [--rounds N] [--keep]

Prints a table and writes docs/results/bench.json. A no-op in which anything changed is no no-op: the benchmark then fails.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import itertools
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

import count
import mysql_load
import store_load
import yaml

TOP = Path(__file__).resolve().parents[2]
BIN = TOP / ".venv" / "bin"
CACHE = Path.home() / ".cache" / "baremetal-wandb"
LAB_TOOL = (str(BIN / "python"), "tests/lab/lab.py")
RESULT = TOP / "docs" / "results" / "bench.json"
RECAP = re.compile(r"^(\S+) +: ok=(\d+) +changed=(\d+) +unreachable=(\d+) +failed=(\d+)", re.MULTILINE)


class Run(t.NamedTuple):
    """What one command took and did: executions are remote module executions by host, changed the sum of the recap, checks the seconds of check modules."""

    seconds: float
    changed: int
    executions: dict[str, int]
    checks: dict[str, list[float]]


def run(*words: str) -> Run:
    """Run a command, which must succeed; the output is shown only when it does not."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder) / "executions.jsonl"
        path.touch()
        env = {
            **count.environment(str(path)),
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "ANSIBLE_COLLECTIONS_PATH": f"{TOP / 'collections'}:{CACHE / 'collections'}",
            "NO_COLOR": "1",
        }
        begun = time.monotonic()
        done = subprocess.run(words, cwd=TOP, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        seconds = time.monotonic() - begun
        ran = {host: records for host, records in count.read(path).items() if host not in count.LOCAL}
    if done.returncode:
        sys.exit(f"{done.stdout}\nbench: {' '.join(words[:3])} ... ended with exit code {done.returncode}")
    checks: dict[str, list[float]] = collections.defaultdict(list)
    for record in itertools.chain(*ran.values()):
        if record["module"].endswith("_check"):
            checks[record["module"].split(".")[-1]].append(record["seconds"])
    changed = sum(int(changed) for _host, _ok, changed, _unreachable, _failed in RECAP.findall(done.stdout))
    return Run(seconds, changed, {host: len(records) for host, records in ran.items()}, checks)


def spread(values: list[float]) -> dict[str, float]:
    return {"median": round(statistics.median(values), 1), "min": round(min(values), 1), "max": round(max(values), 1)}


def say(text: str) -> None:
    print(f"bench: {text}", flush=True)


class Lab(t.NamedTuple):
    """A running lab by its name, with a site of inventories/cluster on it."""

    name: str

    @property
    def state(self) -> Path:
        return CACHE / "labs" / self.name

    @property
    def hosts(self) -> tuple[str, ...]:
        return ("-i", "inventories/cluster", "-i", str(self.state / "inventory.yml"))

    def ping(self) -> Run:
        return run("ansible", *self.hosts, "all", "-m", "ansible.builtin.ping")

    def site(self, *words: str, playbook: str = "site.yml") -> Run:
        return run("ansible-playbook", *self.hosts, playbook, *words)

    def noop(self, executions: dict[str, int] | None) -> Run:
        """A run without a change, which has the remote module executions of the one before."""
        found = self.site("-e", "verify_client=never")
        if found.changed:
            sys.exit(f"bench: a run without a change reported changed={found.changed}, so it is no no-op")
        if executions and executions != found.executions:
            sys.exit(f"bench: executions differ between two no-ops: {executions} and {found.executions}")
        return found


@contextlib.contextmanager
def booted(topology: str, keep: bool) -> t.Iterator[Lab]:
    """The lab of a topology, fresh, with an inventory and secrets for a site."""
    lab = Lab(f"bench-{topology}")
    subprocess.run([*LAB_TOOL, "down", lab.name], cwd=TOP, check=True)
    try:
        subprocess.run([*LAB_TOOL, "up", f"tests/lab/topologies/{topology}.yml", "--name", lab.name], cwd=TOP, check=True)
        subprocess.run([LAB_TOOL[0], "tests/lab/overlay.py", lab.name], cwd=TOP, check=True)
        # The lab's hosts compile what Ansible sends once; real ones do it for each task.
        run("ansible", *lab.hosts, "all", "--become", "-m", "ansible.builtin.shell", "-a", "rm /etc/python3*/sitecustomize.py")
        lab.site("-e", f"secrets_file={lab.state / 'group_vars' / 'all' / 'secrets.yml'}", playbook="playbooks/secrets.yml")
        yield lab
    finally:
        if not keep:
            subprocess.run([*LAB_TOOL, "down", lab.name], cwd=TOP, check=False)


def measure(lab: Lab, rounds: int) -> dict[str, t.Any]:
    say("fresh converge, without the real client")
    fresh = lab.site("-e", "verify_client=never")
    say(f"{fresh.seconds:.0f} s; a run that brings the real client's venv is not timed")
    lab.site("-e", "verify_client=always")
    series: dict[str, list[float]] = {"ping": [], "no-op": [], "proof": [], "proof with the real client": []}
    executions: dict[str, int] = {}
    checks: dict[str, list[float]] = collections.defaultdict(list)
    for number in range(1, rounds + 1):
        series["ping"].append(lab.ping().seconds)
        noop = lab.noop(executions)
        executions = noop.executions
        series["no-op"].append(noop.seconds)
        proof = lab.site("-e", "verify_client=never", playbook="playbooks/verify.yml")
        series["proof"].append(proof.seconds)
        for module, seconds in proof.checks.items():
            checks[module] += seconds
        series["proof with the real client"].append(lab.site("-e", "verify_client=always", playbook="playbooks/verify.yml").seconds)
        say(f"round {number} of {rounds}: " + ", ".join(f"{name} {values[-1]:.1f} s" for name, values in series.items()))
    version = subprocess.run([str(BIN / "ansible"), "--version"], check=True, capture_output=True, text=True).stdout.splitlines()[0]
    return {
        "date": time.strftime("%Y-%m-%d"),
        "machine": {"cores": len(os.sched_getaffinity(0)), "ansible": version},
        "rounds": rounds,
        "fresh converge": {"seconds": round(fresh.seconds, 1), "changed": fresh.changed},
        "seconds": {name: spread(values) for name, values in series.items()},
        "seconds of a check in the proof, SSH included": {module: spread(values) for module, values in sorted(checks.items())},
        "remote module executions in a no-op": executions,
    }


def on_host(lab: Lab, host: str, script: t.Any, *words: str) -> dict[str, t.Any]:
    """The figures that a load script prints, run as root on a host."""
    remote = ["sudo", "/opt/baremetal-wandb/venv/bin/python", "-", *words]
    with open(script.__file__, encoding="utf-8") as text:
        done = subprocess.run([*LAB_TOOL, "ssh", lab.name, host, "--", *remote], cwd=TOP, stdin=text, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stderr}\nbench: the load of {host} ended with exit code {done.returncode}")
    return json.loads(done.stdout)


def store(lab: Lab, rounds: int) -> dict[str, t.Any]:
    """The figures of store_load.py, with TLS before and behind the proxy."""
    say(f"{rounds} rounds of load on the object store")
    lab.site("-e", "verify_client=never", "-e", "wandb_minio_tls=true")
    there = yaml.safe_load((lab.state / "inventory.yml").read_text(encoding="utf-8"))["all"]
    addresses = [there["hosts"][host]["ansible_host"] for host in there["children"]["wandb_minio"]["hosts"]]
    return on_host(lab, "app1", store_load, "--rounds", str(rounds), *(f"https://{address}:9000" for address in addresses))


def scale(lab: Lab, rounds: int, few: dict[str, t.Any]) -> dict[str, t.Any]:
    """Ping and no-op of a larger site against those of the other: what a node costs must not grow with their number."""
    say("converge with 16 nodes of the object store")
    lab.site("-e", "verify_client=never")
    executions: dict[str, int] | None = None
    ratios = []
    for number in range(1, rounds + 1):
        ping, noop = lab.ping(), lab.noop(executions)
        executions = noop.executions
        ratios.append(noop.seconds / ping.seconds)
        say(f"round {number} of {rounds}: ping {ping.seconds:.1f} s, no-op {noop.seconds:.1f} s")
    small = {host: number for host, number in few["remote module executions in a no-op"].items() if host.startswith("minio")}
    large = {host: number for host, number in (executions or {}).items() if host.startswith("minio")}
    if set(small.values()) != set(large.values()):
        sys.exit(f"bench: a node has other executions among 16 than among 4: {large} and {small}")
    return {
        "no-op / ping, 4 nodes": round(few["seconds"]["no-op"]["median"] / few["seconds"]["ping"]["median"], 1),
        "no-op / ping, 16 nodes": round(statistics.median(ratios), 1),
    }


def table(found: dict[str, t.Any]) -> str:
    floor = found["seconds"]["ping"]["median"]
    lines = [f"{'run':<30} {'median s':>9} {'min':>7} {'max':>7} {'x ping':>7}"]
    for name, values in found["seconds"].items():
        lines.append(f"{name:<30} {values['median']:>9} {values['min']:>7} {values['max']:>7} {values['median'] / floor:>7.1f}")
    client = found["seconds"]["proof with the real client"]["median"] - found["seconds"]["proof"]["median"]
    lines += [
        f"{'the real client alone':<30} {client:>9.1f}",
        f"{'fresh converge, once':<30} {found['fresh converge']['seconds']:>9}",
        "",
        f"{'check module, in the proof':<30} {'median s':>9} {'min':>7} {'max':>7}",
        *(
            f"{module:<30} {values['median']:>9} {values['min']:>7} {values['max']:>7}"
            for module, values in found["seconds of a check in the proof, SSH included"].items()
        ),
        "",
        f"{'host':<30} {'module executions in a no-op':>9}",
        *(f"{host:<30} {number:>9}" for host, number in found["remote module executions in a no-op"].items()),
    ]
    return "\n".join(lines)


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", action="store_true", help="leave the lab up")
    wanted = parser.parse_args(words)
    with booted("cluster", wanted.keep) as lab:
        found = measure(lab, wanted.rounds)
        say(f"{wanted.rounds} rounds of load on the database")
        found["database"] = on_host(lab, "db1", mysql_load, "--rounds", str(wanted.rounds))
        found["store"] = store(lab, wanted.rounds)
    with booted("cluster16", wanted.keep) as lab:
        found["scale"] = scale(lab, wanted.rounds, found)
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    tables = [table(found), mysql_load.table(found["database"]), store_load.table(found["store"])]
    tables.append("\n".join(f"{name:<30} {value:>9}" for name, value in found["scale"].items()))
    print("\n" + "\n\n".join(tables) + f"\n\nwritten to {RESULT.relative_to(TOP)}")


if __name__ == "__main__":
    main(sys.argv[1:])
