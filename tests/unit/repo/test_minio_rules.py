# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role minio refuses and prints by its rules, rendered by Ansible as they stand in the role, for sites that no lab has."""

from __future__ import annotations

import typing as t

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from rendered import role_file
from repository import TOP

pytestmark = pytest.mark.usefixtures("compiled_once", "own_filters")

GOOD = {
    "minio_source": "/srv/minio",
    "minio_sha256": "a" * 64,
    "minio_drives": ["/mnt/disk1", "/mnt/disk2"],
    "wandb_minio_root_user": "root-of-minio",
    "wandb_minio_root_password": "p4ssword-of-minio",
}
NO_SOURCE = {"minio_source": "", "minio_sha256": ""}
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
            said = templar(**site, **task["vars"]).template(trust_as_template("{{ __minio_sentences }}"))
            if said:
                return said
    return []


def sizes(formed: tuple[str, ...] = (), **drives: list[int]) -> dict[str, dict[str, t.Any]]:
    """What was seen of the drives of hosts, in bytes, and on which of them MinIO has data."""
    seen = {}
    for host, found in drives.items():
        paths = [f"/mnt/disk{number}" for number in range(1, len(found) + 1)]
        data = dict.fromkeys(paths, "data of MinIO" if host in formed else "empty")
        seen[host] = {
            "__minio_looked": {"checks": [{"id": "minio.drive.size", "found": dict(zip(paths, found))}, {"id": "minio.drive.data", "found": data}]}
        }
    return seen


def devices(**drives: list[int]) -> dict[str, dict[str, t.Any]]:
    """What is known of devices that are not mounted yet."""
    looked = {"checks": [{"id": "minio.service.own", "found": []}]}
    return {host: {"__minio_looked": looked, "__minio_mounts": {"sizes": dict(enumerate(found))}} for host, found in drives.items()}


