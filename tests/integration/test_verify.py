# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proof of the site asks of the database what the inventory, or the role mysql before it, says, and leaves its report where it was started."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

TOP = Path(__file__).resolve().parents[2]
CHECK = "baremetal.wandb.mysql_check"


def asked(folder: Path, **database: t.Any) -> dict[str, dict[str, t.Any]]:
    """What the role's own tasks give to mysql_check, by host; the variables I(database) are those of the database's host."""
    site = {"wandb_mysql_host": "127.0.0.1", "wandb_mysql_port": 1, "wandb_mysql_password": "s3cr3t", "tools_python": sys.executable}
    groups = {"wandb_mysql": {"hosts": {"db1": database}}, "wandb_server": {"hosts": {"app1": {}}}}
    (folder / "hosts.json").write_text(json.dumps({"all": {"vars": {"ansible_connection": "local", **site}, "children": groups}}), encoding="utf-8")
    tasks = [task for task in yaml.safe_load((TOP / "roles/verify/tasks/stores.yml").read_text(encoding="utf-8")) if CHECK in task]
    files = [str(TOP / "roles/verify" / part / "main.yml") for part in ("defaults", "vars")]
    facts = {"ansible_facts": {"os_family": "Debian"}}
    play = {"hosts": "all", "gather_facts": False, "roles": ["baremetal.wandb.wandb"], "vars": facts, "vars_files": files, "tasks": tasks}
    (folder / "play.json").write_text(json.dumps([play]), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "--inventory", str(folder / "hosts.json"), str(folder / "play.json")]
    options = {"ANSIBLE_VERBOSITY": "3", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json", "ANSIBLE_CALLBACK_FORMAT_PRETTY": "0", "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **options, "ANSIBLE_HOME": str(folder / "home")})
    results = re.findall(r"^\w+: \[(\w+)\] => (\{.*\"invocation\".*\})$", done.stdout, re.MULTILINE)
    assert done.returncode == 0 and "s3cr3t" not in done.stdout, done.stdout + done.stderr
    return {host: json.loads(result)["invocation"]["module_args"] for host, result in results}


@pytest.mark.parametrize(
    ("database", "profile", "expected", "pending"),
    [
        ({}, "guide", {}, []),
        ({"mysql_profile": "current", "mysql_settings": {"max_connections": 300}}, "current", {"max_connections": 300}, []),
        ({"mysql_settings": {"skip_name_resolve": "ON"}, "mysql_defer_restart": True}, "guide", {"skip_name_resolve": "ON"}, ["skip_name_resolve"]),
        (
            {"mysql_profile": "guide", "mysql_expected": {"profile": "current", "settings": {"port": 3306}, "pending": ["port"]}},
            "current",
            {"port": 3306},
            ["port"],
        ),
    ],
)
def test_the_database_is_proven_against_what_it_should_run_with(tmp_path, database, profile, expected, pending):
    found = asked(tmp_path, **database)
    assert sorted(found) == ["app1", "db1"]
    for arguments in found.values():
        assert (arguments["profile"], arguments["expected"], arguments["pending"]) == (profile, expected, pending)


def test_the_report_lands_where_the_command_was_started(tmp_path):
    """Also when PWD says something else, as after make -C, or nothing, as after sudo."""
    command = [str(Path(sys.executable).with_name("ansible")), "localhost", "-m", "ansible.builtin.debug", "-a", "var=verify_report_dir"]
    command += ["--extra-vars", f"@{TOP}/roles/verify/defaults/main.yml"]
    for told in ("/", ""):
        done = subprocess.run(command, cwd=tmp_path, env={**os.environ, "PWD": told}, capture_output=True, text=True, check=True)
        assert f'"{tmp_path.resolve()}/wandb-report"' in done.stdout
