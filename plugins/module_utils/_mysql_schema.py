# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Databases, accounts and grants of a MySQL server: wanted -> read -> plan -> apply -> read again. PRIVATE to the collection."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.baremetal.wandb.plugins.module_utils import _libraries, _mysql
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql import Grant, Server

# Accounts that the server or its package needs; an exact list of grants would break them.
RESERVED = ("root", "mysql.sys", "mysql.session", "mysql.infoschema", "debian-sys-maint")

Change = t.Dict[str, t.Any]


class Database(t.NamedTuple):
    name: str
    encoding: str
    collation: str


class Account(t.NamedTuple):
    """An account as it should be. I(password) is a secret."""

    user: str
    host: str
    password: str
    proven: bool
    grants: tuple[Grant, ...]

    @property
    def label(self) -> str:
        return "%s@%s" % (self.user, self.host)


class Wanted(t.NamedTuple):
    databases: tuple[Database, ...]
    accounts: tuple[Account, ...]


class FoundAccount(t.NamedTuple):
    """An account as it is. I(password) is C(accepted), C(refused) or C(locked) after a login, C(not tried) without one."""

    password: str
    grants: tuple[Grant, ...]
    roles: tuple[str, ...] = ()


class Found(t.NamedTuple):
    """What the server has of what is wanted: databases by name, accounts by label."""

    databases: dict[str, Database]
    accounts: dict[str, FoundAccount]


NOTHING = Found({}, {})


# -- wanted ------------------------------------------------------------------------------------------------------------


def wanted(params: t.Mapping[str, t.Any]) -> Wanted:
    """The module's options as data. Raises ValueError with one sentence on a value that cannot be meant."""
    databases = tuple(_database(one) for one in params["databases"])
    accounts = tuple(_account(one) for one in params["accounts"])
    _unique("databases", [one.name for one in databases])
    _unique("accounts", [one.label for one in accounts])
    return Wanted(databases, accounts)