POOLS = {"minio_pool1": ["minio1", "minio2"], "minio_pool2": ["minio3", "minio4"]}
TWO_POOLS = {"minio_pools": ["minio_pool1", "minio_pool2"]}
OWN_FILES = {f"minio_tls_{name}_file": __file__ for name in ("cert", "key", "ca")}
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
        # Where the server comes from.
        ({"minio_source": "https://mirror.example.com/minio"}, ""),
        ({"minio_source": "~/minio", "minio_install_method": "file"}, ""),
        ({"minio_install_method": "url"}, "minio_source must be an https URL, and"),
        ({"minio_source": "https://mirror.example.com/minio", "minio_install_method": "file"}, "minio_source must be a file on the controller, and"),
        ({"minio_source": "https://dl.min.io/server/minio/release/linux-amd64/minio"}, "minio_source names MinIO's download host"),
        ({**NO_SOURCE, "minio_install_method": "package"}, "minio_package must be the name of a package"),
        ({**NO_SOURCE, "minio_install_method": "package", "minio_package": "silo; reboot"}, "minio_package must be the name of a package"),
        ({**NO_SOURCE, "minio_install_method": "package", "minio_package": "silo=20260903000000.0.0"}, ""),
        ({**NO_SOURCE, "minio_install_method": "preinstalled"}, ""),
        ({**NO_SOURCE, "minio_install_method": "preinstalled", "minio_binary": "minio"}, "minio_binary must be the path of the server"),
        ({**NO_SOURCE, "minio_install_method": "go_build"}, ""),
        ({**NO_SOURCE, "minio_install_method": "go_build", "minio_sha256": "a" * 64}, ""),
        ({**NO_SOURCE, "minio_install_method": "go_build", "minio_sha256": "a"}, "minio_go_module must be a Go module with its version, never latest"),
        ({**NO_SOURCE, "minio_install_method": "go_build", "minio_go_module": "github.com/minio/minio@latest"}, "never latest"),
        ({**NO_SOURCE, "minio_install_method": "go_build", "minio_go_module": "github.com/minio/minio"}, "never latest"),
        ({"minio_flavour": "aistor"}, "minio_license_file is empty, and AIStor starts with a licence only"),
        ({"minio_flavour": "aistor", "minio_license_file": "files/minio.license"}, ""),
        ({"minio_user": "root"}, "minio_user must be an account without privileges"),
        ({"minio_user": "a b"}, "minio_user must be an account without privileges"),
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
        ({"host_variables": {"minio2": {"minio_drives": ["/mnt/disk1"]}, "minio3": {"minio_drives": ["/mnt/disk2"]}}}, "minio_drives differs between"),
        ({"minio_drive_devices": {"/mnt/disk1": "/dev/sdb", "/mnt/disk2": "LABEL=disk2"}}, ""),
        ({"minio_drive_devices": {"/mnt/disk1": "/dev/sdb"}}, "minio_drive_devices must name a device, LABEL= or UUID= for each of minio_drives"),
        ({"minio_drive_devices": {"/mnt/disk1": "/dev/sdb", "/mnt/disk2": "sdc"}}, "minio_drive_devices must name a device"),
        ({"minio_address": "10.0.0.9"}, NODES),
        ({"minio_nodes": ["10.0.0.1", "10.0.0.1"]}, NODES),
        ({"wandb_firewall": "auto", "minio_firewall_sources": ["somewhere"]}, "minio_firewall_sources must list IP addresses and networks, or any"),
        ({"wandb_firewall": "auto"}, ""),
        # TLS.
        ({"wandb_minio_tls": True}, ""),
        ({"wandb_minio_tls": True, "wandb_minio_certificate": False}, "minio_tls_ca_file must name files on the controller, all three"),
        ({"wandb_minio_tls": True, "wandb_minio_certificate": False, **OWN_FILES}, ""),
        ({"wandb_minio_tls": True, "wandb_minio_certificate": False, **OWN_FILES, "minio_tls_ca_file": ""}, "all three"),
        ({"wandb_minio_tls": True, "wandb_minio_certificate": False, **OWN_FILES, "minio_tls_key_file": "/nonexistent/key"}, "has no file /nonexistent/key"),
        ({"wandb_minio_tls": True, **OWN_FILES}, "wandb_minio_certificate and minio_tls_cert_file are both set"),
        (OWN_FILES, "without TLS nothing shows them"),
        # Layouts.
        ({"minio_drives": [f"/mnt/disk{n}" for n in range(1, 18)], "groups": {"wandb_minio": ["minio1"]}}, "1 nodes with 17 drives each form no erasure set"),
        ({"groups": {"wandb_minio": ["minio1"]}}, ""),
        ({"groups": {"wandb_minio": ["minio1", "minio2"]}}, "cannot write when one node is lost"),
        ({"groups": {"wandb_minio": ["minio1", "minio2"]}, "minio_allow_fragile_layout": True}, ""),
        ({"minio_parity": 2}, ""),
        ({"minio_parity": 5}, "minio_parity is 5, and of the 8 drives of an erasure set 0 to 4 can hold parity"),
        ({"minio_parity": "9"}, "minio_parity is 9, and of the 8 drives of an erasure set 0 to 4 can hold parity"),
        ({"minio_parity": -1}, "minio_parity is -1, and of the 8 drives of an erasure set 0 to 4 can hold parity"),
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
            "Pool 2 of minio_pools, the nodes 10.0.0.5, 10.0.0.7 with the drives /mnt/disk1, /mnt/disk2, cannot be written as one pattern",
        ),
        (
            {"groups": {**EIGHT, "minio_pool2": ["minio5", "minio6", "minio7", "minio8"]}, **TWO_POOLS, "minio_nodes": ["10.0.0.1"]},
            NODES,  # the groups of the pools say which nodes there are
        ),
        ({"groups": {**EIGHT, "minio_pool2": ["minio8", "minio7", "minio6", "minio5"]}, **TWO_POOLS}, "Pool 2 of minio_pools"),
        (
            {"groups": {**EIGHT, "wandb_minio": [f"minio{n}" for n in range(1, 8)], "minio_pool2": ["minio5", "minio6", "minio7"]}, **TWO_POOLS},
            "Pool 2 of minio_pools, 3 nodes with 2 drives each, forms no erasure sets of 8 drives as the first pool has",
        ),
    ],
)
def test_what_cannot_work_is_refused_in_a_sentence_with_an_example(site, words):
    said = refused(**site)
    assert bool(said) is bool(words) and (not words or [sentence for sentence in said if words in sentence])
    assert [sentence for sentence in said if sentence.count("for example") != 1] == []


