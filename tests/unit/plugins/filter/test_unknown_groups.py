# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.wandb.plugins.filter.unknown_groups import KNOWN, unknown_groups

TOP = Path(__file__).resolve().parents[4]

GOOD = {
    "all": ["app1", "proxy1", "db1", "minio1", "minio2"],
    "ungrouped": [],
    "wandb_server": ["app1"],
    "wandb_proxy": ["proxy1"],
    "wandb_mysql": ["db1"],
    "wandb_minio": ["minio1", "minio2"],
}


def without(group: str, **more: list[str]) -> dict[str, list[str]]:
    return {**{name: hosts for name, hosts in GOOD.items() if name != group}, **more}


@pytest.mark.parametrize("name", ["wandb_servers", "wandb-server", "WANDB_SERVER", "wandbserver", "wanbd_server"])
def test_a_misspelt_group_is_named_with_the_nearest(name):
    (sentence,) = unknown_groups(without("wandb_server", **{name: ["app1"]}))
    assert f"a group {name}, " in sentence and "did you mean wandb_server? Call it so, for example wandb_server: {hosts: {app1: }}." in sentence


def test_all_are_named():
    sentences = unknown_groups({"all": ["db1", "n1"], "wandb_mysqls": ["db1"], "wandb_minios": ["n1"]})
    assert ["wandb_mysql?" in sentences[1], "wandb_minio?" in sentences[0], len(sentences)] == [True, True, 2]


def test_one_host_in_all_groups_but_a_misspelt_one():
    """The host is in other groups of ours, and still its group is not the user's own."""
    groups = {"all": ["w"], "wandb_server": ["w"], "wandb_proxy": ["w"], "wandb_mysqls": ["w"], "wandb_minio": ["w"]}
    assert "did you mean wandb_mysql?" in unknown_groups(groups)[0]


def test_a_group_of_no_likeness_is_named_with_all_that_there_are():
    (sentence,) = unknown_groups({**GOOD, "wandb_x": ["x1"]})
    assert all(name in sentence for name in ("wandb_x", "for example", *KNOWN))


@pytest.mark.parametrize(
    "own",
    [
        {"wandb_prod": GOOD["all"]},
        {"wandb_prod": GOOD["all"], "wandb_proxy": []},
        {"wandb_prod": ["app1", "elsewhere"]},
        {"wandb": GOOD["all"]},
        {"wandb_servers": ["app1"]},  # above or below wandb_server, which has its host
        {"wandb_minio_rack1": ["minio1"]},
        {"web_server": ["x1"], "mysql": ["x2"], "minio": ["x3"], "proxy_servers": ["x4"]},
    ],
    ids=str,
)
def test_groups_of_the_users_own_are_left_alone(own):
    assert unknown_groups({**GOOD, **own}) == []


@pytest.mark.parametrize("groups", [{"all": [], "ungrouped": []}, {"all": ["x1"], "web": ["x1"]}, {"all": ["x1"], "web": ["x1"], "wandb_proxy": []}])
def test_an_inventory_without_any_of_ours_does_nothing_and_is_refused(groups):
    (sentence,) = unknown_groups(groups)
    assert all(part in sentence for part in ("no host in any of the groups", "for example -i inventories/cluster", *KNOWN))


def test_the_groups_are_those_of_the_ready_inventories():
    assert set(yaml.safe_load((TOP / "inventories/cluster/hosts.yml").read_text(encoding="utf-8"))) == set(KNOWN)


def test_something_else_is_refused():
    with pytest.raises(AnsibleFilterError, match="takes the variable groups"):
        unknown_groups(["wandb_server"])
