# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs an Ansible command and counts the modules that run on each host.

    count.py [--limit N] [--json FILE] [--tasks] -- ansible-playbook -i INVENTORY site.yml

The command's own output passes through. Then follows a line for each host, "host N" (with --tasks also what ran there).
Exit code: that of the command; 3 when it was 0 but a remote host had more than --limit executions, or when nothing ran at all.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

CALLBACKS = Path(__file__).resolve().parent / "callback"
# What runs on the controller costs no connection.
LOCAL = ("localhost", "127.0.0.1")


def environment(path: str) -> dict[str, str]:
    """Environment that makes an Ansible command append its executions to path, beside the callbacks that are enabled, which are else those of ansible.cfg."""
    enabled = os.environ.get("ANSIBLE_CALLBACKS_ENABLED", "baremetal.wandb.preload")
    return {
        **os.environ,
        "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
        "ANSIBLE_CALLBACKS_ENABLED": f"{enabled},count_executions",
        "COUNT_EXECUTIONS_FILE": path,
    }


def read(path: Path) -> dict[str, list[dict[str, t.Any]]]:
    """The executions of each host, in the order in which they ended."""
    hosts: dict[str, list[dict[str, t.Any]]] = collections.defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        hosts[record["host"]].append(record)
    return dict(sorted(hosts.items()))


def counted(command: list[str]) -> tuple[int, dict[str, list[dict[str, t.Any]]]]:
    """Run the command; returns its exit code and the executions of each host."""
    with tempfile.TemporaryDirectory(prefix="count-") as folder:
        path = Path(folder) / "executions.jsonl"
        path.touch()
        code = subprocess.run(command, env=environment(str(path)), stdin=subprocess.DEVNULL, check=False).returncode
        return code, read(path)


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="count.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=int, help="most executions that a remote host may have")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write {host: count} there")
    parser.add_argument("--tasks", action="store_true", help="list what ran on each host")
    parser.add_argument("command", nargs="+")
    wanted = parser.parse_args(words)
    code, hosts = counted(wanted.command)
    for host, records in hosts.items():
        print(f"{host} {len(records)}")
        for record in records if wanted.tasks else ():
            print(f"    {record['module']:<40} {record['task']}")
    if wanted.json:
        wanted.json.write_text(json.dumps({host: len(records) for host, records in hosts.items()}, indent=2) + "\n", encoding="utf-8")
    if code:
        return code
    if not hosts:
        print("count.py: no module ran on any host", file=sys.stderr)
        return 3
    over = {host: len(records) for host, records in hosts.items() if host not in LOCAL and wanted.limit is not None and len(records) > wanted.limit}
    for host, number in over.items():
        print(f"count.py: {number} executions on {host}, at most {wanted.limit} are allowed", file=sys.stderr)
    return 3 if over else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