ALL = ("minio1", "minio2", "minio3", "minio4")
UNEQUAL = "minio_drives have different sizes on different nodes, from 300 to 400 bytes"


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ({"host_variables": sizes(minio1=[300], minio2=[300], minio3=[300], minio4=[300])}, ""),
        ({"host_variables": sizes(minio1=[300], minio2=[300], minio3=[300], minio4=[298])}, ""),
        ({"host_variables": sizes(minio1=[300], minio2=[300], minio3=[300], minio4=[400])}, UNEQUAL),
        ({"host_variables": sizes(minio1=[300], minio2=[300], minio3=[400], minio4=[400])}, UNEQUAL),
        ({"host_variables": sizes(minio1=[300], minio2=[300], minio3=[400], minio4=[400]), "groups": POOLS, **TWO_POOLS}, ""),
        ({"host_variables": sizes(minio1=[300], minio2=[300], minio3=[300], minio4=[400]), "groups": POOLS, **TWO_POOLS}, UNEQUAL),
        ({"host_variables": {}}, ""),  # a check that failed says it itself
        # Later.
        ({"host_variables": sizes(ALL, minio1=[300], minio2=[300], minio3=[300], minio4=[400])}, ""),
        ({"host_variables": sizes(ALL[:3], minio1=[300], minio2=[300], minio3=[300], minio4=[400])}, ""),
        ({"host_variables": sizes(ALL[:3], minio1=[400], minio2=[400], minio3=[400], minio4=[300])}, "A new drive in minio_drives has 300 bytes"),
        # Devices count when all hosts have them: their file systems are smaller.
        ({"host_variables": devices(minio1=[300], minio2=[300], minio3=[300], minio4=[400])}, UNEQUAL),
        ({"host_variables": {**sizes(minio1=[300], minio2=[300], minio3=[300]), **devices(minio4=[400])}}, ""),
    ],
)
def test_drives_of_the_nodes_of_a_pool_have_one_size(site, words):
    (task,) = [task for task in TASKS if task["name"] == "Stop for drives that differ between nodes"]
    said = " ".join(templar(**site, **task["vars"]).template(trust_as_template("{{ __minio_sentences }}")))
    assert words in said and bool(said) is bool(words)
    assert not words or said.count("for example") == 1


def test_what_a_node_cannot_use_is_a_sentence():
    checks = [
        {"id": "minio.drive.present", "status": "fail", "title": "each drive is", "expected": "it", "found": "none", "advice": "mount it, for example so"},
        {"id": "minio.drive.size", "status": "skip"},
    ]
    assert render("{{ _minio_unusable }}", __minio_looked={"checks": checks}) == [
        "each drive is (minio.drive.present): expected it, found none. mount it, for example so."
    ]


@pytest.mark.parametrize(
    ("method", "stat", "known", "words"),
    [
        ("file", {"exists": True, "checksum": "a" * 64}, {}, ""),
        ("file", {"exists": True, "checksum": "b" * 64}, {}, "minio_sha256 does not belong to minio_source /srv/minio, whose SHA-256 is bbb"),
        ("file", {"exists": False}, {}, "minio_source /srv/minio cannot be had: there is no such file: bring the server again"),
        ("url", {"exists": False}, {"__minio_fetched": {"msg": "Name not known"}}, "minio_source /srv/minio cannot be had: Name not known: bring"),
        ("go_build", {"exists": True, "checksum": "b" * 64}, {"minio_sha256": ""}, ""),
        ("go_build", {"exists": True, "checksum": "b" * 64}, {}, "minio_sha256 does not belong to minio_go_module github.com/minio/minio@v0.0.0-2026"),
        ("go_build", {"exists": False}, {"__minio_built": {"stderr_lines": ["go: downloading", "dial tcp: no", ""]}}, "on localhost (dial tcp: no): bring Go"),
        ("go_build", {"exists": False}, {"__minio_built": {"msg": "no such command"}}, "cannot be built on localhost (no such command): bring Go 1.24"),
    ],
)
def test_a_server_that_is_not_what_it_should_be_is_refused(method, stat, known, words):
    site = {"minio_install_method": method, "__minio_server": {"stat": stat}, **known}
    said = render("{{ _minio_server_rules | rejectattr('holds') | map(attribute='sentence') }}", **site)
    assert len(said) == bool(words)
    assert not said or (words in said[0] and said[0].count("for example") == 1)


