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
    plays = yaml.safe_load((TOP / "playbooks/preflight.yml").read_text(encoding="utf-8"))
    (task,) = [task for play in plays for task in play.get("pre_tasks", []) if "secrets" in task.get("vars", {})]
    assert set(task["vars"]["secrets"] + task["vars"]["others"]) == texts - {"wandb_address"}  # which every host has of its own
