# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role mysql refuses and chooses by its rules, rendered by Ansible as they stand in the role, for hosts that no lab has."""

from __future__ import annotations

import base64
import typing as t

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.baremetal.wandb.plugins.filter.mysql_tuning import mysql_tuning
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql_schema import OWN_DATABASES, RESERVED
from rendered import role_file

pytestmark = pytest.mark.usefixtures("compiled_once")
FILTER = "| baremetal.wandb.openpgp_keys"  # for a key that hosts fetch
KEPT = "mysql 8.4.6"  # how look.sh tells of data


def trusted(path: str) -> t.Any:
    return role_file("mysql", path)


def templar(found: dict[str, str], **variables: t.Any) -> Templar:
    """What a host knows on which look.sh found I(found), with variables of the user's or of the role's."""
    program = found.get("program", "")
    everything = {
        **role_file("wandb", "defaults/main.yml"),
        **trusted("defaults/main.yml"),
        **trusted("vars/main.yml"),
        "ansible_facts": {"os_family": "Debian", "distribution": "Debian", "distribution_major_version": "13", "distribution_release": "trixie"},
        "wandb_address": "10.0.0.12",
        "inventory_hostname": "db1",
        "groups": {"wandb_mysql": ["db1"]},
        "ansible_check_mode": False,
        "__mysql_found": {"data": "nothing", "foreign": "", "memory": "32768", "unrotated": "", **found},
        "__mysql_version": program.split()[2] if program else "",
        "__mysql_installed": bool(program) and found.get("status", "ii")[1] == "i" and "unfilled" not in found,
        "__mysql_is_mariadb": "MariaDB" in program,
        **variables,
    }
    return Templar(loader=DataLoader(), variables=everything)


def refusals(path: str, name: str, found: dict[str, str], **variables: t.Any) -> str:
    """The sentences of the task of that name in a file of tasks."""
    (task,) = [task for task in trusted(path) if task["name"] == name]
    return " ".join(templar(found, **{**task["vars"], **variables}).template(task["vars"]["sentences"]))


def unsupported(found: dict[str, str], **variables: t.Any) -> str:
    return refusals("tasks/supported.yml", "Stop for a server that W&B does not support", found, **variables)


def impossible(found: dict[str, str] | None = None, **variables: t.Any) -> str:
    password = {"mysql_password": "Password-1", "mysql_user": "wandb_local", "mysql_database": "wandb_local", "mysql_certificate": False}
    return refusals("tasks/preflight.yml", "Stop for what cannot work", found or {}, **{**password, **variables})


def server(version: str, comment: str = "MySQL Community Server - GPL") -> str:
    return f"/usr/sbin/mysqld  Ver {version} for Linux on x86_64 ({comment})"


SID: dict[str, t.Any] = {"mysql_debian_suite": "sid"}


@pytest.mark.parametrize(
    ("installed", "data", "variables", "words"),
    [
        # A server that is there: what it is, and where it may go.
        ("8.0.46", "mysql 8.0.46", {"mysql_version": "8.4"}, ""),
        ("8.4.6", KEPT, {"mysql_version": "9.7"}, ""),
        ("8.4.6", KEPT, {"mysql_version": "8.4.7"}, ""),
        ("8.4.6", KEPT, {"mysql_version": ""}, ""),
        ("8.0.46", "mysql 8.0.46", {"mysql_version": "9.7"}, "cannot go from 8.0.46 to 9.7: it must go through 8.4 first"),
        ("8.4.6", KEPT, {"mysql_version": "8.0"}, "cannot go from 8.4.6 to 8.0: it never goes back"),
        ("8.4.6", KEPT, {"mysql_version": "8.4.5"}, "cannot go back from 8.4.6 to 8.4.5"),
        ("8.4.6", KEPT, {"mysql_version": "9.6"}, "asks for the series 9.6, which is none of the LTS series"),
        ("8.0.15", "mysql 8.0.15", {"mysql_version": "8.4"}, "MySQL 8.0.15 and W&B needs 8.0.28 or newer"),
        ("9.3.0", "mysql 9.3.0", {"mysql_version": "9.7"}, "MySQL 9.3.0, an innovation release"),
        # Data without their server: the same, and what is not known is not taken over.
        ("", "mysql 8.0.46", {"mysql_version": "8.4"}, ""),
        ("", KEPT, {"mysql_version": "8.4"}, ""),
        ("", KEPT, SID, ""),  # what sid has is compared when apt has said it
        ("", "mysql 8.0.46", {"mysql_version": "9.7"}, "cannot go from 8.0.46 to 9.7: it must go through 8.4 first"),
        ("", "mysql 9.7.4", {"mysql_version": "8.4"}, "cannot go from 9.7.4 to 8.4: it never goes back"),
        ("", "mysql 9.7.4", {}, "cannot go from 9.7.4 to 8.4: it never goes back"),  # which a repository has unless one is named
        ("", "mysql 9.3.0", {"mysql_version": "8.4"}, "data of MySQL 9.3.0, an innovation release"),
        ("", "mysql 9.6.0", {"mysql_version": "8.0"}, "data of MySQL 9.6.0, an innovation release"),
        ("", "mysql 8.0.15", {"mysql_version": "8.4"}, "data of MySQL 8.0.15, which is older than 8.0.28"),
        ("", "mysql", {"mysql_version": "9.7"}, "data of a MySQL whose version they do not tell"),
        ("", "mysql", SID, "data of a MySQL whose version they do not tell"),
        ("", "old", {}, "holds data of MySQL 5.7 or earlier"),
        ("", "mariadb", {}, "holds data of MariaDB"),
        ("", "other", {}, "holds files that are not of MySQL"),
    ],
)
def test_steps_that_mysql_forbids_are_refused(installed, data, variables, words):
    said = unsupported({"data": data, **({"program": server(installed)} if installed else {})}, **variables)
    assert words in said and bool(said) is bool(words)
    assert not said or "for example" in said