def test_a_build_of_minio_reports_its_release_and_one_of_a_fork_what_it_will():
    cmd = "github.com/minio/minio/cmd"
    assert render("{{ _minio_go_flags }}") == (
        f"-s -w -X {cmd}.Version=2026-02-12T20:18:48Z -X {cmd}.ReleaseTag=RELEASE.2026-02-12T20-18-48Z -X {cmd}.CommitID=7aac2a2c5b7c"
    )
    fork = {"minio_go_module": "github.com/pgsty/silo@v1.2.3"}
    assert render("{{ _minio_go_flags }} {{ _minio_go_program }}", **fork) == "-s -w silo"


@pytest.mark.parametrize(
    ("site", "binary", "unit", "environment"),
    [
        ({}, "/usr/local/bin/minio", "/etc/systemd/system/minio.service", "/etc/default/minio"),
        ({"minio_install_method": "preinstalled"}, "/usr/local/bin/minio", "/etc/systemd/system/minio.service", "/etc/default/minio"),
        ({"minio_install_method": "preinstalled", "minio_binary": "/opt/minio"}, "/opt/minio", "/etc/systemd/system/minio.service", "/etc/default/minio"),
        ({"wandb_minio_flavour": "silo"}, "/usr/local/bin/silo", "/etc/systemd/system/silo.service", "/etc/default/silo"),
        ({"minio_flavour": "silo", "minio_install_method": "package"}, "/usr/bin/silo", "/etc/systemd/system/silo.service", "/etc/default/silo"),
        ({"minio_flavour": "aistor", "minio_install_method": "package"}, "/usr/local/bin/minio", "/etc/systemd/system/minio.service", "/etc/default/minio"),
    ],
)
def test_flavours_and_sources_have_their_places(site, binary, unit, environment):
    assert render("{{ [_minio_binary, _minio_unit_file, _minio_env_file] }}", **site) == [binary, unit, environment]


@pytest.mark.parametrize(("sums", "stops"), [(["a", "a"], False), (["a", "b"], True), (["a", None], False), ([None, None], False)])
def test_nodes_that_run_different_servers_are_named(sums, stops):
    records = [[{"id": "minio.binary.same", "status": "pass" if found else "skip", "found": found}] for found in sums]
    seen = {f"minio{n}": {"__minio_health": {"checks": checks}} for n, checks in enumerate(records, 1)}
    said = render("{{ _minio_same_rules | rejectattr('holds') | map(attribute='sentence') }}", host_variables=seen)
    assert bool(said) is stops
    assert not stops or ("with the SHA-256 a and b" in said[0] and said[0].count("for example") == 1)


@pytest.mark.parametrize(("other", "stops"), [("us-east-1", False), ("eu-west-1", True)])
def test_nodes_that_run_with_different_environments_are_named(other, stops):
    regions = {"minio1": "us-east-1", "minio2": other}
    seen = {
        host: {"__minio_health": {"checks": [{"id": "minio.environment.same", "status": "pass", "found": [f"MINIO_SITE_REGION={region}"]}]}}
        for host, region in regions.items()
    }
    said = render("{{ _minio_same_rules | rejectattr('holds') | map(attribute='sentence') }}", host_variables=seen)
    assert bool(said) is stops
    assert not stops or ("MINIO_SITE_REGION=us-east-1 and MINIO_SITE_REGION=eu-west-1" in said[0] and said[0].count("for example") == 1)


def as_minio_reads(line: str) -> tuple[str, str]:
    """parsEnvEntry in cmd/common-main.go of MinIO."""
    name, _equals, value = line.strip().partition("=")
    return name, value[1:-1] if len(value) >= 2 and value[0] in "\"'" and value[-1] == value[0] else value


@pytest.mark.parametrize("password", ["".join(map(chr, range(33, 127))) + " ~", '"quoted"', "'quoted'", "# no comment", "\\$HOME`id`%s", 'ends with "'])
def test_minio_reads_the_password_as_it_is(password):
    text = (TOP / "roles/minio/templates/config.env.j2").read_text(encoding="utf-8")
    lines = render(text, wandb_minio_root_password=password, minio_root_password=password).splitlines()
    assert dict(map(as_minio_reads, lines[1:])) == {"MINIO_ROOT_USER": "root-of-minio", "MINIO_ROOT_PASSWORD": password}


