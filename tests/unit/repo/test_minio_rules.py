# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role minio refuses and prints by its rules, rendered by Ansible as they stand in the role, for sites that no lab has."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from rendered import role_file

pytestmark = pytest.mark.usefixtures("compiled_once", "own_filters")

GOOD = {
    "minio_source": "/srv/minio",
    "minio_sha256": "a" * 64,
    "minio_drives": ["/mnt/disk1", "/mnt/disk2"],
    "wandb_minio_root_user": "root-of-minio",
    "wandb_minio_root_password": "p4ssword-of-minio",
}
TASKS = role_file("minio", "tasks/input.yml")


def templar(groups: dict[str, list[str]] | None = None, host_variables: dict[str, dict[str, t.Any]] | None = None, **variables: t.Any) -> Templar:
    """What the first node knows of a site; its hosts are those of the groups, at 10.0.0.NUMBER of their names."""
    groups = {"wandb_minio": ["minio1", "minio2", "minio3", "minio4"], **(groups or {})}
    hosts = groups["wandb_minio"]
    addresses = {host: {"wandb_address": "10.0.0." + host.removeprefix("minio")} for host in {host for group in groups.values() for host in group}}
    everything = {
        **role_file("wandb", "defaults/main.yml"),
        **role_file("minio", "defaults/main.yml"),
        **role_file("minio", "vars/main.yml"),
        "inventory_hostname": hosts[0],
        "wandb_address": addresses[hosts[0]]["wandb_address"],
        "groups": groups,
        "hostvars": {host: {**known, **(host_variables or {}).get(host, {})} for host, known in addresses.items()},
        "ansible_play_hosts": hosts,
        "ansible_check_mode": False,
        **GOOD,
        **variables,
    }
    return Templar(loader=DataLoader(), variables=everything)


def render(text: str, **site: t.Any) -> t.Any:
    return templar(**site).template(trust_as_template(text))


def refused(**site: t.Any) -> list[str]:
    """What the first task that looks at values alone says, when one refuses."""
    for task in TASKS:
        if "__minio_sentences" in task.get("vars", {}) and not task.get("run_once"):
            try:
                said = templar(**site, **task["vars"]).template(trust_as_template("{{ __minio_sentences }}"))
            except AnsibleError as error:
                said = [str(error)]
            if said:
                return said
    return []


def sizes(**drives: list[int]) -> dict[str, dict[str, t.Any]]:
    """What was seen of the drives of hosts, in bytes."""
    return {
        host: {"__minio_looked": {"checks": [{"id": "minio.drive.size", "found": {f"/mnt/disk{n}": size for n, size in enumerate(found, 1)}}]}}
        for host, found in drives.items()
    }


