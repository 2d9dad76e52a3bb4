# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A dry run of site.yml: the proof of the public names knows by the role verify whether the plan changes what serves them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from repository import CACHED, TOP

CHECK = "baremetal.wandb.endpoint_check"
REFUSED = {"url": "https://127.0.0.1:1", "s3_url": "https://127.0.0.1:1", "only": ["edge.wandb.port"]}


@pytest.mark.parametrize(
    ("argument", "ends_well"),
    [
        ("--check", {"__nginx_service": True, "__server_service": True, "__minio_service": True, "other": False, "__mysql_made": False}),
        ("--diff", {"__nginx_service": False}),
    ],
)
def test_proof_of_the_names_after_a_plan(tmp_path, argument, ends_well):
    """A play for each result of a change that is planned: host b of it is the one that the plan changes, host a the one that looks."""
    tasks = yaml.safe_load((TOP / "roles/verify/tasks/check.yml").read_text(encoding="utf-8"))
    (repairing,) = [task[CHECK]["repairing"] for task in tasks if CHECK in task]
    values = [str(TOP / "roles/verify/vars/main.yml")]
    plays = []
    for name in ends_well:
        change = {"ansible.builtin.debug": {"msg": "planned"}, "changed_when": True, "register": name, "when": f"inventory_hostname == 'b{name}'"}
        look = {CHECK: {**REFUSED, "repairing": repairing}, "when": f"inventory_hostname == 'a{name}'"}
        hosts = f"a{name},b{name}"
        plays.append({"hosts": hosts, "connection": "local", "gather_facts": False, "vars_files": values, "tasks": [change, look]})
    (tmp_path / "play.json").write_text(json.dumps(plays), encoding="utf-8")
    options = {"ANSIBLE_HOME": str(tmp_path / "home"), "ANSIBLE_CALLBACK_RESULT_FORMAT": "json", "ANSIBLE_NOCOLOR": "1"}
    environment = {**os.environ, **options, "ANSIBLE_COLLECTIONS_PATH": f"{TOP / 'collections'}:{CACHED}"}
    inventory = ",".join(play["hosts"] for play in plays)
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", inventory, "-e", f"ansible_python_interpreter={sys.executable}"]
    done = subprocess.run([*command, argument, str(tmp_path / "play.json")], capture_output=True, text=True, check=False, env=environment)
    found = re.findall(r"^a(\w+) +: .* failed=(\d) ", done.stdout, re.MULTILINE)
    assert {name: failed == "0" for name, failed in found} == ends_well, done.stdout + done.stderr
    assert len(re.findall(r"^fatal: .*\(edge\.wandb\.port\)", done.stdout, re.MULTILINE)) == list(ends_well.values()).count(False), done.stdout