def test_an_upgrade_that_was_broken_off_goes_on():
    """The new program is there and its package not whole; the data tell no version, as those of 8.0 do, or the one of before."""
    for data in ("mysql", "mysql 8.0.40"):
        assert unsupported({"program": server("8.4.6"), "status": "iF", "data": data}, mysql_version="8.4") == ""
    assert "cannot go from 8.0.40 to 9.7" in unsupported({"program": server("9.7.4"), "status": "iF", "data": "mysql 8.0.40"}, mysql_version="9.7")


def test_on_el_data_without_a_server_need_a_version_to_go_to():
    """dnf tells no plan before it installs."""
    facts = {"ansible_facts": {"os_family": "RedHat", "distribution": "Rocky", "distribution_major_version": "10"}, "mysql_install_method": "distribution"}
    assert "no server, and mysql_version is empty" in unsupported({"data": KEPT}, **facts)
    assert unsupported({"data": KEPT}, **facts, mysql_version="8.4") == ""


@pytest.mark.parametrize(
    ("offered", "base", "stops"),
    [("9.7.4", "8.0.46", True), ("9.7.4", "8.4.6", False), ("8.4.6", "9.7.4", True), ("8.4.5", "8.4.6", True), ("8.4.6", "", False), ("", "8.4.6", False)],
)
def test_what_apt_would_bring_is_compared_with_data_that_have_no_server(offered, base, stops):
    (block,) = trusted("tasks/debian.yml")
    (task,) = [task for task in block["block"] if task["name"] == "Stop for a version to which MySQL cannot go"]
    plan = {"stdout": f"Inst mysql-server-core ({offered}-2 Debian:unstable [amd64])" if offered else ""}
    one = templar({"data": f"mysql {base}"} if base else {}, __mysql_plan=plan, offered=block["vars"]["offered"], **task["vars"])
    assert (one.evaluate_conditional(task["when"]) and not one.evaluate_conditional(task["ansible.builtin.assert"]["that"])) is stops


@pytest.mark.parametrize(
    ("found", "variables", "words"),
    [
        ({"lost": "yes", "program": server("8.4.6"), "unfilled": "yes"}, {}, "/var/lib/mysql is empty, and"),
        ({"lost": "yes"}, {"mysql_data_dir": "/srv/mysql"}, "is its disk mounted?"),
        ({"lost": "yes", "program": server("8.4.6")}, {"mysql_install_method": "preinstalled"}, ""),  # its data may be anywhere
        ({"program": server("8.4.6-6", "Percona Server (GPL)")}, {"mysql_version": "8.4.7"}, "this host has the MySQL of somebody else"),
        ({"program": server("8.4.6-6", "Percona Server (GPL)")}, {}, ""),
        ({"program": server("8.4.6-6", "Percona Server (GPL)")}, {"mysql_version": "8.4.7", "mysql_flavour": "percona"}, ""),
        ({"program": server("8.4.6")}, {"mysql_version": "8.4.7", "mysql_flavour": "percona"}, "this host has another MySQL"),
        ({"program": server("8.4.6")}, {"mysql_install_method": "preinstalled", "mysql_version": "8.4.7"}, "leaves as it is"),
        ({"program": server("8.4.6")}, {"mysql_install_method": "preinstalled", "mysql_version": "8.4"}, ""),
    ],
)
def test_what_would_take_the_place_of_a_server_is_refused(found, variables, words):
    said = unsupported(found, **variables)
    assert words in said and bool(said) is bool(words)


