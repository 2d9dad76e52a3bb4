# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import yaml

TOP = Path(__file__).resolve().parents[3]


def test_every_text_of_the_site_is_looked_at_for_line_breaks():
    spec = yaml.safe_load((TOP / "roles/wandb/meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]
    texts = {name for name, option in spec.items() if option["type"] == "str" and "choices" not in option}
    (task,) = yaml.safe_load((TOP / "playbooks/tasks/texts.yml").read_text(encoding="utf-8"))
    assert set(task["vars"]["secrets"] + task["vars"]["others"]) == texts - {"wandb_address"}  # which every host has of its own
    for name in ("preflight", "verify"):
        plays = yaml.safe_load((TOP / f"playbooks/{name}.yml").read_text(encoding="utf-8"))
        assert "tasks/texts.yml" in [task.get("ansible.builtin.import_tasks") for play in plays for task in play.get("pre_tasks", [])]


def test_every_role_is_asked_before_the_first_change():
    plays = yaml.safe_load((TOP / "playbooks/preflight.yml").read_text(encoding="utf-8"))
    imports = [task["ansible.builtin.import_role"] for play in plays for task in play.get("tasks", []) if "ansible.builtin.import_role" in task]
    asked = {role["name"] for role in imports if role["tasks_from"] == "preflight"} | {role["role"] for play in plays for role in play.get("roles", [])}
    assert asked == {f"baremetal.wandb.{path.parent.parent.name}" for path in (TOP / "roles").glob("*/tasks/main.yml")}
    for role in asked:
        specs = yaml.safe_load((TOP / "roles" / role.rsplit(".", 1)[1] / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
        assert role == "baremetal.wandb.preflight" or specs["preflight"] == specs["main"]
