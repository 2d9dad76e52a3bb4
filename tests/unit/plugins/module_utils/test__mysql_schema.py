# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re

import pymysql
import pytest
from ansible_collections.baremetal.wandb.plugins.module_utils import _mysql_schema as schema
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql import Grant
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql_schema import NOTHING, Account, Database, Found, FoundAccount, Wanted

PRINTABLE = "".join(chr(code) for code in range(0x20, 0x7F))
ALL = Grant("`wandb_local`.*", frozenset(["ALL"]), True)
DATABASE = Database("wandb_local", "utf8mb4", "utf8mb4_general_ci")
ACCOUNT = Account("wandb_local", "%", "s3cr3t", True, (ALL,))
WANT = Wanted((DATABASE,), (ACCOUNT,))

DATABASE_OPTIONS = {"name": "wandb_local", "encoding": "utf8mb4", "collation": "utf8mb4_general_ci"}
GRANT_OPTIONS = {"scope": "wandb_local.*", "privileges": ["ALL"], "grant_option": True}
ACCOUNT_OPTIONS = {"name": "wandb_local", "host": "%", "password": "s3cr3t", "update_password": "proven", "grants": [GRANT_OPTIONS]}


def found(*grants, password="accepted", roles=(), database=DATABASE):
    return Found({database.name: database}, {"wandb_local@%": FoundAccount(password, grants, roles)})


def want(*grants):
    return Wanted((DATABASE,), (ACCOUNT._replace(grants=grants),))


def grant(scope, *privileges, option=False):
    return Grant(scope, frozenset(privileges), option)


def planned(action, scope, *privileges, option=False):
    return {"action": action, "account": "wandb_local@%", "scope": scope, "privileges": list(privileges), "grant_option": option}


def test_options_become_what_is_wanted():
    assert schema.wanted({"databases": [DATABASE_OPTIONS], "accounts": [ACCOUNT_OPTIONS]}) == WANT


def test_an_empty_server_gets_everything_in_order():
    assert schema.plan(NOTHING, WANT) == [
        {"action": "create_database", "database": "wandb_local", "encoding": "utf8mb4", "collation": "utf8mb4_general_ci"},
        {"action": "create_account", "account": "wandb_local@%"},
        planned("grant", "`wandb_local`.*", "ALL", option=True),
    ]


def test_a_server_as_wanted_has_no_plan():
    assert schema.plan(found(ALL), WANT) == []
    assert schema.plan(found(ALL, password="not tried"), WANT) == []


def test_another_collation_is_altered():
    old = Database("wandb_local", "utf8mb3", "utf8mb3_general_ci")
    assert schema.plan(found(ALL, database=old), WANT) == [
        {"action": "alter_database", "database": "wandb_local", "encoding": "utf8mb4", "collation": "utf8mb4_general_ci"}
    ]


@pytest.mark.parametrize("password, action", [("refused", "set_password"), ("locked", "unlock_account")])
def test_a_login_that_fails_is_repaired(password, action):
    assert schema.plan(found(ALL, password=password), WANT) == [{"action": action, "account": "wandb_local@%"}]


@pytest.mark.parametrize(
    "has, wants, plan",
    [
        ([], [ALL], [planned("grant", "`wandb_local`.*", "ALL", option=True)]),
        ([grant("`wandb_local`.*", "ALL")], [ALL], [planned("grant", "`wandb_local`.*", "ALL", option=True)]),
        ([grant("`wandb_local`.*", "SELECT", option=True)], [ALL], [planned("grant", "`wandb_local`.*", "ALL", option=True)]),
        ([ALL, grant("*.*", "FILE", "BACKUP_ADMIN")], [ALL], [planned("revoke", "*.*", "BACKUP_ADMIN", "FILE")]),
        ([ALL, grant("`other`.*", "ALL", option=True)], [ALL], [planned("revoke", "`other`.*", "ALL"), planned("revoke", "`other`.*", option=True)]),
        ([ALL, grant("`a`.`t`", "SELECT (`c`)")], [ALL], [planned("revoke", "`a`.`t`", "SELECT (`c`)")]),
        ([ALL], [grant("`wandb_local`.*", "ALL")], [planned("revoke", "`wandb_local`.*", option=True)]),
        (
            [grant("`wandb_local`.*", "SELECT", "DROP")],
            [grant("`wandb_local`.*", "SELECT", "INSERT")],
            [planned("revoke", "`wandb_local`.*", "DROP"), planned("grant", "`wandb_local`.*", "INSERT", "SELECT")],
        ),
        (
            [grant("`wandb_local`.*", "ALL")],
            [grant("`wandb_local`.*", "SELECT")],
            [planned("revoke", "`wandb_local`.*", "ALL"), planned("grant", "`wandb_local`.*", "SELECT")],
        ),
        ([ALL], [], [planned("revoke", "`wandb_local`.*", "ALL"), planned("revoke", "`wandb_local`.*", option=True)]),
    ],
)
def test_grants_end_as_listed_and_nothing_more(has, wants, plan):
    assert schema.plan(found(*has), want(*wants)) == plan