@pytest.mark.parametrize(
    ("version", "words"), [("9.7.9", "mysql_version is 9.7.9 and mysql_packages brings 9.7.4"), ("9.7", ""), ("9.7.4", ""), ("9.7.4-2", ""), ("", "")]
)
def test_package_files_of_another_version_are_refused(version, words):
    files = [{"source": "/srv/mysql-server_9.7.4-2_amd64.deb", "sha256": "0" * 64}]
    said = unsupported({}, mysql_install_method="packages", mysql_packages=files, mysql_version=version)
    assert words in said and bool(said) is bool(words)


@pytest.mark.parametrize(
    ("there", "variables", "differs"),
    [
        ("same", {}, False),
        ("same", {"mysql_repository_url": "http://mirror2/mysql"}, True),
        ("prolonged key", {}, True),
        ("", {}, False),  # MySQL came from somewhere else
        ("same", {"mysql_repository_url": "http://mirror2/mysql", "mysql_version": "9.7"}, False),  # an upgrade writes it itself
        ("same", {"mysql_repository_url": "http://mirror2/mysql", "mysql_install_method": "preinstalled"}, False),
    ],
)
def test_a_repository_that_has_changed_is_brought_to_a_server_that_is_there(there, variables, differs):
    key = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc\n-----END PGP PUBLIC KEY BLOCK-----\n"
    kept = {**trusted("vars/main.yml"), "_mysql_source_differs": trust_as_template(trusted("vars/main.yml")["_mysql_source_differs"].replace(FILTER, ""))}
    known = {"program": server("8.4.6"), "data": KEPT}
    asked = {**kept, "mysql_install_method": "repository", "mysql_repository_key": "/srv/mysql.asc", "_mysql_key_text": key}
    text = templar(known, **asked).template(trust_as_template("{{ _mysql_source }}{{ _mysql_source_key }}"))
    assert text.endswith(" -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n -----END PGP PUBLIC KEY BLOCK-----\n")
    if there == "prolonged key":
        text = text.replace("abc", "abd")
    found = {**known, **({"source": base64.b64encode(text.encode()).decode()} if there else {})}
    assert templar(found, **{**asked, **variables}).template(trust_as_template("{{ _mysql_source_differs }}")) is differs


@pytest.mark.parametrize(
    ("settings", "hours", "words"),
    [
        ({}, 24, ""),
        ({"binlog_expire_logs_seconds": 0}, 24, ""),  # never
        ({"binlog_expire_logs_seconds": 86401}, 24, ""),
        ({"binlog_expire_logs_seconds": 86400}, 24, "mysql_settings.binlog_expire_logs_seconds must be more than the 24 hours"),
        ({"binlog_expire_logs_seconds": "86400"}, 12, ""),
        ({"expire_logs_days": 1}, 24, "mysql_settings.expire_logs_days must be more than the 24 hours"),
        ({"expire_logs_days": 2}, 24, ""),
        ({}, 168, "mysql_backup_interval_hours must be from 1 to 167"),
        ({"binlog_expire_logs_seconds": 2592000}, 168, ""),
        ({}, 0, "mysql_backup_interval_hours must be from 1 to 167"),
    ],
)
def test_the_binary_log_reaches_back_to_the_last_backup(settings, hours, words):
    said = impossible(mysql_settings=settings, mysql_backup_interval_hours=hours, mysql_debian_suite="sid")
    assert words in said and bool(said) is bool(words)


