# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measures site.yml on the cluster lab: a fresh converge, then rounds of ping, no-op and proof with the real client, interleaved; then its
database under W&B's kind of load, with our settings and with MySQL's defaults in turn.

    bench.py [--rounds N] [--keep]

Prints a table and writes docs/results/bench.json. A no-op in which anything changed is no no-op: the benchmark then fails.
"""

from __future__ import annotations

import argparse
import collections
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

TOP = Path(__file__).resolve().parents[2]
BIN = TOP / ".venv" / "bin"
CACHE = Path.home() / ".cache" / "baremetal-wandb"
LAB = "bench"
STATE = CACHE / "labs" / LAB
SECRETS = STATE / "group_vars" / "all" / "secrets.yml"
RESULT = TOP / "docs" / "results" / "bench.json"
SITE = ("-i", "inventories/cluster", "-i", str(STATE / "inventory.yml"))
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


def site(*words: str, playbook: str = "site.yml") -> Run:
    return run("ansible-playbook", *SITE, playbook, *words)


def measure(rounds: int) -> dict[str, t.Any]:
    say("fresh converge, without the real client")
    fresh = site("-e", "verify_client=never")
    say(f"{fresh.seconds:.0f} s; a run that brings the real client's venv is not timed")
    site("-e", "verify_client=always")
    series: dict[str, list[float]] = {"ping": [], "no-op": [], "proof": [], "proof with the real client": []}
    executions: dict[str, int] = {}
    checks: dict[str, list[float]] = collections.defaultdict(list)
    for number in range(1, rounds + 1):
        series["ping"].append(run("ansible", *SITE, "all", "-m", "ansible.builtin.ping").seconds)
        noop = site("-e", "verify_client=never")
        if noop.changed:
            sys.exit(f"bench: a run without a change reported changed={noop.changed}, so it is no no-op")
        if executions and executions != noop.executions:
            sys.exit(f"bench: executions differ between two no-ops: {executions} and {noop.executions}")
        executions = noop.executions
        series["no-op"].append(noop.seconds)
        proof = site("-e", "verify_client=never", playbook="playbooks/verify.yml")
        series["proof"].append(proof.seconds)
        for module, seconds in proof.checks.items():
            checks[module] += seconds
        series["proof with the real client"].append(site("-e", "verify_client=always", playbook="playbooks/verify.yml").seconds)
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


def database(rounds: int) -> dict[str, t.Any]:
    """The figures of mysql_load.py, run on the database host."""
    say(f"{rounds} rounds of load on the database")
    remote = ["sudo", "/opt/baremetal-wandb/venv/bin/python", "-", "--rounds", str(rounds)]
    words = [str(BIN / "python"), "tests/lab/lab.py", "ssh", LAB, "db1", "--", *remote]
    with open(mysql_load.__file__, encoding="utf-8") as script:
        done = subprocess.run(words, cwd=TOP, stdin=script, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stderr}\nbench: the load of the database ended with exit code {done.returncode}")
    return json.loads(done.stdout)


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
    lab = [str(BIN / "python"), "tests/lab/lab.py"]
    subprocess.run([*lab, "down", LAB], cwd=TOP, check=True)
    try:
        subprocess.run([*lab, "up", "tests/lab/topologies/cluster.yml", "--name", LAB], cwd=TOP, check=True)
        subprocess.run([lab[0], "tests/lab/overlay.py", LAB], cwd=TOP, check=True)
        # The lab's hosts compile what Ansible sends once; real ones do it for each task.
        run("ansible", *SITE, "all", "--become", "-m", "ansible.builtin.shell", "-a", "rm /etc/python3*/sitecustomize.py")
        site("-e", f"secrets_file={SECRETS}", playbook="playbooks/secrets.yml")
        found = measure(wanted.rounds)
        found["database"] = database(wanted.rounds)
    finally:
        if not wanted.keep:
            subprocess.run([*lab, "down", LAB], cwd=TOP, check=False)
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(f"\n{table(found)}\n\n{mysql_load.table(found['database'])}\n\nwritten to {RESULT.relative_to(TOP)}")


if __name__ == "__main__":
    main(sys.argv[1:])
