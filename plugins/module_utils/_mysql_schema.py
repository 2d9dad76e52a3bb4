# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Databases, accounts and grants of a MySQL server: wanted -> read -> plan -> apply -> read again. PRIVATE to the collection."""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import typing as t

from ansible_collections.baremetal.wandb.plugins.module_utils import _libraries, _mysql
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql import Grant, Server

# Accounts that the server or its package needs; an exact list of grants would break them.
RESERVED = ("root", "mysql.sys", "mysql.session", "mysql.infoschema", "debian-sys-maint")
OWN_DATABASES = ("mysql", "sys", "information_schema", "performance_schema")
LOCAL = ("localhost", "127.0.0.1", "::1")
SOCKET_PLUGIN = "auth_socket"
PASSWORD_PLUGINS = ("caching_sha2_password", "sha256_password", "mysql_native_password")
PLUGIN = "caching_sha2_password"
USER_LIMIT_REACHED = 1226
MAX_PASSWORD = 256  # bytes
MAX_LIMIT = 2**32 - 1  # a larger one is silently made another

# What the columns of mysql.user hold, and the words of CREATE USER for it.
TLS = {"": "none", "ANY": "ssl", "X509": "x509", "SPECIFIED": "specified"}
REQUIRE = {"none": "NONE", "ssl": "SSL", "x509": "X509"}
LIMITS = ("queries_per_hour", "updates_per_hour", "connections_per_hour", "connections")

Change = t.Dict[str, t.Any]


class Database(t.NamedTuple):
    name: str
    encoding: str
    collation: str


class Account(t.NamedTuple):
    """An account as it should be. I(password) is a secret. I(limits) are in the order of C(LIMITS)."""

    user: str
    host: str
    password: str
    grants: tuple[Grant, ...]
    update: str = "proven"
    old_password: str = "keep"
    tls: str = "none"
    limits: tuple[int, ...] = (0, 0, 0, 0)

    @property
    def label(self) -> str:
        return "%s@%s" % (self.user, self.host)


class Wanted(t.NamedTuple):
    databases: tuple[Database, ...]
    accounts: tuple[Account, ...]
    hardened: bool = False


class FoundAccount(t.NamedTuple):
    """An account as it is. I(password) is C(accepted) or C(refused) after a login, C(not tried) without one. I(second) tells of a second
    password, which RETAIN CURRENT PASSWORD made."""

    password: str
    grants: tuple[Grant, ...] = ()
    roles: tuple[str, ...] = ()
    plugin: str = PLUGIN
    locked: bool = False
    second: bool = False
    tls: str = "none"
    limits: tuple[int, ...] = (0, 0, 0, 0)


class Found(t.NamedTuple):
    """What the server has of what is wanted: databases by name, accounts by label. I(unproven) has why the password of an account cannot be
    tried, by label, I(intruders) user and host of accounts that a hardened server does not have, I(test_tables) how many tables are in the
    database C(test) that it does not have either, I(open_root) that root@localhost has no password on it, I(plugins) the active ones by name."""

    databases: dict[str, Database]
    accounts: dict[str, FoundAccount]
    unproven: dict[str, str] = {}
    intruders: tuple[tuple[str, str], ...] = ()
    test_tables: int | None = None
    open_root: bool = False
    plugins: frozenset[str] = frozenset([SOCKET_PLUGIN])


NOTHING = Found({}, {})


# -- wanted ------------------------------------------------------------------------------------------------------------


def wanted(params: t.Mapping[str, t.Any]) -> Wanted:
    """The module's options as data. Raises ValueError with one sentence on a value that cannot be meant."""
    databases = tuple(_database(one) for one in params["databases"])
    accounts = tuple(_account(one) for one in params["accounts"])
    _unique("databases", [one.name for one in databases])
    _unique("accounts", [one.label for one in accounts])
    return Wanted(databases, accounts, params["hardened"])


