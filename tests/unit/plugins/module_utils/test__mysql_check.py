# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pymysql
import pytest
from ansible_collections.baremetal.wandb.plugins.module_utils import _mysql_check
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql import Origin, Server, version_numbers
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql_check import Want, check, covers
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql_table import PROFILES


@pytest.mark.parametrize(
    "scope, database, covered",
    [
        ("*.*", "wandb_local", True),
        ("`wandb_local`.*", "wandb_local", True),
        ("`wandb\\_local`.*", "wandb_local", True),
        ("`wandb\\_local`.*", "wandbXlocal", False),
        ("`wandb_local`.*", "wandbXlocal", True),
        ("`wandb%`.*", "wandb_local", True),
        ("`wandb`.*", "wandb_local", False),
        ("`wandb_local`.`runs`", "wandb_local", False),
        ("PROCEDURE `wandb_local`.`p`", "wandb_local", False),
        ("`we``ird`.*", "we`ird", True),
        ("`a.b`.*", "axb", False),
    ],
)
def test_a_scope_covers_a_database_as_mysql_matches_names(scope, database, covered):
    assert covers(scope, database) is covered


@pytest.mark.parametrize(
    "version, numbers",
    [
        ("8.0.28", (8, 0, 28)),
        ("9.7.4-2", (9, 7, 4)),
        ("8.4.11-0ubuntu0.26.04.1", (8, 4, 11)),
        ("26.10.0", (26, 10, 0)),
        ("5.7.22-log", (5, 7, 22)),
        ("9.7", (9, 7, 0)),
        ("", ()),
    ],
)
def test_versions_are_read_as_numbers(version, numbers):
    assert version_numbers(version) == numbers
    assert version_numbers("8.0.4") < version_numbers("8.0.28") < version_numbers("8.4.0")


def test_ids_are_unique_and_not_installed_asks_no_server():
    records = check.records(None, None, installed=False)
    ids = [record["id"] for record in records]
    assert len(set(ids)) == len(ids) == 26 and all(id.startswith("mysql.") for id in ids)
    assert {record["status"] for record in records} == {"skip"}


def asked(**variables):
    """A server that was asked already; it is never connected to."""
    server = Server(pymysql, {"login_unix_socket": None, "login_host": "db1", "login_port": 3306, "login_user": "wandb_local", "login_password": "s3cr3t"})
    server._variables = {name: value for name, (value, dummy) in variables.items()}
    server._origins = {name: origin for name, (dummy, origin) in variables.items() if origin}
    server.persisted = lambda: {name: value for name, (value, origin) in variables.items() if origin and origin.source == "PERSISTED"}
    return server


def want(**rest):
    nothing = {
        **{"expected": {}, "profile": {}, "settings": {}, "pending": frozenset(), "planned": frozenset(), "overridden": {}, "write": False},
        **{"tls": "preferred", "here": False, "retired_password": ""},
    }
    guide = {"database": "wandb_local", "encoding": "utf8mb4", "collation": "utf8mb4_general_ci", "minimum_version": "8.0.28"}
    return Want(**{**guide, **nothing, **rest})


FILE = Origin("EXPLICIT", "/etc/mysql/zz.cnf")


@pytest.mark.parametrize(
    "version, status, words",
    [
        ("8.0.27", "fail", "upgrade"),
        ("5.7.22-log", "fail", "5.7 not at all"),
        ("8.0.28", "pass", ""),
        ("8.0.46-0ubuntu0.24.04.1", "pass", ""),
        ("8.1.0", "fail", "innovation release"),
        ("8.4.11", "pass", ""),
        ("9.6.0", "fail", "8.4 or 9.7"),
        ("9.7.4-2", "warn", "8.4 LTS"),
        ("26.10.0", "fail", "innovation release"),
    ],
)
def test_versions_are_judged_by_their_series(version, status, words):
    verdict = _mysql_check.version(asked(version=(version, None)), want())
    assert verdict.status == status and words in verdict.advice


@pytest.mark.parametrize(("version", "status"), [("8.0.46", "fail"), ("8.4.6", "pass")])
def test_the_profile_current_wants_a_newer_server(version, status):
    verdict = _mysql_check.version(asked(version=(version, None)), want(minimum_version=PROFILES["current"].minimum_version))
    assert verdict.status == status and verdict.expected.startswith("8.4")


