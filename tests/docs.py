# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes docs/checks.md from the registered checks: .venv/bin/python tests/docs.py"""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
PAGE = TOP / "docs" / "checks.md"
PACKAGE = "ansible_collections.baremetal.wandb.plugins.module_utils"
HEAD = """# Checks

Every check has a stable id, by which the options `only` and `skip` of its module choose it, and which names it in reports. `*` is a
wildcard: `only: ["mysql.variable.*"]`. A check that needs another one is skipped when that one did not hold, so the first failure of a
report is the cause. This page is written by `tests/docs.py` from the checks themselves.
"""


def page() -> str:
    """The page as it should be."""
    sys.path.insert(0, str(TOP / "collections"))
    checks_type = importlib.import_module(f"{PACKAGE}._check").Checks
    parts = [HEAD]
    for module in sorted((TOP / "plugins" / "modules").glob("*_check.py")):
        source = module.read_text(encoding="utf-8")
        registries = []
        for name in sorted({name for name in re.findall(r"\b_\w+", source) if (TOP / "plugins" / "module_utils" / f"{name}.py").exists()}):
            found = getattr(importlib.import_module(f"{PACKAGE}.{name}"), "check", None)
            if isinstance(found, checks_type):
                registries.append(found)
        if not registries:
            raise SystemExit(f"docs.py: {module.name} imports no registered checks")
        parts.append(f"## {module.stem}\n\n| id | what holds | needs |\n|---|---|---|")
        for registry in registries:
            for one in registry._checks:
                parts.append(f"| `{one.id}` | {one.title} | {', '.join(f'`{need}`' for need in one.needs)} |".replace("|  |", "| |"))
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(TOP)}")