def _unique(option: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError("%s lists %s twice" % (option, name))


def _database(one: t.Mapping[str, t.Any]) -> Database:
    if not _is_name(one["name"], 64) or re.search(r"[`/\\]", one["name"]):
        raise ValueError(
            "databases: %s is no name of a database; give one without backticks, slashes, emoji and spaces at its ends, of at most 64 characters, for"
            " example wandb_local" % (one["name"] or "''")
        )
    if one["name"].lower() in OWN_DATABASES:
        raise ValueError("databases: %s belongs to the server itself and is not managed here; name another, for example wandb_local" % one["name"])
    if one["collation"] != "binary" and not one["collation"].startswith(one["encoding"] + "_"):
        raise ValueError(
            "databases: the collation %s of %s is not one of the encoding %s; for example utf8mb4 goes with utf8mb4_general_ci"
            % (one["collation"], one["name"], one["encoding"])
        )
    return Database(one["name"], one["encoding"], one["collation"])


def _is_name(name: str, longest: int) -> bool:
    """Whether the server keeps a name as it is: it holds names in utf8mb3, which ends at U+FFFF, and cuts spaces off at their ends."""
    return 1 <= len(name) <= longest and name == name.strip() and all("\0" < letter <= "\uffff" for letter in name)


def _is_network(host: str) -> bool:
    """Whether a client can match a host part with a mask: the server compares the masked address with the part before the slash."""
    address, dummy, mask = host.partition("/")
    try:
        network = ipaddress.IPv4Network(host)
    except ValueError:
        return False
    return str(network.network_address) == address and mask in (str(network.prefixlen), str(network.netmask))


def _account(one: t.Mapping[str, t.Any]) -> Account:
    name, host = one["name"], one["host"].lower()
    if not _is_name(name, 32) or not _is_name(host, 255) or "`" in name + host:
        raise ValueError(
            "accounts: %s@%s is no account; a name has 1 to 32 characters and a host 1 to 255, none of them a backtick, an emoji or a space at an end, for"
            " example name wandb_local, host %%" % (name or "''", host or "''")
        )
    if "/" in host and not _is_network(host):
        raise ValueError(
            "accounts: no client matches the host %s of %s; a network is the lowest of its IPv4 addresses with the bits or the mask, for example 10.0.0.0/24"
            % (host, name)
        )
    if name in RESERVED:
        raise ValueError("accounts: %s belongs to the server itself and is not managed here; name another, for example wandb_local" % name)
    if not one["password"]:
        raise ValueError("accounts: the password of %s is empty; generate one, for example with openssl rand -hex 24" % name)
    if len(one["password"].encode()) > MAX_PASSWORD:
        raise ValueError(
            "accounts: the password of %s is longer than the %d bytes that %s takes; generate one, for example with openssl rand -hex 24"
            % (name, MAX_PASSWORD, PLUGIN)
        )
    limits = tuple(one["resource_limits"][limit] for limit in LIMITS)
    if min(limits) < 0 or max(limits) > MAX_LIMIT:
        raise ValueError("accounts: a resource limit of %s is not from 0, which stands for no limit, to %d, for example connections: 0" % (name, MAX_LIMIT))
    grants = one["grants"]
    if grants is None:
        grants = [GUIDE_GRANT] if name == GUIDE_ACCOUNT else []
    granted = tuple(_grant(grant) for grant in grants)
    _unique("accounts: grants of %s" % name, [grant.scope for grant in granted])
    return Account(name, host, one["password"], granted, one["update_password"], one["old_password"], one["tls"], limits)


# https://docs.wandb.ai, installation on machines of one's own: what the guide has one type into mysql.
GUIDE_ACCOUNT = "wandb_local"
GUIDE_GRANT = {"scope": "wandb_local.*", "privileges": ["ALL"], "grant_option": True}

_SCOPE = re.compile(r"(\*|`[^`]+`|[^`.*]+)\.(\*|`[^`]+`|[^`.*]+)$")


def _grant(one: t.Mapping[str, t.Any]) -> Grant:
    match = _SCOPE.match(one["scope"])
    if not match or (match[1] == "*" and match[2] != "*") or max(one["scope"]) > "\uffff":
        raise ValueError("accounts: %s is no scope of a grant; for example wandb_local.* for a whole database" % one["scope"])
    scope = ".".join(part if part == "*" else "`%s`" % part.strip("`") for part in match.groups())
    privileges = frozenset(" ".join(name.upper().split()) for name in one["privileges"])
    bad = sorted(name for name in privileges if not re.match(r"[A-Z_][A-Z_ ]*$", name) or name in ("GRANT OPTION", "USAGE"))
    if bad or not privileges:
        raise ValueError("accounts: %s is no privilege; for example ALL, or SELECT and INSERT" % (bad[0] if bad else "an empty list"))
    if privileges & {"ALL", "ALL PRIVILEGES"}:
        privileges = frozenset(["ALL"])
    if "PROXY" in privileges:
        raise ValueError("accounts: PROXY is for another account, not for %s, and is not managed here; for example SELECT and INSERT" % one["scope"])
    strange = sorted(privileges - (_mysql.DATABASE_PRIVILEGES if match[2] == "*" else _mysql.TABLE_PRIVILEGES) - {"ALL"})
    if scope != "*.*" and strange:
        raise ValueError("accounts: %s is no privilege on %s; for example ALL, or SELECT and INSERT" % (strange[0], one["scope"]))
    if scope == "*.*" and ("ALL" in privileges or one["grant_option"]):
        raise ValueError("accounts: name the privileges on *.* one by one and without grant_option, for example REPLICATION SLAVE")
    return Grant(scope, privileges, one["grant_option"])


# -- read --------------------------------------------------------------------------------------------------------------


def read(server: Server, want: Wanted) -> Found:
    """Looks at what is there. Raises ValueError on what this server does not know."""
    _known_to(server, want)
    users = {
        (row[0], row[1].lower()): row[2:]
        for row in server.rows(
            "SELECT User, Host, plugin, account_locked, JSON_CONTAINS_PATH(COALESCE(User_attributes, '{}'), 'one', '$.additional_password'),"
            " ssl_type, max_questions, max_updates, max_connections, max_user_connections FROM mysql.user"
        )
    }
    bare = {(user, host.lower()) for user, host in server.rows(BARE, PASSWORD_PLUGINS)} if want.hardened else set()
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
    accounts, unproven = {}, {}
    for account in want.accounts:
        row = users.get((account.user, account.host))
        reason = unreachable(account, client, users, bool(server.options["ssl_cert"]))
        password = "not tried"
        if row and account.update != "on_create":
            password = _proof_over_network(server, account, users) if reason else _proof(server, account)
        if reason and password == "not tried":
            unproven[account.label] = reason
        if row:
            plugin, locked, second, tls, *limits = row
            grants = tuple(server.grants(_quoted(server, account)))
            roles = _roles(server, account)
            accounts[account.label] = FoundAccount(password, grants, roles, plugin, locked == "Y", bool(second), TLS[tls], tuple(limits))
    wanted_databases = {one.name: databases[one.name] for one in want.databases if one.name in databases}
    strangers = {who for who in users if who[0] == "" or (who[0] == "root" and who[1] not in LOCAL)} | (bare - {ROOT}) if want.hardened else set()
    intruders = tuple(sorted(strangers))
    if tuple(current.rsplit("@", 1)) in intruders:
        raise ValueError("hardened: %s is the account this module is logged in as; let it log in as root@localhost, by the socket" % current)
    tables = None
    if want.hardened and "test" in databases and "test" not in wanted_databases:
        tables = server.value("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'test'")
    if ROOT in bare and not (server.options["login_unix_socket"] and os.geteuid() == 0):  # who is not root would lock itself out
        raise ValueError("hardened: root@localhost has no password; log in by the socket, as root of the host, so that the server can know root by that")
    plugins = frozenset(name for (name,) in server.rows("SELECT PLUGIN_NAME FROM information_schema.PLUGINS WHERE PLUGIN_STATUS = 'ACTIVE'"))
    return Found(wanted_databases, accounts, unproven, intruders, tables, ROOT in bare, plugins)


ROOT = ("root", "localhost")
BARE = "SELECT User, Host FROM mysql.user WHERE User = 'root' AND authentication_string = '' AND plugin IN %s"


def _known_to(server: Server, want: Wanted) -> None:
    """Raises ValueError for a privilege, a table, a character set or a collation that the server does not have."""
    privileges = {name.upper() for name, dummy, dummy in server.rows("SHOW PRIVILEGES")}
    for account in want.accounts:
        for grant in account.grants:
            strange = sorted(grant.privileges - privileges - {"ALL"})
            if strange:
                raise ValueError("accounts: this server has no privilege %s, which %s is to have; see SHOW PRIVILEGES" % (strange[0], account.label))
            database, table = _SCOPE.match(grant.scope).groups()
            if table == "*" or grant.privileges & {"ALL", "CREATE"}:  # who may make a table can be granted it before it is there
                continue
            names = [name.strip("`") for name in (database, table)]
            if not server.value("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s", *names):
                raise ValueError(
                    "accounts: this server has no table %s, which %s is to have privileges on; make it first, or name another scope, for example %s.*"
                    % (grant.scope, account.label, names[0])
                )
    collations = set(server.rows("SELECT CHARACTER_SET_NAME, COLLATION_NAME FROM information_schema.COLLATIONS"))
    for database in want.databases:
        if (database.encoding, database.collation) not in collations:
            raise ValueError(
                "databases: this server has no collation %s of the encoding %s, which %s is to have; for example utf8mb4_general_ci of utf8mb4"
                % (database.collation, database.encoding, database.name)
            )


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
        login.connect()
    except login.pymysql.err.MySQLError as error:
        number = _mysql.error_number(error)
        if number in (_mysql.ACCOUNT_LOCKED, USER_LIMIT_REACHED):  # said only to who has the password
            return "accepted"
        if number in _mysql.REFUSED:
            return "refused"
        raise
    finally:
        login.close()
    return "accepted"


_CLIENT = re.compile(r"Access denied for user '.*'@'(?P<client>[^']*)' \(")  # of a refused login, which names the client as the server does


def _proof_over_network(server: Server, account: Account, known: t.Collection[tuple[str, str]]) -> str:
    """The same from the address proof_host: such a login may end at the account where one by the way of the module does not. What is not sure was not tried."""
    if not server.options["proof_host"]:
        return "not tried"
    options = {"login_unix_socket": None, "login_host": server.options["proof_host"], "login_user": account.user, "login_password": account.password}
    login = Server(server.pymysql, {**server.options, **options})
    try:
        if login.value("SELECT CURRENT_USER()").rsplit("@", 1)[1].lower() == account.host:
            return "accepted"
    except login.pymysql.err.MySQLError as error:
        client = _CLIENT.search(_mysql.error_text(error))
        if client:
            names = {client["client"], _address_towards(server.options["proof_host"], server.options["login_port"])}
            matched = any(not unreachable(account, name, (), bool(server.options["ssl_cert"])) for name in names)
            if matched and not any(_catching(account, name, known) for name in names):
                return "refused"
    finally:
        login.close()
    return "not tried"


def _address_towards(host: str, port: int) -> str:
    """The address of this host in a connection to another; the server goes by it as well as by the name that it finds for it."""
    family, kind, dummy, dummy, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind) as unsent:
        unsent.connect(address)
        return unsent.getsockname()[0]


