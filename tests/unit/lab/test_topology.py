# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's topology files: what they mean, and the sentence that each mistake gets."""

from __future__ import annotations

from pathlib import Path

import lab
import machine
import network
import pytest
import topology

LAB = Path(__file__).resolve().parents[2] / "lab"


def test_defaults_and_everything_set():
    plan = topology.parse({
        "root": "bookworm",
        "dns": {"wandb.example.com": "a"},
        "hosts": {
            "a": {"address": 11},
            "b": {"address": 12, "groups": ["wandb_minio"], "root": "trixie", "cgroup": "v1", "drives": 2, "drive_size": ["600M", "2G"], "blank_drives": 3,
                  "mysql_source": True},
        },
    })
    assert plan.dns == {"wandb.example.com": "a"}
    assert plan.hosts["a"] == topology.Host("a", 11, root="bookworm")
    assert plan.hosts["b"] == topology.Host("b", 12, ("wandb_minio",), "trixie", "v1", (600 * 1024 ** 2, 2 * 1024 ** 3), 3, True)


def test_the_environment_replaces_the_default_root(tmp_path, monkeypatch):
    path = tmp_path / "t.yml"
    path.write_text("root: trixie\nhosts:\n  a: {address: 11}\n  b: {address: 12, root: trixie}\n")
    monkeypatch.setenv("LAB_ROOT", "bookworm")
    assert {name: host.root for name, host in topology.load(path).hosts.items()} == {"a": "bookworm", "b": "trixie"}


@pytest.mark.parametrize(("data", "sentence"), [
    (None, "the topology must be a mapping, not nothing"),
    ({"hosts": []}, "hosts must be a mapping, not list"),
    ({"hosts": {}}, "hosts is empty; name at least one, as in: hosts: {app1: {address: 11}}"),
    ({"host": {}}, "the topology: unknown key 'host'; known are dns, hosts, root"),
    ({"hosts": {"a": {"address": 11, "drive": 2}}},
     "host a: unknown key 'drive'; known are address, blank_drives, cgroup, drive_size, drives, groups, mysql_source, root"),
    ({"hosts": {"a": None}}, "host a must be a mapping, not nothing"),
    ({"hosts": {"a": {}}}, "host a: address must be a last octet from 2 to 254, as in address: 11"),
    ({"hosts": {"a": {"address": 1}}}, "host a: address must be a last octet from 2 to 254, as in address: 11"),
    ({"hosts": {"a": {"address": True}}}, "host a: address must be a last octet from 2 to 254, as in address: 11"),
    ({"hosts": {"a": {"address": 11}, "b": {"address": 11}}}, "hosts a and b both have address 11"),
    ({"hosts": {"App_1": {"address": 11}}}, "host name 'App_1' may hold only small letters, digits and inner hyphens"),
    ({"hosts": {"a": {"address": 11, "groups": "wandb_minio"}}}, "host a: groups must be a list of group names, as in groups: [wandb_minio]"),
    ({"hosts": {"a": {"address": 11, "root": "buster"}}}, "host a: root 'buster' must be one of trixie, bookworm"),
    ({"hosts": {"a": {"address": 11, "cgroup": "v2"}}}, "host a: cgroup 'v2' must be one of unified, v1"),
    ({"hosts": {"a": {"address": 11, "blank_drives": 9}}}, "host a: blank_drives must be a number from 0 to 8"),
    ({"hosts": {"a": {"address": 11, "drives": 33}}}, "host a: drives must be a number from 0 to 32"),
    ({"hosts": {"a": {"address": 11, "drives": 2, "drive_size": ["600M"]}}}, "host a: drive_size lists 1 sizes for 2 drives"),
    ({"hosts": {"a": {"address": 11, "drives": 1, "drive_size": 600}}}, "host a: drive_size 600 must be a number with M or G, as in drive_size: 600M"),
    ({"hosts": {"a": {"address": 11, "drives": 1, "drive_size": "100M"}}}, "host a: drive_size 100M is too small, XFS needs at least 300M"),
    ({"hosts": {"a": {"address": 11, "mysql_source": "sid"}}}, "host a: mysql_source must be true or false"),
    ({"hosts": {"a": {"address": 11}}, "dns": {"wandb.example.com": "b"}}, "dns: wandb.example.com points at 'b', which is none of the hosts"),
    ({"hosts": {"a": {"address": 11}}, "dns": {"wandb.example.com": ["a"]}}, "dns: wandb.example.com points at ['a'], which is none of the hosts"),
    ({"hosts": {"a": {"address": 11}}, "dns": {"a": "a"}}, "dns: a is already the name of a host"),
    ({"hosts": {"a": {"address": 11}}, "dns": {"no space": "a"}}, "dns: 'no space' is not a host name"),
])
def test_each_mistake_gets_its_sentence(data, sentence):
    with pytest.raises(topology.LabError) as problem:
        topology.parse(data)
    assert str(problem.value) == sentence