def test_a_role_given_by_hand_is_taken_away():
    assert schema.plan(found(ALL, roles=("'dba'@'%'",)), WANT) == [{"action": "revoke_role", "account": "wandb_local@%", "role": "'dba'@'%'"}]


def test_the_difference_shows_both_states_and_no_secret():
    difference = schema.difference(found(password="refused", roles=("'dba'@'%'",)), WANT)
    assert difference["before"]["accounts"] == {"wandb_local@%": {"password": "refused", "grants": ["role 'dba'@'%'"]}}
    assert difference["after"] == {
        "databases": {"wandb_local": {"encoding": "utf8mb4", "collation": "utf8mb4_general_ci"}},
        "accounts": {"wandb_local@%": {"password": "accepted", "grants": ["ALL ON `wandb_local`.* WITH GRANT OPTION"]}},
    }
    assert "s3cr3t" not in json.dumps([difference, schema.plan(NOTHING, WANT)])


def test_the_difference_of_a_server_as_wanted_is_none():
    kept = ACCOUNT._replace(proven=False)
    for state, wants in [(found(ALL), WANT), (found(ALL, password="not tried"), Wanted((DATABASE,), (kept,)))]:
        difference = schema.difference(state, wants)
        assert difference["before"] == difference["after"]


def sql(change, account=ACCOUNT, server_status=0):
    """The statement as PyMySQL would send it."""
    connection = pymysql.connections.Connection(defer_connect=True, ssl_disabled=True)
    connection.server_status = server_status
    statement, arguments = schema._account_statement(change, account) if "account" in change else schema._database_statement(change)
    return connection.cursor().mogrify(statement, arguments)


def database(action, name):
    return {"action": action, "database": name, "encoding": "utf8mb4", "collation": "binary"}


@pytest.mark.parametrize(
    "change, statement",
    [
        (database("create_database", "we`ird%s"), "CREATE DATABASE `we``ird%s` CHARACTER SET 'utf8mb4' COLLATE 'binary'"),
        (database("alter_database", "a"), "ALTER DATABASE `a` CHARACTER SET 'utf8mb4' COLLATE 'binary'"),
        ({"action": "unlock_account", "account": "wandb_local@%"}, "ALTER USER 'wandb_local'@'%' ACCOUNT UNLOCK"),
        ({"action": "revoke_role", "account": "wandb_local@%", "role": "'d'@'%'"}, "REVOKE 'd'@'%' FROM 'wandb_local'@'%'"),
        (planned("grant", "`a%`.*", "ALL", option=True), "GRANT ALL PRIVILEGES ON `a%`.* TO 'wandb_local'@'%' WITH GRANT OPTION"),
        (planned("grant", "*.*", "RELOAD", "BACKUP_ADMIN"), "GRANT RELOAD, BACKUP_ADMIN ON *.* TO 'wandb_local'@'%'"),
        (planned("revoke", "`a`.*", "ALL"), "REVOKE ALL PRIVILEGES ON `a`.* FROM 'wandb_local'@'%'"),
        (planned("revoke", "`a`.*", option=True), "REVOKE GRANT OPTION ON `a`.* FROM 'wandb_local'@'%'"),
    ],
)
def test_each_change_is_one_statement(change, statement):
    assert sql(change) == statement


NO_BACKSLASH_ESCAPES = 512


@pytest.mark.parametrize("action, verb", [("create_account", "CREATE"), ("set_password", "ALTER")])
@pytest.mark.parametrize("password", [PRINTABLE, PRINTABLE[::-1], "%s", "%(x)s", "\\'", "' OR 1=1 -- ", "ä€😀", *PRINTABLE])
def test_every_password_is_quoted_whole(action, verb, password):
    start = "%s USER 'wandb_local'@'%%' IDENTIFIED WITH caching_sha2_password BY '" % verb
    text = sql({"action": action, "account": "wandb_local@%"}, ACCOUNT._replace(password=password))
    assert text.startswith(start) and text.endswith("'")
    literal = text[len(start) : -1]
    assert re.fullmatch(r"(?:[^'\\]|\\.)*", literal), "a quote ends the literal early"
    assert re.sub(r"\\(.)", r"\1", literal) == password
    doubled = sql({"action": action, "account": "wandb_local@%"}, ACCOUNT._replace(password=password), NO_BACKSLASH_ESCAPES)[len(start) : -1]
    assert doubled.replace("''", "'") == password