def unreachable(account: Account, client: str, known: t.Iterable[tuple[str, str]], certificate: bool = False) -> str | None:
    """Why a login from I(client), as the server names this host, with or without a I(certificate), would not end at the account; None when it would."""
    if account.tls == "x509" and not certificate:
        return "it needs a client's certificate, which ssl_cert and ssl_key would give"
    if not host_matches(account.host, client):
        return "its host part does not match %s, which is where this login comes from" % client
    catching = _catching(account, client, known)
    return "the account '%s'@'%s' catches logins from %s before it does" % (*catching, client) if catching else None


def _catching(account: Account, client: str, known: t.Iterable[tuple[str, str]]) -> tuple[str, str] | None:
    """User and host of the account that the server takes for this one in a login from a client."""
    for user, host in sorted(known):
        if user in ("", account.user) and host_matches(host, client) and _width(host) < _width(account.host):
            return user, host
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
    changes: list[Change] = [{"action": "drop_account", "account": "%s@%s" % who} for who in found.intruders]
    if found.open_root:
        if SOCKET_PLUGIN not in found.plugins:
            changes.append({"action": "install_plugin", "plugin": SOCKET_PLUGIN})
        changes.append({"action": "know_by_socket", "account": "%s@%s" % ROOT})
    if found.test_tables == 0:
        changes.append({"action": "drop_database", "database": "test"})
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
    demands = {"tls": account.tls, "resource_limits": dict(zip(LIMITS, account.limits))}
    if there is None:
        yield "create_account", demands
        there = FoundAccount("accepted", tls=account.tls, limits=account.limits)
    if there.locked:
        yield "unlock_account", {}
    if sets_password(found, account, there):
        yield "set_password", {}
    if discards_old(found, account, there):
        yield "discard_old_password", {}
    if (there.tls, there.limits) != (account.tls, account.limits):
        yield "set_requirements", demands
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