def test_the_layout_is_told():
    drives = sizes(**dict.fromkeys(("minio1", "minio2", "minio3", "minio4"), [2**42, 2**42]))
    told = [
        "nodes x drives    4 x 2",
        "erasure sets      1 of 8 drives, parity EC:4",
        "quorum in a set   4 drives to read, 5 to write",
        "usable            16.00 TB of 32.00 TB",
        "may be lost       1 nodes or 3 drives while writes go on, 2 nodes or 4 drives while reads go on, whichever they are",
    ]
    assert render("{{ _minio_table }}", host_variables=drives).splitlines() == told
    two = render("{{ _minio_table }}", host_variables=drives, groups=POOLS, **TWO_POOLS).splitlines()
    assert two[:2] == ["nodes x drives    2 x 2, 2 x 2", "erasure sets      2 of 4 drives, parity EC:2"]
    alone = render("{{ _minio_table }}", groups={"wandb_minio": ["minio1"]}).splitlines()
    assert alone[-1] == "may be lost       0 drives while writes go on, 1 drives while reads go on, whichever they are"


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ({}, []),
        ({"groups": {"wandb_minio": ["minio1"]}}, ["one node: nothing protects the data when it is lost"]),
        ({"groups": {"wandb_minio": ["minio1"]}, "minio_drives": ["/srv/minio"]}, ["one node: nothing protects", "one drive: nothing protects the data"]),
        ({"groups": {"wandb_minio": ["minio2", "minio5", "minio7", "minio9"]}}, ["not numbered without a gap: MinIO keeps their order for ever"]),
        ({"minio_drives": ["/mnt/a", "/mnt/b"]}, ["no second pool can join them"]),
        (
            {"host_variables": sizes(ALL, minio1=[300], minio2=[300], minio3=[300], minio4=[400])},
            ["drives have from 300 to 400 bytes, and MinIO uses of each only as much as the smallest has"],
        ),
        ({"minio_flavour": "minio"}, ["CVE-2026-40344, CVE-2026-42600, CVE-2026-39414 among them"]),
    ],
)
def test_what_the_layout_does_not_bear_is_told(site, words):
    said = render("{{ _minio_warnings }}", **{"minio_flavour": "silo", **site})
    assert len(said) == len(words)
    assert [word for word, sentence in zip(words, said) if word not in sentence] == []


def test_two_pools_are_patterns_in_the_order_of_their_groups():
    assert render("{{ _minio_volumes }}", groups=POOLS, **TWO_POOLS) == (
        "http://10.0.0.{1...2}:9000/mnt/disk{1...2} http://10.0.0.{3...4}:9000/mnt/disk{1...2}"
    )
    other = render("{{ minio_nodes }}", groups=POOLS, minio_pools=["minio_pool2", "minio_pool1"])
    assert other == ["10.0.0.3", "10.0.0.4", "10.0.0.1", "10.0.0.2"]


@pytest.mark.parametrize(
    ("drives", "lines"),
    [
        (["/mnt/disk1", "/mnt/disk-2/minio"], ["After=network-online.target local-fs.target", r"After=mnt-disk1.mount mnt-disk\x2d2-minio.mount"]),
        (["/srv/minio"], ["After=network-online.target local-fs.target", "RequiresMountsFor=/srv/minio"]),
    ],
)
def test_the_unit_waits_for_its_drives(drives, lines):
    text = (TOP / "roles/minio/templates/minio.service.j2").read_text(encoding="utf-8")
    unit = render(text, minio_drives=drives, groups={"wandb_minio": ["minio1"]}).splitlines()
    assert [line for line in unit if line.startswith(("After=", "RequiresMountsFor="))] == lines


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ({}, []),
        ({"__minio_certificate": {"msg": "Unable to load PEM file"}}, ["is no certificate in PEM"]),
        ({"__minio_key": {"censored": "hidden"}}, ["is no private key in PEM, or has a passphrase"]),
        ({"__minio_certificate": {}, "__minio_key": {}}, ["is no certificate in PEM", "is no private key in PEM"]),
        ({"__minio_pem": "0\x82\x03"}, ["is no certificate in PEM"]),
    ],
)
def test_own_files_that_cannot_be_read(site, words):
    pem = "-----BEGIN CERTIFICATE-----"
    known = {"__minio_certificate": {"public_key": "its"}, "__minio_key": {"public_key": "its"}, "__minio_pem": pem, **OWN_FILES, **site}
    said = render("{{ _minio_readable_rules | rejectattr('holds') | map(attribute='sentence') }}", **known)
    assert len(said) == len(words) and all(word in one and "for example minio_tls_" in one for word, one in zip(words, said))


