# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pages say is so: docs/checks.md lists the checks that exist, and links of all pages lead somewhere."""

from __future__ import annotations

import importlib.util
import re

from repository import TOP, tracked


def test_page_of_checks_is_current():
    spec = importlib.util.spec_from_file_location("docs_under_test", TOP / "tests/docs.py")
    docs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(docs)
    assert docs.PAGE.read_text(encoding="utf-8") == docs.page(), "run .venv/bin/python tests/docs.py"


def test_links_lead_somewhere():
    pages = tracked(".md")
    assert len(pages) > 5
    broken = []
    for page in pages:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
            if not re.match(r"[a-z]+:", target) and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(TOP)}: {target}")
    assert broken == []


def test_make_targets_of_the_readme_exist():
    targets = set(re.findall(r"^([a-z-]+):", (TOP / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)\b", " ".join(re.findall(r"`[^`]*`", (TOP / "README.md").read_text(encoding="utf-8")))))
    assert named - targets == set() and named