def _unique(option: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError("%s lists %s twice" % (option, name))


def _database(one: t.Mapping[str, t.Any]) -> Database:
    if not one["name"]:
        raise ValueError("databases: a name is empty; give one, for example wandb_local")
    if one["collation"] != "binary" and not one["collation"].startswith(one["encoding"] + "_"):
        raise ValueError(
            "databases: the collation %s of %s is not one of the encoding %s; for example utf8mb4 goes with utf8mb4_general_ci"
            % (one["collation"], one["name"], one["encoding"])
        )
    return Database(one["name"], one["encoding"], one["collation"])


def _account(one: t.Mapping[str, t.Any]) -> Account:
    name, host = one["name"], one["host"].lower()
    if not name or not host:
        raise ValueError("accounts: the name or host of an account is empty; for example name wandb_local, host %")
    if name in RESERVED:
        raise ValueError("accounts: %s belongs to the server itself and is not managed here" % name)
    if not one["password"]:
        raise ValueError("accounts: the password of %s is empty; generate one, for example with openssl rand -hex 24" % name)
    grants = tuple(_grant(grant) for grant in one["grants"])
    _unique("accounts: grants of %s" % name, [grant.scope for grant in grants])
    return Account(name, host, one["password"], one["update_password"] == "proven", grants)


_SCOPE = re.compile(r"(\*|`[^`]+`|[^`.*]+)\.(\*|`[^`]+`|[^`.*]+)$")


def _grant(one: t.Mapping[str, t.Any]) -> Grant:
    match = _SCOPE.match(one["scope"])
    if not match or (match[1] == "*" and match[2] != "*"):
        raise ValueError("accounts: %s is no scope of a grant; for example wandb_local.* for a whole database" % one["scope"])
    scope = ".".join(part if part == "*" else "`%s`" % part.strip("`") for part in match.groups())
    privileges = frozenset(" ".join(name.upper().split()) for name in one["privileges"])
    bad = sorted(name for name in privileges if not re.match(r"[A-Z_][A-Z_ ]*$", name) or name in ("GRANT OPTION", "USAGE"))
    if bad or not privileges:
        raise ValueError("accounts: %s is no privilege; for example ALL, or SELECT and INSERT" % (bad[0] if bad else "an empty list"))
    if privileges & {"ALL", "ALL PRIVILEGES"}:
        privileges = frozenset(["ALL"])
    if scope == "*.*" and ("ALL" in privileges or one["grant_option"]):
        raise ValueError("accounts: name the privileges on *.* one by one and without grant_option, for example REPLICATION SLAVE")
    return Grant(scope, privileges, one["grant_option"])


# -- read --------------------------------------------------------------------------------------------------------------


def read(server: Server, want: Wanted) -> Found:
    """Looks at what is there. Raises ValueError when a password is to be proven and a login from here cannot reach its account."""
    known = {(user, host.lower()) for user, host in server.rows("SELECT User, Host FROM mysql.user")}
    client = server.value("SELECT SUBSTRING_INDEX(USER(), '@', -1)")
    current = server.value("SELECT CURRENT_USER()")
    if current in [account.label for account in want.accounts]:
        raise ValueError("accounts: %s is the account this module is logged in as, so it is not managed here" % current)
    databases = {
        name: Database(name, encoding, collation)
        for name, encoding, collation in server.rows(
            "SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA"
        )
    }
    accounts = {}
    for account in want.accounts:
        exists = (account.user, account.host) in known
        password = _proof(server, account) if exists and account.proven else "not tried"
        if account.proven and password in ("refused", "not tried"):
            reason = unreachable(account, client, known)
            if reason:
                raise ValueError("accounts: the password of %s cannot be proven: %s" % (account.label, reason))
        if exists:
            accounts[account.label] = FoundAccount(password, tuple(server.grants(_quoted(server, account))), _roles(server, account))
    return Found({one.name: databases[one.name] for one in want.databases if one.name in databases}, accounts)


def _quoted(server: Server, account: Account) -> str:
    return server.value("SELECT CONCAT(QUOTE(%s), '@', QUOTE(%s))", account.user, account.host)


def _roles(server: Server, account: Account) -> tuple[str, ...]:
    # SHOW GRANTS would list the server's mandatory roles too, which nobody can take away.
    rows = server.rows(
        "SELECT CONCAT(QUOTE(FROM_USER), '@', QUOTE(FROM_HOST)) FROM mysql.role_edges WHERE TO_USER = %s AND TO_HOST = %s",
        account.user,
        account.host,
    )
    return tuple(sorted(role for (role,) in rows))


def _proof(server: Server, account: Account) -> str:
    """Whether the server lets the account in with its password. Hashes are salted, so only a login tells."""
    login = server.as_account(account.user, account.password)
    try:
        current = login.value("SELECT CURRENT_USER()")
    except login.pymysql.err.MySQLError as error:
        number = _mysql.error_number(error)
        if number == _mysql.ACCOUNT_LOCKED:
            return "locked"
        if number in _mysql.REFUSED:
            return "refused"
        raise
    finally:
        login.close()
    return "accepted" if current.lower() == account.label.lower() else "refused"


def unreachable(account: Account, client: str, known: t.Iterable[tuple[str, str]]) -> str | None:
    """Why a login from I(client), as the server names this host, would not end at the account; None when it would."""
    remedy = "run the module where it can, or set update_password: on_create"
    if not host_matches(account.host, client):
        return "its host part does not match %s, which is where this login comes from; %s" % (client, remedy)
    for user, host in sorted(known):
        caught = user in ("", account.user) and host_matches(host, client) and _width(host) < _width(account.host)
        if caught and (user, host) != (account.user, account.host):
            return "the account '%s'@'%s' catches logins from %s before it does; drop that account, or %s" % (user, host, client, remedy)
    return None


def _width(host: str) -> int:
    """How wide a host part is: the server tries narrow ones first."""
    if host in ("%", ""):
        return 3
    if "%" in host or "_" in host:
        return 2
    return 1 if "/" in host else 0


def host_matches(pattern: str, client: str) -> bool:
    """Whether a host part (a name or address, with C(%) and C(_) as wildcards, or a network) accepts a client."""
    if "/" in pattern:
        try:
            return ipaddress.ip_address(client) in ipaddress.ip_network(pattern, strict=False)
        except ValueError:
            return False
    regex = "".join({"%": ".*", "_": "."}.get(letter, re.escape(letter)) for letter in pattern or "%")
    return re.match(regex + r"\Z", client, re.IGNORECASE) is not None


# -- plan --------------------------------------------------------------------------------------------------------------


def plan(found: Found, want: Wanted) -> list[Change]:
    """The differences as plain data, in the order in which they are to be made. Holds no secret."""
    changes: list[Change] = []
    for database in want.databases:
        there = found.databases.get(database.name)
        if there != database:
            changes.append({"action": "alter_database" if there else "create_database", "database": database.name, **_text(database)})
    for account in want.accounts:
        changes.extend({"action": action, "account": account.label, **rest} for action, rest in _account_plan(found, account))
    return changes


def _text(database: Database) -> dict[str, str]:
    return {"encoding": database.encoding, "collation": database.collation}


def _account_plan(found: Found, account: Account) -> t.Iterator[tuple[str, dict[str, t.Any]]]:
    there = found.accounts.get(account.label)
    if there is None:
        yield "create_account", {}
        there = FoundAccount("accepted", ())
    if there.password == "locked":
        yield "unlock_account", {}
    if there.password == "refused":
        yield "set_password", {}
    has = {grant.scope: grant for grant in there.grants}
    lists = {grant.scope: grant for grant in account.grants}
    for role in there.roles:
        yield "revoke_role", {"role": role}
    for scope, grant in has.items():
        extra, option = _surplus(grant, lists.get(scope, Grant(scope, frozenset())))
        if extra:
            yield "revoke", {"scope": scope, "privileges": sorted(extra), "grant_option": False}
        if option:
            yield "revoke", {"scope": scope, "privileges": [], "grant_option": True}
    for scope, grant in lists.items():
        before = has.get(scope, Grant(scope, frozenset()))
        kept = before.privileges - _surplus(before, grant)[0]
        if grant.privileges - kept or (grant.grant_option and not before.grant_option):
            yield "grant", {"scope": scope, "privileges": sorted(grant.privileges), "grant_option": grant.grant_option}


def _surplus(has: Grant, lists: Grant) -> tuple[frozenset[str], bool]:
    """The privileges, and whether the grant option, that a scope has beyond what is listed."""
    extra = frozenset() if "ALL" in lists.privileges else has.privileges - lists.privileges
    return extra, has.grant_option and not lists.grant_option


def difference(found: Found, want: Wanted) -> dict[str, t.Any]:
    """The state before and after, for --diff. Holds no secret."""
    after = Found(
        {one.name: one for one in want.databases},
        {one.label: FoundAccount("accepted" if one.proven else "not tried", one.grants) for one in want.accounts},
    )
    return {"before": _shown(found), "after": _shown(after)}


def _shown(state: Found) -> dict[str, t.Any]:
    return {
        "databases": {one.name: _text(one) for one in state.databases.values()},
        "accounts": {
            label: {
                "password": one.password,
                "grants": sorted(_grant_text(grant) for grant in one.grants) + ["role " + role for role in one.roles],
            }
            for label, one in state.accounts.items()
        },
    }


def _grant_text(grant: Grant) -> str:
    return "%s ON %s%s" % (", ".join(sorted(grant.privileges)) or "USAGE", grant.scope, " WITH GRANT OPTION" if grant.grant_option else "")


# -- apply -------------------------------------------------------------------------------------------------------------


def apply(server: Server, want: Wanted, changes: t.Iterable[Change]) -> None:
    accounts = {account.label: account for account in want.accounts}
    for change in changes:
        statement, arguments = _account_statement(change, accounts[change["account"]]) if "account" in change else _database_statement(change)
        server.rows(statement, *arguments)


# A statement has C(%s) for each of its arguments; names that cannot be arguments are quoted in it.


def _database_statement(change: Change) -> tuple[str, tuple[str, ...]]:
    verb = {"create_database": "CREATE", "alter_database": "ALTER"}[change["action"]]
    statement = "%s DATABASE %s CHARACTER SET %%s COLLATE %%s" % (verb, _escaped("`%s`" % change["database"].replace("`", "``")))
    return statement, (change["encoding"], change["collation"])


def _account_statement(change: Change, account: Account) -> tuple[str, tuple[str, ...]]:
    action, who = change["action"], (account.user, account.host)
    if action in ("create_account", "set_password"):
        verb = {"create_account": "CREATE", "set_password": "ALTER"}[action]
        return "%s USER %%s@%%s IDENTIFIED WITH caching_sha2_password BY %%s" % verb, (*who, account.password)
    if action == "unlock_account":
        return "ALTER USER %s@%s ACCOUNT UNLOCK", who
    if action == "revoke_role":
        return "REVOKE %s FROM %%s@%%s" % _escaped(change["role"]), who
    privileges = ["ALL PRIVILEGES" if name == "ALL" else name for name in change["privileges"]] or ["GRANT OPTION"]
    what = _escaped("%s ON %s" % (", ".join(privileges), change["scope"]))
    if action == "revoke":
        return "REVOKE %s FROM %%s@%%s" % what, who
    return "GRANT %s TO %%s@%%s%s" % (what, " WITH GRANT OPTION" if change["grant_option"] else ""), who


def _escaped(sql: str) -> str:
    """SQL text that PyMySQL's formatting leaves as it is."""
    return sql.replace("%", "%%")


# -- the module --------------------------------------------------------------------------------------------------------


def run(module: t.Any) -> None:
    """Ends the module: read, plan, apply unless in check mode, read again."""
    try:
        want = wanted(module.params)
    except ValueError as error:
        module.fail_json(msg="%s." % error)
    library = (_libraries.available("pymysql") and _libraries.available("cryptography")) or not module.check_mode
    server = _mysql.server(module, library)
    if not library:
        _exit(module, NOTHING, want, "planned without looking: PyMySQL[rsa] is not installed yet")
    try:
        server.connect()
    except server.pymysql.err.MySQLError as error:
        if module.check_mode and _mysql.is_absent(error):
            _exit(module, NOTHING, want, "planned without looking: nothing listens at %s yet" % server.address)
        module.fail_json(
            msg="Could not log in to %s as %s (%s): %s."
            % (server.address, module.params["login_user"], _mysql.error_text(error), _mysql.login_advice(error, server))
        )
    try:
        version = server.value("SELECT VERSION()")
        if "mariadb" in version.lower() or _mysql.version_numbers(version) < (8,):
            raise ValueError("the server at %s is version %s; name a MySQL server of version 8.0.28 or newer" % (server.address, version))
        found = read(server, want)
        changes = plan(found, want)
        if changes and not module.check_mode:
            apply(server, want, changes)
            left = plan(read(server, want), want)
            if left:
                raise ValueError("the server took every change and yet differs: %s" % left)
    except ValueError as error:
        module.fail_json(msg="%s." % error)
    except server.pymysql.err.MySQLError as error:
        module.fail_json(msg="The server %s refused a statement (%s)." % (server.address, _mysql.error_text(error)))
    _exit(module, found, want)


def _exit(module: t.Any, found: Found, want: Wanted, warning: str = "") -> None:
    changes = plan(found, want)
    if warning:
        module.warn(warning)
    for change in changes:
        if change["action"] == "alter_database":
            module.warn("the new collation of %s counts for new tables; existing tables are not converted" % change["database"])
    module.exit_json(changed=bool(changes), changes=changes, diff=difference(found, want))