LEAF = {"public_key": "its", "subject_alt_name": ["IP:10.0.0.1", "DNS:s3.example.com"], "valid_at": {"now": True}, "not_before": "then", "not_after": "now"}


@pytest.mark.parametrize(
    ("leaf", "site", "words"),
    [
        ({}, {}, ""),
        ({"subject_alt_name": ["IP:10.0.0.1", "DNS:*.example.com"]}, {}, ""),
        ({"subject_alt_name": ["IP:10.0.0.1"]}, {"wandb_s3_url": ""}, ""),
        ({"subject_alt_name": ["DNS:s3.example.com"]}, {}, "is not for 10.0.0.1 but for DNS:s3.example.com"),
        ({"subject_alt_name": ["IP:10.0.0.1"]}, {}, "is not for s3.example.com but for IP:10.0.0.1"),
        ({"subject_alt_name": None}, {}, "is not for 10.0.0.1 and s3.example.com but for no name"),
        ({"valid_at": {"now": False}}, {}, "holds from then to now, which is not now"),
        ({"public_key": "another's"}, {"wandb_minio_certificate": False}, "is not the key of minio_tls_cert_file"),
        ({}, {"wandb_minio_certificate": False, "__minio_chain": {"msg": "no"}}, "did not sign minio_tls_cert_file"),
    ],
)
@pytest.mark.parametrize("given", [True, False])
def test_a_certificate_that_a_node_cannot_show(leaf, site, words, given):
    """Of the role certificate, whose key is its own, and of files on the controller."""
    known = {"__minio_certificate": {**LEAF, **leaf}, "__minio_key": {"public_key": "its"}, "__minio_chain": {"complete_chain": ["leaf", "ca"]}}
    own = {} if given else {"wandb_minio_certificate": False, **OWN_FILES}
    site = {"wandb_minio_tls": True, "wandb_s3_url": "https://s3.example.com", **known, **own, **site}
    said = " ".join(render("{{ _minio_certificate_rules | rejectattr('holds') | map(attribute='sentence') }}", **site))
    assert words in said and bool(said) is bool(words) and said.count("for example") == bool(words)


def test_tls_is_in_the_volumes_and_the_options():
    assert render("{{ _minio_volumes }}", wandb_minio_tls=True).startswith("https://10.0.0.1:9000/mnt/disk1 https://10.0.0.2:9000/mnt/disk1 ")
    assert render("{{ _minio_url }}", wandb_minio_tls=True) == "https://10.0.0.1:9000" and render("{{ _minio_url }}") == "http://10.0.0.1:9000"


SUMS = [{"path": path, "checksum": f"of {path}", "mode": "0600", "pw_name": "root"} for path in ("/ca.crt", "/key", "/cert")]


@pytest.mark.parametrize(
    ("there", "wanting"),
    [
        ({}, ["CAs/ca.crt", "private.key", "public.crt"]),
        ({"CAs/ca.crt": {}, "private.key": {}, "public.crt": {}}, []),
        ({"CAs/ca.crt": {}, "private.key": {"mode": "0440"}, "public.crt": {}}, ["private.key"]),
        ({"CAs/ca.crt": {"checksum": "another"}, "private.key": {}, "public.crt": {"pw_name": "ops"}}, ["CAs/ca.crt", "public.crt"]),
    ],
)
def test_files_of_tls_are_brought_when_they_are_others(there, wanting):
    right = {
        "CAs/ca.crt": {"checksum": "of /ca.crt", "mode": "0644", "pw_name": "root"},
        "private.key": {"checksum": "of /key", "mode": "0400", "pw_name": "minio-user"},
        "public.crt": {"checksum": "of /cert", "mode": "0644", "pw_name": "root"},
    }
    files = [*SUMS, *({"path": f"/etc/minio/certs/{name}", **right[name], **found} for name, found in there.items())]
    site = {"wandb_minio_tls": True, "_minio_tls_sources": {"ca": "/ca.crt", "key": "/key", "cert": "/cert"}, "__minio_tls_found": {"files": files}}
    assert render("{{ _minio_tls_wanting }}", **site) == [f"/etc/minio/certs/{name}" for name in wanting]
    assert render("{{ _minio_tls_missing }}", **site) == []
    assert render("{{ _minio_tls_missing }}", **{**site, "__minio_tls_found": {"files": SUMS[:2]}}) == ["/cert"]