@pytest.mark.parametrize(
    ("groups", "own", "share"),
    [
        ({"wandb_mysql": ["db1"]}, 0, 70),
        ({"wandb_mysql": ["db1"], "wandb_server": ["app1"]}, 0, 70),
        ({"wandb_mysql": ["db1"], "wandb_server": ["db1"]}, 0, 25),
        ({"wandb_mysql": ["db1"], "wandb_minio": ["s1", "db1"]}, 0, 25),
        ({"wandb_mysql": ["db1"], "wandb_proxy": ["db1"]}, 50, 50),
    ],
)
def test_a_host_of_its_own_gives_mysql_more_of_its_memory(groups, own, share):
    facts = trust_as_template(trusted("vars/main.yml")["_mysql_tuning"].replace("| baremetal.wandb.mysql_tuning", ""))
    there = templar({"program": server("8.4.6"), "data": KEPT}, groups=groups, mysql_memory_share=own, mysql_certificate=False)
    assert f"({share} % of 32.0 GiB)" in mysql_tuning(there.template(facts))["reasons"][0]


def test_role_and_module_keep_the_same_names_to_the_server():
    (task,) = [task for task in trusted("tasks/preflight.yml") if task["name"] == "Stop for what cannot work"]
    assert (task["vars"]["reserved_users"], task["vars"]["reserved_databases"]) == (list(RESERVED), list(OWN_DATABASES))


@pytest.mark.parametrize("name", ["port", "loose_bind_address", "loose_skip_require_secure_transport", "maximum_port"])
def test_what_has_a_variable_of_its_own_is_refused_under_every_name(name):
    assert f"mysql_settings.{name} has a variable of its own" in impossible(mysql_settings={name: "*"}, mysql_debian_suite="sid")
    assert impossible(mysql_settings={"report_port": 1, "loose_x": 1}, mysql_debian_suite="sid") == ""


@pytest.mark.parametrize(
    ("lines", "sentences"),
    [
        (
            [
                "Unknown suffix 'a' used for variable 'innodb-lock-wait-timeout' (value 'abc').",
                "/usr/sbin/mysqld: Error while setting value 'a-c' to 'innodb-lock-wait-timeout'.",
                "Parsing options for plugin 'InnoDB' failed.",
                "unknown variable 'innodb_buffer_pool_size=402653184'.",  # which is in order
            ],
            ["mysql_settings.innodb_lock_wait_timeout is a-c, which the server does not take"],
        ),
        (["unknown variable 'max_conections=5'."], ["mysql_settings.max_conections, or another option file with it, names no setting of this server"]),
        (["unknown option '--skip-x'."], ["mysql_settings.skip-x, or another option file with it, names no setting of this server"]),
        (["Could not open required defaults file"], ["Could not open required defaults file"]),
    ],
)
def test_what_the_validation_says_becomes_a_sentence(lines, sentences):
    (block,) = [task for task in trusted("tasks/configure.yml")[0]["block"] if "rescue" in task]
    log = [f"2026-11-29T13:23:38Z 0 [ERROR] [MY-000058] [Server] {line}" for line in [*lines, "Aborting"]]
    variables = {**block["rescue"][0]["vars"], "ansible_failed_result": {"msg": "failed to validate", "stderr_lines": log}}
    said = templar({}, **variables).template(variables["sentences"])
    assert [one.split(": correct")[0] for one in said] == sentences


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, ""),
        ({"mysql_settings": None}, "mysql_settings must be a dictionary"),
        ({"mysql_settings": "max_connections=300"}, "mysql_settings must be a dictionary"),
        ({"mysql_settings": [{"max_connections": 300}]}, "mysql_settings must be a dictionary"),
        ({"mysql_bind_addresses": "10.0.0.12"}, "mysql_bind_addresses must be a list"),
        ({"mysql_bind_addresses": {"a": 1}}, "mysql_bind_addresses must be a list"),
        ({"mysql_bind_addresses": None}, "mysql_bind_addresses must be a list"),
        ({"mysql_version": 8.4}, "mysql_version must be text, and YAML makes of 8.4 something else"),
    ],
)
def test_values_of_another_kind_are_refused(variables, words):
    said = refusals("tasks/preflight.yml", "Stop for values of another kind than their variables", {}, **variables)
    assert words in said and said.count("for example") == bool(words)