POOLS = {"minio_pool1": ["minio1", "minio2"], "minio_pool2": ["minio3", "minio4"]}
TWO_POOLS = {"minio_pools": ["minio_pool1", "minio_pool2"]}
EIGHT = {"wandb_minio": [f"minio{n}" for n in range(1, 9)], "minio_pool1": ["minio1", "minio2", "minio3", "minio4"]}
SECRET = "wandb_minio_root_user must have at least 3 and wandb_minio_root_password at least 8"
DRIVES = "minio_drives must list where the drives of a node are mounted, each once"
NODES = "put the host into the group wandb_minio"
IN_POOLS = "minio_pools must list groups of the inventory that together have every host of the group wandb_minio once"


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ({}, ""),
        ({"minio_source": ""}, "minio_source must be a file on the controller or an https URL"),
        ({"minio_source": "http://mirror.example.com/minio"}, "minio_source must be a file on the controller or an https URL"),
        ({"minio_sha256": ""}, "minio_sha256 its SHA-256"),
        ({"minio_sha256": "A" * 64}, "minio_sha256 its SHA-256"),
        ({"wandb_minio_root_user": ""}, SECRET),
        ({"wandb_minio_root_user": "ab"}, SECRET),
        ({"wandb_minio_root_user": "root=of"}, SECRET),
        ({"wandb_minio_root_user": "root,of"}, SECRET),
        ({"wandb_minio_root_password": ""}, SECRET),
        ({"wandb_minio_root_password": "seven77"}, SECRET),
        ({"wandb_minio_root_password": "eight888"}, ""),
        ({"wandb_minio_root_password": " eight888"}, SECRET),
        ({"wandb_minio_root_password": "pässword-of-minio"}, SECRET),
        ({"wandb_minio_root_password": "".join(map(chr, range(33, 127))) + " ~"}, ""),
        ({"minio_drives": []}, DRIVES),
        ({"minio_drives": ["/mnt/disk1", "/mnt/disk1"]}, DRIVES),
        ({"minio_drives": ["/mnt/disk1", "/mnt/disk1/"]}, DRIVES),
        ({"minio_drives": ["/mnt/disk1", "/mnt/../mnt/disk1"]}, DRIVES),
        ({"minio_drives": ["mnt/disk1"]}, DRIVES),
        ({"minio_drives": ["/mnt/disk{1...4}"]}, DRIVES),
        ({"host_variables": {"minio2": {"minio_drives": ["/mnt/disk1"]}, "minio3": {"minio_drives": ["/mnt/disk2"]}}}, "minio_drives differs between the hosts"),
        ({"minio_address": "10.0.0.9"}, NODES),
        ({"minio_nodes": ["10.0.0.1", "10.0.0.1"]}, NODES),
        ({"wandb_firewall": "auto", "minio_firewall_sources": ["somewhere"]}, "minio_firewall_sources must list IP addresses and networks, or any"),
        ({"wandb_firewall": "auto"}, ""),
        # Layouts.
        ({"minio_drives": [f"/mnt/disk{n}" for n in range(1, 18)], "groups": {"wandb_minio": ["minio1"]}}, "1 nodes with 17 drives each form no erasure set"),
        ({"groups": {"wandb_minio": ["minio1"]}}, ""),
        ({"groups": {"wandb_minio": ["minio1", "minio2"]}}, "cannot write when one node is lost"),
        ({"groups": {"wandb_minio": ["minio1", "minio2"]}, "minio_allow_fragile_layout": True}, ""),
        ({"minio_parity": 2}, ""),
        ({"minio_parity": 5}, "minio_parity is 5, and of the 8 drives of an erasure set at most 4 can hold parity"),
        ({"minio_parity": 1}, "with 2 drives each (minio_drives) and parity EC:1 cannot write when one node is lost"),
        # Pools.
        ({"groups": POOLS, **TWO_POOLS, "minio_allow_fragile_layout": True}, ""),
        ({"groups": {**EIGHT, "minio_pool2": ["minio5", "minio6", "minio7", "minio8"]}, **TWO_POOLS}, ""),
        ({"groups": {**POOLS, "minio_pool2": ["minio4"]}, **TWO_POOLS}, IN_POOLS),
        ({"groups": {**POOLS, "minio_pool2": ["minio2", "minio3", "minio4"]}, **TWO_POOLS}, IN_POOLS),
        ({"groups": POOLS, "minio_pools": ["minio_pool1", "minio_pool3"]}, IN_POOLS),
        ({"groups": {**POOLS, "minio_pool1": ["minio1", "minio2", "minio3", "minio4"]}, "minio_pools": ["minio_pool1", "minio_pool1"]}, IN_POOLS),
        (
            {"groups": {"wandb_minio": ["minio1", "minio2", "minio5", "minio7"], **POOLS, "minio_pool2": ["minio5", "minio7"]}, **TWO_POOLS},
            "pool 2 of minio_pools, the nodes 10.0.0.5, 10.0.0.7 with the drives /mnt/disk1, /mnt/disk2, cannot be written as one pattern",
        ),
        (
            {"groups": {**EIGHT, "minio_pool2": ["minio5", "minio6", "minio7", "minio8"]}, **TWO_POOLS, "minio_nodes": ["10.0.0.1"]},
            NODES,  # the groups of the pools say which nodes there are
        ),
        ({"groups": {**EIGHT, "minio_pool2": ["minio8", "minio7", "minio6", "minio5"]}, **TWO_POOLS}, "pool 2 of minio_pools"),
        (
            {"groups": {**EIGHT, "wandb_minio": [f"minio{n}" for n in range(1, 8)], "minio_pool2": ["minio5", "minio6", "minio7"]}, **TWO_POOLS},
            "pool 2 of minio_pools, 3 nodes with 2 drives each, forms no erasure sets of 8 drives as the first pool has",
        ),
    ],
)
def test_what_cannot_work_is_refused_in_a_sentence_with_an_example(site, words):
    said = refused(**site)
    assert bool(said) is bool(words) and (not words or [sentence for sentence in said if words in sentence])
    assert [sentence for sentence in said if sentence.count("for example") != 1] == []


