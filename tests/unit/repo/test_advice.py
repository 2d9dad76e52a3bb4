# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a check advises can be done: each variable that it names exists."""

from __future__ import annotations

import ast
import re

from repository import TOP, load

ROLES = [path.parent.parent.name for path in (TOP / "roles").glob("*/meta/argument_specs.yml")]
VARIABLES = {name for role in ROLES for name in load(TOP / "roles" / role / "meta/argument_specs.yml")["argument_specs"]["main"].get("options", {})}
# Groups, modules, and names of other programs' making.
OTHERS = {f"wandb_{group}" for group in ("server", "proxy", "mysql", "minio", "client")}
OTHERS |= {path.stem for path in (TOP / "plugins/modules").glob("*.py")}
OTHERS |= {"wandb_local", "server_name", "server_tokens", "mysql_native_password", "mysql_main"}
NAME = re.compile(rf"(?<![\w./-])(?:{'|'.join(sorted(ROLES))})_[a-z0-9_]+\b(?!\()")


def unknown(source: str) -> set[str]:
    """Names like those of our variables in the sentences of a program, docstrings aside, that are none."""
    tree = ast.parse(source)
    documented = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    sentences = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in documented]
    return {name for sentence in sentences if " " in sentence for name in NAME.findall(sentence)} - VARIABLES - OTHERS


def test_every_variable_in_an_advice_exists():
    files = sorted((TOP / "plugins/module_utils").glob("*.py"))
    assert len(files) > 10
    assert {file.name: found for file in files if (found := unknown(file.read_text(encoding="utf-8")))} == {}


def test_an_unknown_variable_is_found():
    assert unknown("advice = 'set wandb_server_upstream, or wandb_url, on the wandb_server host'") == {"wandb_server_upstream"}
