# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role preflight refuses of a site and warns of, rendered by Ansible as it stands in the role."""

from __future__ import annotations

import typing as t

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from rendered import role_file

pytestmark = pytest.mark.usefixtures("compiled_once", "own_filters")

GROUPS = {"wandb_mysql": ["db1"], "wandb_minio": ["minio1"], "wandb_server": ["app1"], "wandb_proxy": ["proxy1"]}


def render(text: str, groups: dict[str, list[str]] | None = None, **variables: t.Any) -> t.Any:
    everything = {
        **role_file("wandb", "defaults/main.yml"),
        **role_file("preflight", "vars/main.yml"),
        "inventory_hostname": "app1",
        "groups": {**GROUPS, **(groups or {})},
        "hostvars": {host: {"ansible_host": f"10.0.0.{number}"} for number, host in enumerate(("db1", "db2", "minio1", "app1", "proxy1"), 1)},
        "wandb_url": "https://wandb.example.com",
        "wandb_s3_url": "https://s3.example.com",
        **variables,
    }
    return Templar(loader=DataLoader(), variables=everything).template(trust_as_template(text))


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ({}, ""),
        ({"wandb_mysql_port": "3307", "wandb_minio_port": 65535, "wandb_server_port": 1}, ""),
        ({"wandb_mysql_port": 70000}, "wandb_mysql_port must be a port from 1 to 65535, for example wandb_mysql_port: 3306."),
        ({"wandb_minio_port": "0"}, "wandb_minio_port must be a port from 1 to 65535, for example wandb_minio_port: 9000."),
        ({"wandb_minio_port": 0, "wandb_server_port": -1}, "wandb_minio_port and wandb_server_port must be a port from 1 to 65535, for example"),
        ({"groups": {"wandb_mysql": ["db1", "db2"]}}, "The group wandb_mysql has 2 hosts, and W&B writes to one database, of which this site makes no standby"),
        ({"groups": {"wandb_server": ["app1", "db1"]}}, "The group wandb_server has 2 hosts and W&B Server runs on one"),
        ({"groups": {"wandb_mysql": []}}, "The group wandb_mysql has no host and wandb_mysql_host is empty"),
        ({"groups": {"wandb_mysql": []}, "wandb_mysql_host": "mysql.example.com"}, ""),
    ],
)
def test_what_cannot_work_is_refused_in_a_sentence_with_an_example(site, words):
    said = render("{{ _preflight_rules | rejectattr('holds') | map(attribute='sentence') | list }}", **site)
    assert len(said) == bool(words)
    assert not said or (words in said[0] and said[0].count("for example") == 1)


@pytest.mark.parametrize(
    ("host", "groups", "other"),
    [
        ({}, {}, ""),
        ({"wandb_mysql_host": "10.0.0.1"}, {}, ""),
        ({"wandb_mysql_host": "db1"}, {}, ""),
        ({"wandb_mysql_host": "mysql.example.com"}, {}, "mysql.example.com"),
        ({"wandb_mysql_host": "mysql.example.com"}, {"wandb_mysql": []}, ""),
    ],
)
def test_a_database_beside_that_of_the_group_is_warned_of(host, groups, other):
    assert render("{{ _preflight_other_mysql }}", groups, **host) == other
