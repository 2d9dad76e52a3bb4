# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes docs/checks.md from the registered checks and the scenarios' faults: .venv/bin/python tests/docs.py"""

from __future__ import annotations

import importlib
import re
import sys
import typing as t
from pathlib import Path

import yaml

TOP = Path(__file__).resolve().parent.parent
PAGE = TOP / "docs" / "checks.md"
PACKAGE = "ansible_collections.baremetal.wandb.plugins.module_utils"
HEAD = """# Checks

Every check has a stable id, by which the options `only` and `skip` of its module choose it, and which names it in reports. `*` is a
wildcard: `only: ["mysql.variable.*"]`. A check that needs another one is skipped when that one did not hold, so the first failure of a
report is the cause. This page is written by `tests/docs.py` from the checks themselves.

The last column names the molecule scenarios that break a running system in a way that this check must name, with the remedy: their
`fails` and `warns`, which `molecule/shared/tasks/named.yml` compares. What is not broken there is said below.
"""
# Checks whose failing side no scenario sees, and why.
UNBROKEN: dict[str, str] = {
    "host.clock.synchronized": "the hosts of a lab share the clock of the machine below them, so the check skips itself there",
}
# Checks that a healthy host is made to fail by asking more of it than it has.
BY_EXPECTATION = {
    "host.architecture": "a processor of another kind is asked for",
    "host.cores": "512 cores are asked for",
    "host.memory": "4096 GiB are asked for",
    "host.python": "no supported system has a Python that is too old, so one is made to say that it is 3.8",
    "host.network": "400 Gb/s are asked for",
    "mysql.account.retired_password": "the password that is in force is given as the one of before",
    "s3.bucket.region": "a region that is not the bucket's is asked for",
}


def registered() -> dict[str, list[t.Any]]:
    """The checks of each module, in their order."""
    sys.path.insert(0, str(TOP / "collections"))
    checks_type = importlib.import_module(f"{PACKAGE}._check").Checks
    modules: dict[str, list[t.Any]] = {}
    for module in sorted((TOP / "plugins" / "modules").glob("*_check.py")):
        source = module.read_text(encoding="utf-8")
        for name in sorted({name for name in re.findall(r"\b_\w+", source) if (TOP / "plugins" / "module_utils" / f"{name}.py").exists()}):
            found = getattr(importlib.import_module(f"{PACKAGE}.{name}"), "check", None)
            if isinstance(found, checks_type):
                modules.setdefault(module.stem, []).extend(found._checks)
        if module.stem not in modules:
            raise SystemExit(f"docs.py: {module.name} imports no registered checks")
    return modules


class Fault(t.NamedTuple):
    """One id that a breakage of a scenario must fail or warn, and the words that it must say."""

    scenario: str
    id: str
    words: t.Any


def faults_in(scenario: str, data: t.Any) -> t.Iterator[Fault]:
    """What the fails and warns in a scenario's data name, wherever they are."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key in ("fails", "warns") and isinstance(value, dict):
                yield from (Fault(scenario, id, words) for id, words in value.items())
            else:
                yield from faults_in(scenario, value)
    elif isinstance(data, list):
        for item in data:
            yield from faults_in(scenario, item)


class Loader(yaml.SafeLoader):
    """YAML as Ansible writes it; values behind !unsafe read as plain text."""


Loader.add_multi_constructor("!", lambda loader, _suffix, node: loader.construct_scalar(node))


def faults() -> list[Fault]:
    files = sorted((TOP / "molecule").glob("*/**/*.yml"))
    return [fault for file in files for fault in faults_in(file.relative_to(TOP).parts[1], yaml.load(file.read_text(encoding="utf-8"), Loader))]


def page() -> str:
    """The page as it should be."""
    parts = [HEAD]
    scenarios: dict[str, set[str]] = {}
    for fault in faults():
        scenarios.setdefault(fault.id, set()).add(fault.scenario)
    for module, checks in registered().items():
        parts.append(f"## {module}\n\n| id | what holds | needs | seen broken in |\n|---|---|---|---|")
        for one in checks:
            needs = ", ".join(f"`{need}`" for need in one.needs)
            seen = ", ".join(sorted(scenarios.get(one.id, ()))) or "not"
            parts.append(f"| `{one.id}` | {one.title} | {needs} | {seen} |".replace("|  |", "| |"))
        parts.append("")
    for title, reasons in (("Not broken by any scenario", UNBROKEN), ("Seen by an expectation that a healthy host does not meet", BY_EXPECTATION)):
        if reasons:
            parts += [f"## {title}\n", *(f"- `{id}`: {reason}" for id, reason in reasons.items()), ""]
    return "\n".join(parts).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(TOP)}")
