# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The nodes of MinIO take part in the plays of certificates when they have one, and cost nothing else."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

TOP = Path(__file__).resolve().parents[3]
OTHERS = {"proxy1", "app1", "client1", "db1"}
GROUPS = {"wandb_proxy": "proxy1", "wandb_server": "app1", "wandb_client": "client1", "wandb_mysql": "db1"}


def hosts(playbook: str) -> str:
    plays = yaml.safe_load((TOP / "playbooks" / playbook).read_text(encoding="utf-8"))
    (pattern,) = [play["hosts"] for play in plays if "certificates" in play.get("name", "").lower()]
    return pattern


def test_both_playbooks_have_the_same_hosts():
    assert hosts("site.yml") == hosts("preflight.yml")


@pytest.mark.parametrize(
    ("known", "words", "nodes"),
    [
        ({}, [], set()),
        ({"wandb_minio_tls": "{{ speaks_tls }}", "speaks_tls": True}, [], {"minio1", "minio2"}),
        ({"wandb_minio_tls": True}, ["--extra-vars=wandb_minio_tls=false"], set()),
        ({}, ["--syntax-check"], None),
    ],
)
def test_the_nodes_are_among_them_when_they_have_a_certificate(tmp_path, known, words, nodes):
    groups = {name: {"hosts": {host: {}}} for name, host in GROUPS.items()}
    groups["wandb_minio"] = {"hosts": {"minio1": {}, "minio2": {}}, "vars": known}
    (tmp_path / "hosts.json").write_text(json.dumps({"all": {"children": groups}}), encoding="utf-8")
    task = {"ansible.builtin.debug": {"msg": "here"}}
    plays = [{"hosts": pattern, "gather_facts": False, "tasks": tasks} for pattern, tasks in (("localhost", []), (hosts("site.yml"), [task]))]
    (tmp_path / "play.json").write_text(json.dumps(plays), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "--inventory", str(tmp_path / "hosts.json"), *words, str(tmp_path / "play.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_HOME": str(tmp_path)})
    assert done.returncode == 0, done.stdout + done.stderr
    if nodes is not None:
        assert set(re.findall(r"^(\w+) +: ok=1 ", done.stdout, re.MULTILINE)) == OTHERS | nodes
