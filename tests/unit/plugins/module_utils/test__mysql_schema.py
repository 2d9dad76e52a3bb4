# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re

import pymysql
import pytest
from ansible_collections.baremetal.wandb.plugins.module_utils import _mysql
from ansible_collections.baremetal.wandb.plugins.module_utils import _mysql_schema as schema
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql import Grant
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql_schema import NOTHING, Account, Database, Found, FoundAccount, Wanted

PRINTABLE = "".join(chr(code) for code in range(0x20, 0x7F))
ALL = Grant("`wandb_local`.*", frozenset(["ALL"]), True)
DATABASE = Database("wandb_local", "utf8mb4", "utf8mb4_general_ci")
ACCOUNT = Account("wandb_local", "%", "s3cr3t", (ALL,))
WANT = Wanted((DATABASE,), (ACCOUNT,))

DATABASE_OPTIONS = {"name": "wandb_local", "encoding": "utf8mb4", "collation": "utf8mb4_general_ci"}
GRANT_OPTIONS = {"scope": "wandb_local.*", "privileges": ["ALL"], "grant_option": True}
LIMITS = dict.fromkeys(schema.LIMITS, 0)
ACCOUNT_OPTIONS = {
    "name": "wandb_local",
    "host": "%",
    "password": "s3cr3t",
    "update_password": "proven",
    "old_password": "keep",
    "tls": "none",
    "resource_limits": LIMITS,
    "grants": [GRANT_OPTIONS],
}
DEMANDS = {"tls": "none", "resource_limits": LIMITS}
LABEL = "wandb_local@%"
FAR = {LABEL: "its host part does not match localhost"}


def found(*grants, password="accepted", roles=(), database=DATABASE, unproven=None, **rest):
    return Found({database.name: database}, {LABEL: FoundAccount(password, grants, roles, **rest)}, unproven or {})


def want(*grants):
    return Wanted((DATABASE,), (ACCOUNT._replace(grants=grants),))


def grant(scope, *privileges, option=False):
    return Grant(scope, frozenset(privileges), option)


def planned(action, scope, *privileges, option=False):
    return {"action": action, "account": "wandb_local@%", "scope": scope, "privileges": list(privileges), "grant_option": option}


def options(**rest):
    return schema.wanted({"databases": [], "accounts": [], "hardened": False, **rest})


def test_options_become_what_is_wanted():
    assert options(databases=[DATABASE_OPTIONS], accounts=[ACCOUNT_OPTIONS]) == WANT