@pytest.mark.parametrize(
    "running, origin, wants, status, found, words",
    [
        ("33554432", FILE, {}, "pass", "33554432, from /etc/mysql/zz.cnf", ""),
        ("67108864", Origin("DYNAMIC", ""), {}, "pass", "67108864, set while the server runs", ""),
        ("262144", Origin("COMPILED", ""), {}, "fail", "262144, the default", "set mysql_settings.sort_buffer_size to 32M"),
        ("262144", Origin("PERSISTED", "/var/lib/mysql/mysqld-auto.cnf"), {}, "fail", "262144, kept by SET PERSIST", "RESET PERSIST sort_buffer_size"),
        ("262144", FILE, {"pending": frozenset(["sort_buffer_size"])}, "warn", "262144", "restart it"),
        ("262144", FILE, {"planned": frozenset(["sort_buffer_size"])}, "warn", "262144, from /etc/mysql/zz.cnf", "would be set by this run"),
        ("262144", FILE, {"expected": {}}, "skip", "not asked for by the profile", ""),
        # What was asked for instead of the profile's: more is as good, less is there and named.
        (
            *("67108864", FILE, {"expected": {"sort_buffer_size": "64M"}, "profile": {"sort_buffer_size": "33554432"}}),
            *("pass", "67108864, from /etc/mysql/zz.cnf", ""),
        ),
        (
            *("262144", FILE, {"expected": {"sort_buffer_size": "256K"}, "profile": {"sort_buffer_size": "33554432"}}),
            *("warn", "262144, from /etc/mysql/zz.cnf", "W&B asks for 33554432: remove it"),
        ),
    ],
)
def test_a_variable_is_shown_with_what_set_it(running, origin, wants, status, found, words):
    server = asked(sort_buffer_size=(running, origin))
    verdict = _mysql_check.sort_buffer_size(server, want(**{"expected": {"sort_buffer_size": "32M"}, **wants}))
    assert (verdict.status, verdict.found) == (status, found) and words in verdict.advice


@pytest.mark.parametrize(
    ("name", "asked_for", "prescribed"),
    [("sync_binlog", "0", "1"), ("innodb_flush_log_at_trx_commit", "2", "1"), ("binlog_row_image", "FULL", "MINIMAL")],
)
def test_a_setting_that_was_asked_for_against_the_profile_warns(name, asked_for, prescribed):
    wants = want(expected={name: asked_for}, profile={name: prescribed})
    verdict = getattr(_mysql_check, name)(asked(**{name: (asked_for, FILE)}), wants)
    assert (verdict.status, verdict.expected) == ("warn", prescribed)
    assert getattr(_mysql_check, name)(asked(**{name: (prescribed, FILE)}), wants).status == "fail"


@pytest.mark.parametrize(
    "variables, words",
    [
        ({"basedir": ("/rdsdbbin/mysql-8.4.5.R1/", None)}, "parameter group"),
        ({"version_comment": ("(Google)", None)}, "database flag"),
        ({}, "mysql_settings.sync_binlog"),
    ],
)
def test_the_remedy_is_one_that_the_server_has(variables, words):
    server = asked(sync_binlog=("0", None), **variables)
    assert words in _mysql_check.sync_binlog(server, want(expected={"sync_binlog": "1"})).advice


@pytest.mark.parametrize(
    "wanted, pending, status",
    [
        ({"max_connections": "300", "mysqlx": "OFF"}, [], "pass"),
        ({"max_connections": "400"}, [], "fail"),
        ({"max_connections": "400", "port": "3307"}, ["port"], "fail"),
        ({"port": "3307"}, ["port"], "warn"),
        ({}, [], "skip"),
    ],
)
def test_other_settings_are_one_record(wanted, pending, status):
    server = asked(max_connections=("300", FILE), port=("3306", FILE))
    assert _mysql_check.settings(server, want(settings=wanted, pending=frozenset(pending))).status == status


def test_what_a_dry_run_would_set_warns_and_says_so():
    server = asked(max_connections=("300", FILE), port=("3306", FILE))
    other = {"settings": {"max_connections": "400", "port": "3307"}, "planned": frozenset(["max_connections"])}
    assert _mysql_check.settings(server, want(**other)).status == "fail"
    verdict = _mysql_check.settings(server, want(**{**other, "pending": frozenset(["port"])}))
    assert verdict.status == "warn" and "restart it" in verdict.advice
    assert "would be set by this run" in _mysql_check.settings(server, want(**{**other, "planned": frozenset(["max_connections", "port"])})).advice


@pytest.mark.parametrize(("planned", "status"), [([], "fail"), (["mysql.account.grants"], "warn")])
def test_grants_that_a_dry_run_would_give_warn(monkeypatch, planned, status):
    monkeypatch.setattr(Server, "rows", lambda self, statement: [("GRANT SELECT ON `wandb_local`.* TO `u`@`%`",)])
    verdict = _mysql_check.account_grants(asked(version=("5.7.1", None)), want(planned=frozenset(planned)))
    assert verdict.status == status and "without ALTER" in verdict.found