def cluster(lost: tuple[str, ...] = (), **more: t.Any) -> dict[str, t.Any]:
    """What minio_check tells of a cluster."""
    return {"lost": list(lost), "healing": [], "away": [], "first": False, "spare": True, **more}


RUNS, STOPPED, CHANGED = {"stdout_lines": []}, {"stdout_lines": ["stopped"]}, {"changed": True}
LOST = cluster(("node 10.0.0.2:9000 offline",))


@pytest.mark.parametrize(
    ("before", "site", "restarts", "held"),
    [
        ({}, {"__minio_state": {"stdout_lines": ["new", "stopped"]}, "__minio_environment": CHANGED}, False, False),  # the first time
        (cluster(), {"__minio_state": RUNS}, False, False),
        (cluster(), {"__minio_state": RUNS, "__minio_environment": CHANGED}, True, False),
        (cluster(), {"__minio_state": {"stdout_lines": ["changed"]}}, True, False),
        (cluster(), {"__minio_state": STOPPED, "__minio_environment": CHANGED}, False, False),
        (LOST, {"__minio_state": RUNS}, False, True),
        (LOST, {"__minio_state": STOPPED}, False, True),
        (LOST, {"__minio_state": RUNS, "__minio_secrets": CHANGED}, True, True),
        (LOST, {"__minio_state": STOPPED, "__minio_secrets": CHANGED}, True, True),
        (LOST, {"__minio_state": RUNS, "__minio_secrets": CHANGED, "minio_allow_degraded": True}, True, False),
        (cluster(healing=["drive 10.0.0.2:9000/mnt/disk1"]), {"__minio_state": RUNS, "__minio_server_file": CHANGED}, True, True),
    ],
)
def test_nothing_is_staged_or_restarted_while_something_is_lost(before, site, restarts, held):
    seen = {"minio1": {"__minio_looked": {"cluster": before}}, "minio2": {"__minio_looked": {}}}
    assert render("{{ [_minio_restarts, _minio_held] }}", host_variables=seen, **site) == [restarts, held]


@pytest.mark.parametrize(
    ("after", "before", "site", "heals"),
    [
        (cluster(), cluster(), {}, False),
        (cluster(first=True), {}, {}, True),
        (cluster(away=["node 10.0.0.2:9000, which started 2 minutes after the first"]), cluster(), {}, True),
        (cluster(), LOST, {}, True),
        (cluster(healing=["drive 10.0.0.2:9000/mnt/disk1"]), cluster(), {}, True),
        (cluster(), cluster(), {"__minio_back": True}, True),
        (cluster(("drive 10.0.0.2:9000/mnt/disk1 offline",), away=["node 10.0.0.3:9000"]), cluster(), {}, False),
        (cluster(first=True), LOST, {"minio_heal": "never"}, False),
        (cluster(), cluster(), {"minio_heal": "always"}, True),
        (cluster(), cluster(), {"minio_heal": "deep"}, True),
        ({}, LOST, {"minio_heal": "always"}, False),
    ],
)
def test_all_objects_are_healed_when_it_is_due_and_can_be(after, before, site, heals):
    seen = {"minio1": {"__minio_looked": {"cluster": before}}}
    assert render("{{ _minio_heals }}", host_variables=seen, __minio_health={"cluster": after}, **site) is heals


def test_what_the_cluster_does_without_is_told():
    records = [
        {"id": "minio.cluster.nodes", "status": "warn"},
        {"id": "minio.cluster.healed", "status": "warn"},  # the role heals
        {"id": "minio.drive.size", "status": "warn"},
        {"id": "minio.cluster.drives", "status": "pass"},
    ]
    assert [record["id"] for record in render("{{ _minio_warned }}", __minio_health={"checks": records})] == ["minio.cluster.nodes"]
    assert render("{{ _minio_warned }}") == []


@pytest.mark.parametrize(("timeout", "wait"), [(600, 15), (60, 10), (86400, 2160)])
def test_healing_tells_how_far_it_is_a_few_dozen_times(timeout, wait):
    assert int(render("{{ _minio_heal_wait }}", minio_heal_timeout=timeout)) == wait