def sets_password(found: Found, account: Account, there: FoundAccount) -> bool:
    """Whether the password is set anew. Before the old one is discarded it always is, since the account's first password may be another one."""
    if there.second and account.old_password == "discard":
        return True
    if account.update == "on_create":
        return False
    if account.label in found.unproven and account.label in found.accounts:
        return account.update == "always"
    return there.password == "refused" or there.plugin != PLUGIN


def discards_old(found: Found, account: Account, there: FoundAccount) -> bool:
    """Whether the second password is ended: the server keeps it when another first one is set."""
    return there.second and (account.old_password == "discard" or account.old_password == "keep" and sets_password(found, account, there))


def _surplus(has: Grant, lists: Grant) -> tuple[frozenset[str], bool]:
    """The privileges, and whether the grant option, that a scope has beyond what is listed."""
    extra = frozenset() if "ALL" in lists.privileges else has.privileges - lists.privileges
    return extra, has.grant_option and not lists.grant_option


def difference(found: Found, want: Wanted) -> dict[str, t.Any]:
    """The state before and after, for --diff. Holds no secret."""
    after = {}
    for one in want.accounts:
        there = found.accounts.get(one.label)
        password = "not tried"
        if not there or one.update != "on_create":
            password = "accepted" if one.label not in found.unproven else "set" if not there or sets_password(found, one, there) else "not tried"
        second = bool(there and there.second and not discards_old(found, one, there))
        if there and one.old_password == "retain" and sets_password(found, one, there):
            second = True
        after[one.label] = FoundAccount(password, one.grants, (), PLUGIN, False, second, one.tls, one.limits)
    shown = {
        "before": _shown(found, found.accounts),
        "after": _shown(Found({one.name: one for one in want.databases}, {}), after),
    }
    if found.open_root:
        shown["before"]["accounts"]["%s@%s" % ROOT] = "no password"
        shown["after"]["accounts"]["%s@%s" % ROOT] = "known by the socket"
    return shown


