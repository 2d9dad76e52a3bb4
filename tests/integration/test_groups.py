# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A playbook that would find no host in a group stops and says so, before it reaches any host."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from repository import CACHED, TOP

PLAYBOOKS = sorted(path.name for path in (TOP / "playbooks").glob("*.yml"))
MISSPELT = "wandb_servers: {hosts: {app1: }}\nwandb_proxy: {hosts: {proxy1: }}\n"


def play(folder: Path, inventory: str, playbook: str, *arguments: str) -> tuple[int, str]:
    (folder / "hosts.yml").write_text(inventory, encoding="utf-8")
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": f"{TOP / 'collections'}:{CACHED}", "ANSIBLE_NOCOLOR": "1"}
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(folder / "hosts.yml"), f"playbooks/{playbook}", *arguments]
    done = subprocess.run(command, cwd=TOP, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return done.returncode, " ".join(done.stdout.split())


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_every_playbook_begins_with_the_groups(playbook):
    first = yaml.safe_load((TOP / "playbooks" / playbook).read_text(encoding="utf-8"))[0]
    while "ansible.builtin.import_playbook" in first:
        first = yaml.safe_load((TOP / "playbooks" / first["ansible.builtin.import_playbook"]).read_text(encoding="utf-8"))[0]
    assert first["tasks"][0]["ansible.builtin.import_tasks"] == "tasks/groups.yml"


@pytest.mark.parametrize("playbook, arguments", [("site.yml", ("--limit=proxy1",)), ("secrets.yml", ())])
def test_a_misspelt_group(tmp_path, playbook, arguments):
    code, text = play(tmp_path, MISSPELT, playbook, *arguments)
    assert code != 0 and "a group wandb_servers, which this collection does not know: did you mean wandb_server? Call it so, for example" in text
    assert text.count("TASK [") == 1


def test_no_group(tmp_path):
    code, text = play(tmp_path, "web: {hosts: {web1: }}\n", "verify.yml")
    assert code != 0 and "no host in any of the groups wandb_mysql, wandb_minio, wandb_server, wandb_proxy, wandb_client" in text
    assert text.count("TASK [") == 1


@pytest.mark.parametrize(
    "groups, host",
    [
        ({"wandb_server": [], "wandb_proxy": ["proxy1"], "wandb_minio": ["minio1"]}, "proxy1"),
        ({"wandb_minio": ["minio1", "minio2"]}, "minio1"),
    ],
)
def test_the_bucket_is_made_also_when_the_application_is_elsewhere(tmp_path, groups, host):
    inventory = {group: {"hosts": dict.fromkeys(hosts)} for group, hosts in groups.items()}
    _code, text = play(tmp_path, yaml.safe_dump(inventory), "site.yml", "--list-hosts")
    for name in ("Check the input of the bucket", "Bucket"):
        assert f": {name} TAGS" in text
        assert text.split(f": {name} TAGS")[1].split(" play #")[0].endswith(f"hosts (1): {host}")


def test_secrets_of_somebody_else_are_listed_and_not_made(tmp_path):
    code, text = play(tmp_path, (TOP / "inventories/external/hosts.yml").read_text(encoding="utf-8"), "secrets.yml")
    assert code != 0 and "there is nothing to generate: name your inventory, for example -i inventories/cluster" in text
    assert "set wandb_license, wandb_mysql_password, wandb_s3_access_key, wandb_s3_secret_key yourself" in text
    assert not (tmp_path / "group_vars").exists()