@pytest.mark.parametrize(
    ("site", "stops"),
    [
        ({"host_variables": sizes(minio1=[300], minio2=[300], minio3=[300], minio4=[300])}, False),
        ({"host_variables": sizes(minio1=[300], minio2=[300], minio3=[300], minio4=[298])}, False),
        ({"host_variables": sizes(minio1=[300], minio2=[300], minio3=[300], minio4=[400])}, True),
        ({"host_variables": sizes(minio1=[300], minio2=[300], minio3=[400], minio4=[400])}, True),
        ({"host_variables": sizes(minio1=[300], minio2=[300], minio3=[400], minio4=[400]), "groups": POOLS, **TWO_POOLS}, False),
        ({"host_variables": sizes(minio1=[300], minio2=[300], minio3=[300], minio4=[400]), "groups": POOLS, **TWO_POOLS}, True),
        ({"host_variables": {}}, False),  # a check that failed says it itself
    ],
)
def test_drives_of_the_nodes_of_a_pool_have_one_size(site, stops):
    (task,) = [task for task in TASKS if task["name"] == "Stop for drives that differ between nodes"]
    said = " ".join(templar(**site, **task["vars"]).template(trust_as_template("{{ __minio_sentences }}")))
    assert bool(said) is stops
    assert not stops or ("minio_drives have different sizes on different nodes, from 300 to 400 bytes" in said and said.count("for example") == 1)


def test_the_layout_is_told():
    drives = sizes(**dict.fromkeys(("minio1", "minio2", "minio3", "minio4"), [2**42, 2**42]))
    told = [
        "nodes x drives    4 x 2",
        "erasure sets      1 of 8 drives, parity EC:4",
        "quorum in a set   4 drives to read, 5 to write",
        "usable            16.00 TB of 32.00 TB",
        "may be lost       writes go on without any 1 of the nodes or any 3 of the drives; reads without any 2 of the nodes or any 4 of the drives",
    ]
    assert render("{{ _minio_table }}", host_variables=drives).splitlines() == told
    two = render("{{ _minio_table }}", host_variables=drives, groups=POOLS, **TWO_POOLS).splitlines()
    assert two[:2] == ["nodes x drives    2 x 2, 2 x 2", "erasure sets      2 of 4 drives, parity EC:2"]
    alone = render("{{ _minio_table }}", groups={"wandb_minio": ["minio1"]}).splitlines()
    assert alone[-1] == "may be lost       writes go on without any 0 of the drives; reads without any 1 of the drives"


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ({}, []),
        ({"groups": {"wandb_minio": ["minio1"]}}, ["one node: nothing protects the data when it is lost"]),
        ({"groups": {"wandb_minio": ["minio1"]}, "minio_drives": ["/srv/minio"]}, ["one node: nothing protects", "one drive: nothing protects the data"]),
        ({"groups": {"wandb_minio": ["minio2", "minio5", "minio7", "minio9"]}}, ["not numbered without a gap: MinIO keeps their order for ever"]),
        ({"minio_drives": ["/mnt/a", "/mnt/b"]}, ["no second pool can join them"]),
    ],
)
def test_what_the_layout_does_not_bear_is_told(site, words):
    said = render("{{ _minio_warnings }}", **site)
    assert len(said) == len(words)
    assert [word for word, sentence in zip(words, said) if word not in sentence] == []


def test_two_pools_are_patterns_in_the_order_of_their_groups():
    assert render("{{ _minio_volumes }}", groups=POOLS, **TWO_POOLS) == (
        "http://10.0.0.{1...2}:9000/mnt/disk{1...2} http://10.0.0.{3...4}:9000/mnt/disk{1...2}"
    )
    other = render("{{ minio_nodes }}", groups=POOLS, minio_pools=["minio_pool2", "minio_pool1"])
    assert other == ["10.0.0.3", "10.0.0.4", "10.0.0.1", "10.0.0.2"]