def _shown(state: Found, accounts: t.Mapping[str, FoundAccount]) -> dict[str, t.Any]:
    shown = {
        "databases": {one.name: _text(one) for one in state.databases.values()},
        "accounts": {label: _shown_account(one) for label, one in accounts.items()},
    }
    shown["accounts"].update({"%s@%s" % who: "not on a hardened server" for who in state.intruders})
    if state.test_tables == 0:
        shown["databases"]["test"] = "not on a hardened server"
    return shown


def _shown_account(one: FoundAccount) -> dict[str, t.Any]:
    """What is not as usual is named, the rest left out."""
    unusual = {
        "plugin": "" if one.plugin == PLUGIN else one.plugin,
        "locked": one.locked,
        "old_password": "accepted, too" if one.second else "",
        "tls": "" if one.tls == "none" else one.tls,
        "resource_limits": {name: value for name, value in zip(LIMITS, one.limits) if value},
    }
    return {
        "password": one.password,
        "grants": sorted(_grant_text(grant) for grant in one.grants) + ["role " + role for role in one.roles],
        **{name: value for name, value in unusual.items() if value},
    }


def _grant_text(grant: Grant) -> str:
    return "%s ON %s%s" % (", ".join(sorted(grant.privileges)) or "USAGE", grant.scope, " WITH GRANT OPTION" if grant.grant_option else "")


