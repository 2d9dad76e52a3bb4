# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A dry run of site.yml: the proof of the public names knows by the role verify whether the plan changes what serves them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

TOP = Path(__file__).resolve().parents[2]
CACHED = Path.home() / ".cache" / "baremetal-wandb" / "collections"
CHECK = "baremetal.wandb.endpoint_check"
REFUSED = {"url": "https://127.0.0.1:1", "s3_url": "https://127.0.0.1:1", "only": ["edge.wandb.port"]}


@pytest.mark.parametrize(
    "planned, arguments, ends_well",
    [("__nginx_service", ["--check"], True), ("__server_service", ["--check"], True), ("__minio_service", ["--check"], True)]
    + [("", ["--check"], False), ("__mysql_made", ["--check"], False), ("__nginx_service", [], False)],
)
def test_proof_of_the_names_after_a_plan(tmp_path, planned, arguments, ends_well):
    """Host b is the one that the plan changes, host a the one that looks."""
    tasks = yaml.safe_load((TOP / "roles/verify/tasks/check.yml").read_text(encoding="utf-8"))
    (repairing,) = [task[CHECK]["repairing"] for task in tasks if CHECK in task]
    change = {"ansible.builtin.debug": {"msg": "planned"}, "changed_when": "inventory_hostname == 'b'", "register": planned or "other"}
    look = {CHECK: {**REFUSED, "repairing": repairing}, "when": "inventory_hostname == 'a'"}
    values = [str(TOP / "roles/verify/vars/main.yml")]
    play = {"hosts": "all", "connection": "local", "gather_facts": False, "vars_files": values, "tasks": [change, look]}
    (tmp_path / "play.json").write_text(json.dumps([play]), encoding="utf-8")
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": f"{TOP / 'collections'}:{CACHED}", "ANSIBLE_HOME": str(tmp_path / "home")}
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "a,b", "-e", f"ansible_python_interpreter={sys.executable}"]
    done = subprocess.run([*command, *arguments, str(tmp_path / "play.json")], capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode == 0) == ends_well, done.stdout + done.stderr
    assert ends_well or "(edge.wandb.port)" in " ".join(done.stdout.split())