def test_a_partial_revoke_is_named_with_what_takes_it_back(monkeypatch):
    lines = ["GRANT ALL PRIVILEGES ON *.* TO `u`@`%` WITH GRANT OPTION", "REVOKE INSERT ON `wandb_local`.* FROM `u`@`%`"]
    monkeypatch.setattr(Server, "rows", lambda self, statement: [(line,) for line in lines])
    verdict = _mysql_check.account_grants(asked(version=("5.7.1", None)), want())
    assert verdict.status == "fail" and verdict.found == "a partial revoke, " + lines[1]
    assert verdict.advice.endswith("GRANT INSERT ON `wandb_local`.* TO `u`@`%`")


@pytest.mark.parametrize(
    "plugin, status, words",
    [
        ("caching_sha2_password", "pass", ""),
        ("mysql_native_password", "warn", "MySQL 9 has no mysql_native_password"),
        ("sha256_password", "warn", "sha256_password is deprecated"),
        ("auth_ldap", "warn", "the role mysql sets another"),
    ],
)
def test_the_advice_is_about_the_plugin_that_was_found(monkeypatch, plugin, status, words):
    monkeypatch.setattr(Server, "value", lambda self, statement: "CREATE USER `u`@`%%` IDENTIFIED WITH '%s' AS '...'" % plugin)
    verdict = _mysql_check.account_plugin(asked(), want())
    assert verdict.status == status and words in verdict.advice and ("native" in verdict.advice) is (plugin == "mysql_native_password")


@pytest.mark.parametrize(("planned", "statuses"), [([], {"fail", "skip"}), (["mysql.login"], {"skip"})])
def test_a_login_that_a_dry_run_would_bring_is_no_fault(monkeypatch, planned, statuses):
    server = asked()
    monkeypatch.setattr(server, "connect", refuse(1045, "Access denied"))
    records = check.records(server, want(planned=frozenset(planned)), only=["mysql.login", "mysql.tls"])
    assert {record["status"] for record in records} == statuses
    assert "would be set by this run" in records[0]["advice"] or not planned


@pytest.mark.parametrize("number, status", [(1142, "skip"), (1227, "skip"), (1146, "raises")])
def test_what_the_account_may_not_see_is_skipped_with_the_reason(number, status):
    @_mysql_check.deniable
    def look(server, want):
        raise pymysql.err.OperationalError(number, "SELECT command denied")

    if status == "raises":
        with pytest.raises(pymysql.err.OperationalError):
            look(asked(), want())
    else:
        assert look(asked(), want())[:3] == ("skip", None, "the account may not look there (error %d: SELECT command denied)" % number)


@pytest.mark.parametrize("look", ["persisted", "account_plugin", "primary_keys"])
def test_what_a_managed_service_does_not_show_is_skipped(monkeypatch, look):
    def denied(self, statement, *values):
        raise pymysql.err.OperationalError(1227, "you need (at least one of) the SYSTEM_VARIABLES_ADMIN privilege(s)")

    monkeypatch.setattr(Server, "rows", denied)
    server = asked()
    del server.persisted
    verdict = getattr(_mysql_check, look)(server, want())
    assert verdict.status == "skip" and "may not look there (error 1227" in verdict.found


def test_a_folder_that_is_not_seen_from_here_is_no_fault():
    assert _mysql_check.disk(asked(datadir=("/nonexistent/mysql/", None)), want(here=True)).status == "skip"
    assert _mysql_check.disk(asked(datadir=("/", None)), want(here=True)).found.endswith("at /")


@pytest.mark.parametrize(("number", "words"), [(1046, "No database selected"), (1305, "FUNCTION wandb_local.MD5 does not exist")])
def test_functions_that_the_server_lacks_are_named(monkeypatch, number, words):
    monkeypatch.setattr(Server, "rows", refuse(number, words))
    verdict = _mysql_check.functions(asked(), None)
    assert "MD5, SHA1 or SHA is missing" in str(verdict) and words not in str(verdict)


def test_another_failure_is_not_taken_for_a_missing_function(monkeypatch):
    monkeypatch.setattr(Server, "rows", refuse(2013, "Lost connection"))
    with pytest.raises(pymysql.err.OperationalError, match="Lost connection"):
        _mysql_check.functions(asked(), None)


def refuse(number, words):
    def rows(*dummy):
        raise pymysql.err.OperationalError(number, words)

    return rows


def test_what_wins_at_the_next_start_is_warned_of():
    verdict = _mysql_check.overridden(asked(), want(overridden={"sync_binlog": "/etc/mysql/zzz.cnf"}))
    assert verdict.status == "warn" and "sync_binlog by /etc/mysql/zzz.cnf" in verdict.found and "remove them there" in verdict.advice
    assert _mysql_check.overridden(asked(), want()).status == "pass"