# -- apply -------------------------------------------------------------------------------------------------------------


def refuse(found: Found, want: Wanted) -> None:
    """Raises ValueError for what would lose a password that is still in use."""
    for account in want.accounts:
        there = found.accounts.get(account.label)
        if there and account.old_password == "retain" and sets_password(found, account, there):
            if there.second:
                raise ValueError(
                    "accounts: %s has two passwords already and a third would end one of them; end that rotation with old_password: discard" % account.label
                )
            if there.plugin != PLUGIN:
                raise ValueError(
                    "accounts: the password of %s is one of %s, which cannot be retained beside one of %s; set old_password: keep"
                    % (account.label, there.plugin, PLUGIN)
                )


def apply(server: Server, want: Wanted, changes: t.Iterable[Change]) -> None:
    accounts = {account.label: account for account in want.accounts}
    for change in changes:
        statement, arguments = _statement(change, accounts.get(change.get("account", "")))
        server.rows(statement, *arguments)


# A statement has C(%s) for each of its arguments; names that cannot be arguments are quoted in it.


def _statement(change: Change, account: Account | None) -> tuple[str, tuple[str, ...]]:
    if account:
        return _account_statement(change, account)
    if change["action"] == "drop_account":
        return "DROP USER %s@%s", tuple(change["account"].rsplit("@", 1))
    if change["action"] == "install_plugin":
        return "INSTALL PLUGIN %s SONAME '%s.so'" % (change["plugin"], change["plugin"]), ()
    if change["action"] == "know_by_socket":
        return "ALTER USER %%s@%%s IDENTIFIED WITH %s" % SOCKET_PLUGIN, tuple(change["account"].rsplit("@", 1))
    return _database_statement(change)


def _database_statement(change: Change) -> tuple[str, tuple[str, ...]]:
    if change["action"] == "drop_database":
        return "DROP DATABASE `test`", ()
    verb = {"create_database": "CREATE", "alter_database": "ALTER"}[change["action"]]
    statement = "%s DATABASE %s CHARACTER SET %%s COLLATE %%s" % (verb, _escaped("`%s`" % change["database"].replace("`", "``")))
    return statement, (change["encoding"], change["collation"])