def test_an_empty_server_gets_everything_in_order():
    assert schema.plan(NOTHING, WANT) == [
        {"action": "create_database", "database": "wandb_local", "encoding": "utf8mb4", "collation": "utf8mb4_general_ci"},
        {"action": "create_account", "account": "wandb_local@%", **DEMANDS},
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


def of(**rest):
    return Wanted((DATABASE,), (ACCOUNT._replace(**rest),))


@pytest.mark.parametrize(
    "there, wanted, actions",
    [
        (found(ALL, password="refused"), WANT, ["set_password"]),
        (found(ALL, locked=True), WANT, ["unlock_account"]),
        (found(ALL, plugin="mysql_native_password"), WANT, ["set_password"]),
        (found(ALL, tls="x509"), WANT, ["set_requirements"]),
        (found(ALL), of(limits=(0, 0, 0, 3)), ["set_requirements"]),
        # A password that cannot be tried is set by "always" alone.
        (found(ALL, password="not tried", unproven=FAR), WANT, []),
        (found(ALL, password="not tried", unproven=FAR), of(update="always"), ["set_password"]),
        (found(ALL, password="not tried", plugin="mysql_native_password", unproven=FAR), WANT, []),
        (found(ALL, password="not tried", plugin="mysql_native_password", unproven=FAR), of(update="always"), ["set_password"]),
        (found(ALL), of(update="always"), []),
        (found(ALL, password="not tried", plugin="mysql_native_password"), of(update="on_create"), []),
        # A rotation: the old one is kept, then ended; what is discarded is never the listed one.
        (found(ALL, password="refused"), of(old_password="retain"), ["set_password"]),
        (found(ALL, second=True), of(old_password="retain"), []),
        (found(ALL, second=True), WANT, []),
        (found(ALL, password="refused", second=True), WANT, ["set_password", "discard_old_password"]),
        (found(ALL, second=True), of(old_password="discard"), ["set_password", "discard_old_password"]),
        (found(ALL), of(old_password="discard"), []),
    ],
)
def test_an_account_is_brought_to_what_is_listed(there, wanted, actions):
    assert [change["action"] for change in schema.plan(there, wanted)] == actions


def test_a_third_password_is_refused_and_so_is_one_of_another_plugin():
    with pytest.raises(ValueError, match="has two passwords already"):
        schema.refuse(found(ALL, password="refused", second=True), of(old_password="retain"))
    with pytest.raises(ValueError, match="one of mysql_native_password, which cannot be retained"):
        schema.refuse(found(ALL, plugin="mysql_native_password"), of(old_password="retain"))
    for there, wanted in [(found(ALL, second=True), of(old_password="retain")), (found(ALL, password="refused", second=True), WANT)]:
        schema.refuse(there, wanted)


class Told(Exception):
    """How the module ended."""


class Module:
    """What _exit says."""

    def __init__(self):
        self.warnings = []

    def warn(self, text):
        self.warnings.append(text)

    def exit_json(self, **dummy):
        raise Told


@pytest.mark.parametrize(
    "there, wants, warned",
    [
        (found(ALL, password="not tried", unproven=FAR), WANT, True),
        (found(ALL, password="not tried", unproven=FAR), of(update="always"), False),
        (found(ALL, password="not tried", unproven=FAR), of(update="on_create"), False),
        (found(ALL), WANT, False),
        (NOTHING._replace(unproven=FAR), WANT, False),  # made by this run, with its password
    ],
)
def test_a_password_that_was_neither_tried_nor_set_is_warned_of(there, wants, warned):
    module = Module()
    with pytest.raises(Told):
        schema._exit(module, there, wants)
    assert [FAR[LABEL] in text and "s3cr3t" not in text for text in module.warnings] == [True] * warned


def test_a_hardened_server_loses_what_nobody_needs():
    there = found(ALL)._replace(intruders=(("", "localhost"), ("root", "%")), test_tables=0)
    assert schema.plan(there, WANT) == [
        {"action": "drop_account", "account": "@localhost"},
        {"action": "drop_account", "account": "root@%"},
        {"action": "drop_database", "database": "test"},
    ]
    assert schema.plan(found(ALL)._replace(test_tables=2), WANT) == []
    assert schema.difference(there, WANT)["before"]["accounts"]["root@%"] == "not on a hardened server"


@pytest.mark.parametrize("plugins, first", [(["auth_socket"], []), ([], [{"action": "install_plugin", "plugin": "auth_socket"}])])
def test_a_hardened_server_knows_root_without_a_password_by_the_socket(plugins, first):
    there = found(ALL)._replace(open_root=True, plugins=frozenset(plugins))
    changes = schema.plan(there, WANT)
    assert changes == [*first, {"action": "know_by_socket", "account": "root@localhost"}]
    assert schema._statement(changes[-1], None) == ("ALTER USER %s@%s IDENTIFIED WITH auth_socket", ("root", "localhost"))
    shown = schema.difference(there, WANT)
    assert [shown[when]["accounts"]["root@localhost"] for when in ("before", "after")] == ["no password", "known by the socket"]


@pytest.mark.parametrize(
    "there, wanted, password, old",
    [
        (found(ALL, password="refused"), WANT, "accepted", None),
        (found(ALL, password="not tried", unproven=FAR), WANT, "not tried", None),
        (found(ALL, password="not tried", unproven=FAR), of(update="always"), "set", None),
        (found(ALL, password="refused"), of(old_password="retain"), "accepted", "accepted, too"),
        (found(ALL, second=True), of(old_password="discard"), "accepted", None),
        (NOTHING._replace(unproven=FAR), WANT, "set", None),
    ],
)
def test_the_difference_tells_what_becomes_of_the_password(there, wanted, password, old):
    after = schema.difference(there, wanted)["after"]["accounts"][LABEL]
    assert (after["password"], after.get("old_password")) == (password, old)


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
    kept = ACCOUNT._replace(update="on_create")
    for state, wants in [(found(ALL), WANT), (found(ALL, password="not tried"), Wanted((DATABASE,), (kept,)))]:
        difference = schema.difference(state, wants)
        assert difference["before"] == difference["after"]


def sql(change, account=ACCOUNT, server_status=0):
    """The statement as PyMySQL would send it."""
    connection = pymysql.connections.Connection(defer_connect=True, ssl_disabled=True)
    connection.server_status = server_status
    statement, arguments = schema._statement(change, account if change.get("account") == account.label else None)
    return connection.cursor().mogrify(statement, arguments)


def database(action, name):
    return {"action": action, "database": name, "encoding": "utf8mb4", "collation": "binary"}


@pytest.mark.parametrize(
    "change, statement",
    [
        (database("create_database", "we`ird%s"), "CREATE DATABASE `we``ird%s` CHARACTER SET 'utf8mb4' COLLATE 'binary'"),
        (database("alter_database", "a"), "ALTER DATABASE `a` CHARACTER SET 'utf8mb4' COLLATE 'binary'"),
        ({"action": "discard_old_password", "account": "wandb_local@%"}, "ALTER USER 'wandb_local'@'%' DISCARD OLD PASSWORD"),
        ({"action": "drop_account", "account": "@localhost"}, "DROP USER ''@'localhost'"),
        ({"action": "drop_database", "database": "test"}, "DROP DATABASE `test`"),
        (
            {"action": "set_requirements", "account": "wandb_local@%"},
            "ALTER USER 'wandb_local'@'%' REQUIRE NONE WITH MAX_QUERIES_PER_HOUR 0 MAX_UPDATES_PER_HOUR 0 MAX_CONNECTIONS_PER_HOUR 0 MAX_USER_CONNECTIONS 0",
        ),
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
@pytest.mark.parametrize("password", [PRINTABLE, PRINTABLE[::-1], "%s", "%(x)s", "\\'", "' OR 1=1 -- ", "ä€😀", "x" * 60, *PRINTABLE])
def test_every_password_is_quoted_whole(action, verb, password):
    start = "%s USER 'wandb_local'@'%%' IDENTIFIED WITH caching_sha2_password BY '" % verb
    end = "' " + schema._demands(ACCOUNT) if verb == "CREATE" else "'"
    text = sql({"action": action, "account": "wandb_local@%"}, ACCOUNT._replace(password=password))
    assert text.startswith(start) and text.endswith(end)
    literal = text[len(start) : -len(end)]
    assert re.fullmatch(r"(?:[^'\\]|\\.)*", literal), "a quote ends the literal early"
    assert re.sub(r"\\(.)", r"\1", literal) == password
    doubled = sql({"action": action, "account": "wandb_local@%"}, ACCOUNT._replace(password=password), NO_BACKSLASH_ESCAPES)[len(start) : -len(end)]
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
    assert "''@'localhost'" in reason


def test_the_same_name_for_a_narrower_host_catches_logins():
    assert "'wandb_local'@'10.0.0.%'" in schema.unreachable(ACCOUNT, "10.0.0.7", [("wandb_local", "10.0.0.%"), ("wandb_local", "%")])
    assert schema.unreachable(ACCOUNT, "10.0.9.7", [("wandb_local", "10.0.0.%"), ("wandb_local", "%")]) is None


def test_other_accounts_do_not_catch_logins():
    assert schema.unreachable(ACCOUNT, "localhost", [("root", "localhost"), ("", "%"), ("wandb_local", "%")]) is None


def test_a_host_part_that_does_not_match_is_named():
    assert "does not match localhost" in schema.unreachable(ACCOUNT._replace(host="10.0.0.%"), "localhost", [])


@pytest.mark.parametrize(
    "answer, known, proof",
    [
        ("wandb_local@%", [], "accepted"),
        ("wandb_local@10.0.0.%", [], "not tried"),  # another one caught it
        (pymysql.err.OperationalError(1045, "Access denied for user 'wandb_local'@'10.0.0.12' (using password: YES)"), [], "refused"),
        (pymysql.err.OperationalError(1045, "Access denied for user 'wandb_local'@'10.0.0.12' (using password: YES)"), ["10.0.0.%"], "not tried"),
        (pymysql.err.OperationalError(1045, "Access denied for user 'wandb_local'@'localhost' (using password: YES)"), ["localhost"], "not tried"),
        (pymysql.err.OperationalError(1045, "Access denied for user 'wandb_local'@'db1' (using password: YES)"), ["localhost", "192.0.2.%"], "refused"),
        (pymysql.err.OperationalError(1045, "Access denied for user 'wandb_local'@'db1' (using password: YES)"), ["10.0.0.%"], "not tried"),
        (pymysql.err.OperationalError(2003, "Can't connect to MySQL server on '10.0.0.12'"), [], "not tried"),
    ],
)
def test_a_password_is_tried_over_the_network_where_the_socket_leads_elsewhere(monkeypatch, answer, known, proof):
    asked = []

    def value(login, statement):
        asked.append(login.options)
        if isinstance(answer, str):
            return answer
        raise answer

    monkeypatch.setattr(schema.Server, "value", value)
    monkeypatch.setattr(schema, "_address_towards", lambda host, port: "10.0.0.12")
    server = schema.Server(pymysql, {"login_unix_socket": "/s", "login_port": 3307, "proof_host": "10.0.0.12", "ssl_cert": None})
    assert schema._proof_over_network(server, ACCOUNT, {("wandb_local", host) for host in ["%", *known]}) == proof
    (options,) = asked
    assert (options["login_unix_socket"], options["login_host"], options["login_port"], options["login_user"]) == (None, "10.0.0.12", 3307, "wandb_local")
    assert schema._proof_over_network(schema.Server(pymysql, {"proof_host": ""}), ACCOUNT, set()) == "not tried"


def test_the_address_towards_a_host_is_this_hosts_own():
    assert schema._address_towards("127.0.0.1", 3306) == "127.0.0.1"


def test_an_account_that_demands_a_certificate_is_reached_with_one():
    demanding = ACCOUNT._replace(tls="x509")
    assert "ssl_cert and ssl_key would give" in schema.unreachable(demanding, "localhost", [])
    assert schema.unreachable(demanding, "localhost", [], certificate=True) is None


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"databases": [{**DATABASE_OPTIONS, "name": ""}]}, "databases: '' is no name of a database"),
        ({"databases": [{**DATABASE_OPTIONS, "name": "we`ird"}]}, "databases: we`ird is no name of a database; give one without backticks"),
        ({"databases": [DATABASE_OPTIONS, DATABASE_OPTIONS]}, "databases lists wandb_local twice"),
        ({"databases": [{**DATABASE_OPTIONS, "encoding": "utf8mb3"}]}, "not one of the encoding utf8mb3"),
        ({"accounts": [ACCOUNT_OPTIONS, {**ACCOUNT_OPTIONS, "password": "x"}]}, "accounts lists wandb_local@% twice"),
        ({"accounts": [{**ACCOUNT_OPTIONS, "password": ""}]}, "password of wandb_local is empty"),
        ({"accounts": [{**ACCOUNT_OPTIONS, "name": "root"}]}, "root belongs to the server itself"),
        ({"databases": [{"name": "Sys", "encoding": "utf8mb4", "collation": "utf8mb4_general_ci"}]}, "Sys belongs to the server itself"),
        ({"accounts": [{**ACCOUNT_OPTIONS, "host": ""}]}, "is no account; a name has 1 to 32 characters"),
        *(({"databases": [{**DATABASE_OPTIONS, "name": name}]}, "is no name of a database") for name in ("\U0001f600", "a" * 65, " a", "a ", "a\0")),
        *(({"accounts": [{**ACCOUNT_OPTIONS, "name": name}]}, "is no account") for name in ("\U0001f600", "a" * 33, " a", "a ", "")),
        *(({"accounts": [{**ACCOUNT_OPTIONS, "host": host}]}, "is no account") for host in ("% ", " %", "h" * 256)),
        *(
            ({"accounts": [{**ACCOUNT_OPTIONS, "host": host}]}, "a network is the lowest of its IPv4 addresses")
            for host in ("10.0.0.0/33", "10.0.0.5/24", "10.0.0.%/24", "10.0.0.0/0.0.0.255", "10.0.0.0/", "2001:db8::/32", "10.0.0.0/024")
        ),
        ({"accounts": [{**ACCOUNT_OPTIONS, "password": "x" * 257}]}, "longer than the 256 bytes"),
        ({"accounts": [{**ACCOUNT_OPTIONS, "password": "\u00e4" * 129}]}, "longer than the 256 bytes"),
        ({"accounts": [{**ACCOUNT_OPTIONS, "resource_limits": {**LIMITS, "connections": 2**32}}]}, "to 4294967295"),
        ({"accounts": [{**ACCOUNT_OPTIONS, "name": "a`b"}]}, "none of them a backtick"),
        ({"accounts": [{**ACCOUNT_OPTIONS, "resource_limits": {**LIMITS, "connections": -1}}]}, "0, which stands for no limit"),
        ({"accounts": [{**ACCOUNT_OPTIONS, "grants": [GRANT_OPTIONS, GRANT_OPTIONS]}]}, "twice"),
        *(
            ({"accounts": [{**ACCOUNT_OPTIONS, "grants": [{**GRANT_OPTIONS, "scope": scope}]}]}, "is no scope of a grant")
            for scope in ("wandb_local", "", "*.t", "a.b.c", "a`b.*", "`a.*", "\U0001f600.*")
        ),
        *(
            ({"accounts": [{**ACCOUNT_OPTIONS, "grants": [{**GRANT_OPTIONS, "privileges": privileges}]}]}, "no privilege")
            for privileges in ([], ["SELECT; DROP"], ["GRANT OPTION"], ["SELECT (a)"], ["USAGE"], [""], ["SELEKT"], ["FILE"])
        ),
        ({"accounts": [{**ACCOUNT_OPTIONS, "grants": [{**GRANT_OPTIONS, "scope": "*.*"}]}]}, "name the privileges on"),
        *(
            ({"accounts": [{**ACCOUNT_OPTIONS, "grants": [{"scope": "wandb_local.t", "privileges": [name], "grant_option": False}]}]}, "no privilege on")
            for name in sorted(_mysql.DATABASE_PRIVILEGES - _mysql.TABLE_PRIVILEGES)
        ),
        *(
            ({"accounts": [{**ACCOUNT_OPTIONS, "grants": [{"scope": scope, "privileges": ["PROXY"], "grant_option": False}]}]}, "PROXY is for another account")
            for scope in ("*.*", "wandb_local.*", "wandb_local.t")
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_sentence(wrong, words):
    with pytest.raises(ValueError, match=re.escape(words)) as error:
        options(**wrong)
    assert "s3cr3t" not in str(error.value)


@pytest.mark.parametrize(
    "account",
    [
        *({"host": host} for host in ("10.0.0.0/24", "10.0.0.0/255.255.255.0", "10.0.0.5/32", "10.0.0.5/255.255.255.255", "::1", "10.0.%")),
        *({"name": name} for name in ("a", "a" * 32, "W & B", "\u00e4\ufffd")),
        {"password": "x" * 256},
        {"resource_limits": {**LIMITS, "connections": 2**32 - 1}},
    ],
)
def test_what_the_server_keeps_as_it_is_is_taken(account):
    assert options(accounts=[{**ACCOUNT_OPTIONS, **account}]).accounts[0].host == account.get("host", "%")


def test_privileges_and_scopes_are_taken_as_people_write_them():
    written = {**GRANT_OPTIONS, "scope": "`wandb_local`.*", "privileges": ["all privileges"]}
    assert options(accounts=[{**ACCOUNT_OPTIONS, "grants": [written]}]).accounts[0].grants == (ALL,)
    written = {"scope": "*.*", "privileges": ["replication  slave"], "grant_option": False}
    assert options(accounts=[{**ACCOUNT_OPTIONS, "grants": [written]}]).accounts[0].grants == (grant("*.*", "REPLICATION SLAVE"),)


def test_every_privilege_of_a_table_is_taken_on_one():
    assert _mysql.TABLE_PRIVILEGES < _mysql.DATABASE_PRIVILEGES
    written = {"scope": "wandb_local.runs", "privileges": sorted(_mysql.TABLE_PRIVILEGES), "grant_option": False}
    assert options(accounts=[{**ACCOUNT_OPTIONS, "grants": [written]}]).accounts[0].grants == (grant("`wandb_local`.`runs`", *_mysql.TABLE_PRIVILEGES),)


class Catalogue:
    """A server that is only asked for what it has."""

    def rows(self, statement, *arguments):
        return [("Select", "", ""), ("Create", "", "")] if statement == "SHOW PRIVILEGES" else [("utf8mb4", "utf8mb4_general_ci")]

    def value(self, statement, *arguments):
        return int(arguments == ("wandb_local", "runs"))


@pytest.mark.parametrize(
    "scope, privileges, refused",
    [
        ("`wandb_local`.`runs`", ["SELECT"], False),
        ("`wandb_local`.`jumps`", ["SELECT"], True),
        ("`other`.`runs`", ["SELECT"], True),
        ("`wandb_local`.`jumps`", ["SELECT", "CREATE"], False),
        ("`wandb_local`.`jumps`", ["ALL"], False),
        ("`other`.*", ["SELECT"], False),
        ("*.*", ["SELECT"], False),
    ],
)
def test_a_table_must_be_there_before_privileges_on_it(scope, privileges, refused):
    wants = want(grant(scope, *privileges))
    if refused:
        with pytest.raises(ValueError, match="has no table .* make it first, .* for example"):
            schema._known_to(Catalogue(), wants)
    else:
        schema._known_to(Catalogue(), wants)


def test_grants_that_are_left_out_are_the_guides_for_its_account_only():
    accounts = [{**ACCOUNT_OPTIONS, "grants": None}, {**ACCOUNT_OPTIONS, "name": "other", "grants": None}]
    assert [account.grants for account in options(accounts=accounts).accounts] == [(ALL,), ()]