@pytest.mark.parametrize(("text", "sentence"), [
    ("hosts:\n  a: {address: 11}\n  a: {address: 12}\n", "'a' is there twice"),
    ("hosts: [", "not YAML: "),
    ("hosts: {a: {address: 11}} # \xe9", "not UTF-8"),
])
def test_files_that_are_no_topology(tmp_path, text, sentence):
    path = tmp_path / "t.yml"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(topology.LabError) as problem:
        topology.load(path)
    assert str(problem.value).startswith(f"{path}: {sentence}") and "\n" not in str(problem.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(topology.LabError, match="no.yml: No such file or directory$"):
        topology.load(tmp_path / "no.yml")


@pytest.mark.parametrize("path", sorted((LAB / "topologies").glob("*.yml")), ids=lambda path: path.stem)
def test_our_topologies_survive_being_written_down(path):
    plan = topology.load(path)
    assert topology.parse(lab.plain(plan)) == plan


def test_the_inventory_names_how_to_reach_each_host(monkeypatch, tmp_path):
    monkeypatch.setattr(lab, "LABS", tmp_path)
    one = lab.Lab("demo")
    plan = topology.load(LAB / "topologies" / "cluster.yml")
    hosts = [lab.host.LabHost("demo", one.folder, 7, host, tmp_path) for host in plan.hosts.values()]
    found = lab.yaml.safe_load(one.inventory(hosts))["all"]
    assert found["hosts"]["minio3"] == {"ansible_host": "10.213.7.23"}
    assert sorted(found["children"]["wandb_minio"]["hosts"]) == ["minio1", "minio2", "minio3", "minio4"]
    assert found["vars"]["ansible_user"] == "ops" and "ansible_become" not in found["vars"]
    assert "UserKnownHostsFile=/dev/null" in found["vars"]["ansible_ssh_common_args"]


def test_a_cached_thing_is_whole_or_absent(tmp_path, monkeypatch):
    path = tmp_path / "thing"
    made = []

    def broken(folder):
        (folder / "half").write_text("x")
        raise topology.LabError("no")

    def whole(folder):
        assert not list(folder.iterdir())
        (folder / "all").write_text("x")
        made.append(folder)

    with pytest.raises(topology.LabError):
        machine.cached(path, broken, "thing")
    assert not path.exists()
    # What a killed maker left behind is not built upon.
    (tmp_path / ".thing.part").mkdir()
    (tmp_path / ".thing.part" / "half").write_text("x")
    assert machine.cached(path, whole, "thing") == path
    assert machine.cached(path, whole, "thing") == path
    assert [entry.name for entry in path.iterdir()] == ["all"] and len(made) == 1


@pytest.mark.parametrize(("name", "text"), [
    ("debian.sources",
     "Types: deb deb-src\n# URIs: http://comment.example.com/debian\nURIs: http://one.example.com/debian\nSuites: trixie trixie-updates\nComponents: main\n\n"
     "Types: deb\nURIs: http://one.example.com/security\nSuites: trixie-security\nComponents: main\n\n"
     "Types: deb\nURIs: http://vendor.example.com\nSuites: stable-thing\n"),
    ("debian.list",
     "# deb http://comment.example.com/debian trixie main\ndeb [signed-by=/x arch=amd64] http://one.example.com/debian trixie main\n"
     "deb-src http://src.example.com/debian trixie main\ndeb http://one.example.com/security trixie-security main\n"),
])
def test_mirrors_come_from_this_machines_apt(tmp_path, monkeypatch, name, text):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / name).write_text(text)
    monkeypatch.setattr(machine, "APT", tmp_path)
    monkeypatch.delenv("LAB_MIRROR", raising=False)
    assert machine.apt_sources() == {"main": "http://one.example.com/debian", "security": "http://one.example.com/security"}


def test_no_mirror_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "APT", tmp_path)
    monkeypatch.delenv("LAB_MIRROR", raising=False)
    with pytest.raises(topology.LabError, match="^no Debian mirror in this machine's apt configuration: name one, as in LAB_MIRROR="):
        machine.apt_sources()


def test_a_firewall_rule_is_deleted_by_its_own_words():
    assert network.delete_words('-A FORWARD -i bw7 -m comment --comment "baremetal-wandb lab demo" -j ACCEPT') == [
        "-D", "FORWARD", "-i", "bw7", "-m", "comment", "--comment", "baremetal-wandb lab demo", "-j", "ACCEPT"]