def _account_statement(change: Change, account: Account) -> tuple[str, tuple[str, ...]]:
    action, who = change["action"], (account.user, account.host)
    if action == "create_account":
        return "CREATE USER %%s@%%s IDENTIFIED WITH %s BY %%s %s" % (PLUGIN, _demands(account)), (*who, account.password)
    if action == "set_password":
        retain = " RETAIN CURRENT PASSWORD" if account.old_password == "retain" else ""
        return "ALTER USER %%s@%%s IDENTIFIED WITH %s BY %%s%s" % (PLUGIN, retain), (*who, account.password)
    if action == "discard_old_password":
        return "ALTER USER %s@%s DISCARD OLD PASSWORD", who
    if action == "set_requirements":
        return "ALTER USER %%s@%%s %s" % _demands(account), who
    if action == "unlock_account":
        return "ALTER USER %s@%s ACCOUNT UNLOCK", who
    if action == "revoke_role":
        return "REVOKE %s FROM %%s@%%s" % _escaped(change["role"]), who
    privileges = ["ALL PRIVILEGES" if name == "ALL" else name for name in change["privileges"]] or ["GRANT OPTION"]
    what = _escaped("%s ON %s" % (", ".join(privileges), change["scope"]))
    if action == "revoke":
        return "REVOKE %s FROM %%s@%%s" % what, who
    return "GRANT %s TO %%s@%%s%s" % (what, " WITH GRANT OPTION" if change["grant_option"] else ""), who


def _demands(account: Account) -> str:
    words = ("MAX_QUERIES_PER_HOUR", "MAX_UPDATES_PER_HOUR", "MAX_CONNECTIONS_PER_HOUR", "MAX_USER_CONNECTIONS")
    return "REQUIRE %s WITH %s" % (REQUIRE[account.tls], " ".join("%s %d" % one for one in zip(words, account.limits)))


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
        if "mariadb" in version.lower() or _mysql.version_numbers(version) < (8, 0, 28):
            raise ValueError("the server at %s is version %s; name a MySQL server of version 8.0.28 or newer" % (server.address, version))
        found = read(server, want)
        refuse(found, want)
        changes = plan(found, want)
        if changes and not module.check_mode:
            apply(server, want, changes)
            left = _left(server, want)
            if left and found.intruders:  # an account without a name caught the login that was to prove the password
                apply(server, want, left)
                left = _left(server, want)
            if left:
                raise ValueError("the server took every change and yet differs: %s" % left)
    except ValueError as error:
        module.fail_json(msg="%s." % error)
    except server.pymysql.err.MySQLError as error:
        module.fail_json(msg="The server %s refused a statement (%s)." % (server.address, _mysql.error_text(error)))
    _exit(module, found, want)


def _left(server: Server, want: Wanted) -> list[Change]:
    """What differs still, but for passwords that are set without being proven."""
    found = read(server, want)
    return [change for change in plan(found, want) if not (change["action"] == "set_password" and change["account"] in found.unproven)]


def _exit(module: t.Any, found: Found, want: Wanted, warning: str = "") -> None:
    changes = plan(found, want)
    if warning:
        module.warn(warning)
    for change in changes:
        if change["action"] == "alter_database":
            module.warn("the new collation of %s counts for new tables; existing tables are not converted" % change["database"])
    if found.test_tables:
        module.warn("the database test has %d tables and is kept; drop it yourself if nobody needs them" % found.test_tables)
    for account in want.accounts:
        there = found.accounts.get(account.label)
        if account.label in found.unproven and there and account.update != "on_create" and not sets_password(found, account, there):
            module.warn(
                "the password of %s was neither tried nor set, since %s; mysql_check proves it from a host where it can log in, update_password: always"
                " sets it, and DROP USER ends an account that catches its logins by mistake" % (account.label, found.unproven[account.label])
            )
    for label, one in found.accounts.items():
        if one.second and not any(change["action"] == "discard_old_password" and change["account"] == label for change in changes):
            module.warn("%s has a second password, which ends with old_password: discard" % label)
    module.exit_json(
        changed=bool(changes),
        changes=changes,
        unproven=[{"account": label, "reason": reason} for label, reason in found.unproven.items()],
        diff=difference(found, want),
    )