@pytest.mark.parametrize(
    ("addresses", "settings", "words", "warned"),
    [
        (["127.0.0.1", "10.0.0.12", "::1"], {}, "", []),
        (["*"], {}, "", ["mysql_bind_addresses"]),
        (["0.0.0.0", "0.0.0.0"], {}, "", ["mysql_bind_addresses"]),
        (["::"], {}, "", ["mysql_bind_addresses"]),
        (["127.0.0.1", "*"], {}, "mysql_bind_addresses has *, which stands for all addresses, beside others", []),
        (["0:0:0:0:0:0:0:0", "10.0.0.12"], {}, "mysql_bind_addresses has 0:0:0:0:0:0:0:0, which", []),
        (["0.0.0.0/mynet", "10.0.0.12"], {}, "mysql_bind_addresses has 0.0.0.0/mynet, which", []),
        (["127.0.0.1"], {"admin_address": "0.0.0.0"}, "mysql_settings.admin_address is 0.0.0.0, which stands for all addresses", []),
        (["127.0.0.1"], {"admin_address": "127.0.0.2"}, "", []),
        (["127.0.0.1"], {"mysqlx_bind_address": "*"}, "", ["mysql_settings.mysqlx_bind_address"]),
        (["127.0.0.1"], {"mysqlx_bind_address": "10.0.0.12, ::"}, "mysql_settings.mysqlx_bind_address has ::, which stands for all addresses", []),
    ],
)
def test_an_address_that_stands_for_all_is_told(addresses, settings, words, warned):
    variables = {"mysql_bind_addresses": addresses, "mysql_settings": settings}
    said = impossible(mysql_debian_suite="sid", **variables)
    assert words in said and said.count("for example") == bool(words)
    assert [one.split()[0] for one in templar({}, **variables).template(trust_as_template("{{ _mysql_open }}"))] == warned


@pytest.mark.parametrize(
    ("settings", "addresses"),
    [
        ({}, None),
        ({"mysqlx": False}, None),
        ({"mysqlx": "off"}, None),
        ({"mysqlx": True}, "127.0.0.1,10.0.0.12"),
        ({"mysqlx": "FORCE"}, "127.0.0.1,10.0.0.12"),
        ({"mysqlx": "ON", "mysqlx_bind_address": "10.0.0.13"}, "10.0.0.13"),
    ],
)
def test_the_x_protocol_listens_where_the_server_does(settings, addresses):
    facts = trust_as_template(trusted("vars/main.yml")["_mysql_tuning"].replace("| baremetal.wandb.mysql_tuning", ""))
    given = templar({"program": server("8.4.6"), "data": KEPT}, mysql_settings=settings, mysql_certificate=False).template(facts)["settings"]
    assert given.get("mysqlx_bind_address") == addresses


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({}, []),
        ({"__mysql_own_certificate": {"msg": "Unable to load PEM file"}}, ["is no certificate in PEM: give the certificate"]),
        ({"__mysql_own_key": {"censored": "hidden"}}, ["is no private key in PEM, or has a passphrase"]),
        ({"__mysql_own_certificate": {}, "__mysql_own_key": {}}, ["is no certificate in PEM", "is no private key in PEM"]),  # one for the other
        ({"__mysql_pem": "0\x82\x03"}, ["is no certificate in PEM: give the certificate"]),
        ({"__mysql_ca_pem": "0\x82\x03"}, ["is no certificate in PEM: give the CA"]),
    ],
)
def test_own_files_that_cannot_be_read(found, words):
    pem = {"__mysql_pem": "-----BEGIN CERTIFICATE-----", "__mysql_ca_pem": "-----BEGIN CERTIFICATE-----"}
    known = {"__mysql_own_certificate": {"public_key": "its"}, "__mysql_own_key": {"public_key": "its"}, **pem, **found}
    said = templar({}, **known).template(trust_as_template("{{ _mysql_readable_rules | rejectattr('holds') | map(attribute='sentence') }}"))
    assert len(said) == len(words) and all(word in one and "for example mysql_tls_" in one for word, one in zip(words, said))


ORACLE = "BCA43417C3B485DD128EC6D4B7B3B788A8D3785C"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ({}, ""),
        ({"expires": "2001-01-31"}, "expired on 2001-01-31"),
        ({"revoked": True}, f"holds the key {ORACLE}, which its owner has revoked"),
        ({"fingerprint": "0" * 40}, "holds a key with the fingerprint " + "0" * 40),
    ],
)
def test_a_key_that_the_host_would_refuse(key, words):
    keys = [{"fingerprint": ORACLE, "expires": "", "revoked": False, **key}]
    said = refusals("tasks/key.yml", "Stop for a key that is not the one, or that has expired", {}, __mysql_keys=keys)
    assert words in said and said.count("for example") == bool(words)