def test_statements_hold_no_password_but_where_it_is_set():
    for change in schema.plan(found(grant("*.*", "FILE"), password="locked", roles=("'d'@'%'",)), WANT):
        assert "s3cr3t" not in sql(change)


@pytest.mark.parametrize(
    "pattern, client, matches",
    [
        ("%", "localhost", True),
        ("localhost", "localhost", True),
        ("10.0.0.%", "10.0.0.7", True),
        ("10.0.0.%", "10.0.1.7", False),
        ("10.0.0._", "10.0.0.7", True),
        ("%.example.com", "APP.example.com", True),
        ("10.0.0.0/24", "10.0.0.7", True),
        ("10.0.0.0/255.255.255.0", "10.0.1.7", False),
        ("10.0.0.0/24", "app.example.com", False),
        ("10.0.0.5", "10x0.0.5", False),
        ("", "anything", True),
    ],
)
def test_host_parts_match_as_the_server_matches_them(pattern, client, matches):
    assert schema.host_matches(pattern, client) is matches


def test_an_anonymous_local_account_catches_logins_meant_for_any_host():
    reason = schema.unreachable(ACCOUNT, "localhost", [("", "localhost"), ("wandb_local", "%")])
    assert "''@'localhost'" in reason and "on_create" in reason


def test_the_same_name_for_a_narrower_host_catches_logins():
    assert "'wandb_local'@'10.0.0.%'" in schema.unreachable(ACCOUNT, "10.0.0.7", [("wandb_local", "10.0.0.%"), ("wandb_local", "%")])
    assert schema.unreachable(ACCOUNT, "10.0.9.7", [("wandb_local", "10.0.0.%"), ("wandb_local", "%")]) is None


def test_other_accounts_do_not_catch_logins():
    assert schema.unreachable(ACCOUNT, "localhost", [("root", "localhost"), ("", "%"), ("wandb_local", "%")]) is None


def test_a_host_part_that_does_not_match_is_named():
    assert "does not match localhost" in schema.unreachable(ACCOUNT._replace(host="10.0.0.%"), "localhost", [])


@pytest.mark.parametrize(
    "options, words",
    [
        ({"databases": [{**DATABASE_OPTIONS, "name": ""}]}, "databases: a name is empty"),
        ({"databases": [DATABASE_OPTIONS, DATABASE_OPTIONS]}, "databases lists wandb_local twice"),
        ({"databases": [{**DATABASE_OPTIONS, "encoding": "utf8mb3"}]}, "not one of the encoding utf8mb3"),
        ({"accounts": [ACCOUNT_OPTIONS, {**ACCOUNT_OPTIONS, "password": "x"}]}, "accounts lists wandb_local@% twice"),
        ({"accounts": [{**ACCOUNT_OPTIONS, "password": ""}]}, "password of wandb_local is empty"),
        ({"accounts": [{**ACCOUNT_OPTIONS, "name": "root"}]}, "root belongs to the server itself"),
        ({"accounts": [{**ACCOUNT_OPTIONS, "host": ""}]}, "name or host of an account is empty"),
        ({"accounts": [{**ACCOUNT_OPTIONS, "grants": [GRANT_OPTIONS, GRANT_OPTIONS]}]}, "twice"),
        *(
            ({"accounts": [{**ACCOUNT_OPTIONS, "grants": [{**GRANT_OPTIONS, "scope": scope}]}]}, "is no scope of a grant")
            for scope in ("wandb_local", "", "*.t", "a.b.c", "a`b.*", "`a.*")
        ),
        *(
            ({"accounts": [{**ACCOUNT_OPTIONS, "grants": [{**GRANT_OPTIONS, "privileges": privileges}]}]}, "is no privilege")
            for privileges in ([], ["SELECT; DROP"], ["GRANT OPTION"], ["SELECT (a)"], ["USAGE"], [""])
        ),
        ({"accounts": [{**ACCOUNT_OPTIONS, "grants": [{**GRANT_OPTIONS, "scope": "*.*"}]}]}, "name the privileges on"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_sentence(options, words):
    with pytest.raises(ValueError, match=re.escape(words)) as error:
        schema.wanted({"databases": [], "accounts": [], **options})
    assert "s3cr3t" not in str(error.value)


def test_privileges_and_scopes_are_taken_as_people_write_them():
    options = {**GRANT_OPTIONS, "scope": "`wandb_local`.*", "privileges": ["all privileges"]}
    assert schema.wanted({"databases": [], "accounts": [{**ACCOUNT_OPTIONS, "grants": [options]}]}).accounts[0].grants == (ALL,)
    options = {"scope": "*.*", "privileges": ["replication  slave"], "grant_option": False}
    assert schema.wanted({"databases": [], "accounts": [{**ACCOUNT_OPTIONS, "grants": [options]}]}).accounts[0].grants == (grant("*.*", "REPLICATION SLAVE"),)
