# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A MySQL server as one account sees it, and the words for why it cannot be seen. PRIVATE to the collection."""

from __future__ import annotations

import re
import socket
import ssl
import typing as t

from ansible_collections.baremetal.wandb.plugins.module_utils import _libraries

CONNECTION: dict[str, t.Any] = {
    "login_unix_socket": {"type": "path"},
    "login_host": {"type": "str"},
    "login_port": {"type": "int", "default": 3306},
    "login_user": {"type": "str", "required": True},
    "login_password": {"type": "str", "default": "", "no_log": True},
    "ssl_ca": {"type": "path"},
    "ssl_verify_name": {"type": "bool", "default": False},
    "ssl_cert": {"type": "path"},
    "ssl_key": {"type": "path", "no_log": False},  # the path of the key
    "connect_timeout": {"type": "int", "default": 10},
}

# All privileges of a database: https://dev.mysql.com/doc/refman/8.4/en/privileges-provided.html, context "Databases".
DATABASE_PRIVILEGES = frozenset(
    "ALTER,ALTER ROUTINE,CREATE,CREATE ROUTINE,CREATE TEMPORARY TABLES,CREATE VIEW,DELETE,DROP,EVENT,EXECUTE,INDEX,INSERT,LOCK TABLES,"
    "REFERENCES,SELECT,SHOW VIEW,TRIGGER,UPDATE".split(",")
)

# Those of a table, context "Tables" of the same page.
TABLE_PRIVILEGES = frozenset("ALTER,CREATE,CREATE VIEW,DELETE,DROP,INDEX,INSERT,REFERENCES,SELECT,SHOW VIEW,TRIGGER,UPDATE".split(","))

READ_TIMEOUT = 30  # seconds for one answer; the longest statement here sorts 600 KB or alters a database's default

# https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html and client-error-reference.html
ACCESS_DENIED = 1045
CANNOT_CONNECT = 2003
UNSUPPORTED_TLS = 2026
OTHER_NAME = (62, 64)  # OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH
ACCOUNT_LOCKED = 3118
# The account exists but not with this password: wrong, none set, expired, or kept by a plugin that is gone.
REFUSED = (ACCESS_DENIED, 1698, 1524, 1862, 2059, 2061)


class Origin(t.NamedTuple):
    """Where a server has a variable from: I(source) as C(performance_schema.variables_info) names it, I(path) of an option file."""

    source: str
    path: str


class Server:
    """One connection, opened by the first question, to the server that the module's connection options name."""

    def __init__(self, pymysql: t.Any, options: t.Mapping[str, t.Any]) -> None:
        self.pymysql = pymysql
        self.options = options
        self._connection: t.Any = None
        self._variables: dict[str, str] | None = None
        self._origins: dict[str, Origin] | None = None

    @property
    def address(self) -> str:
        if self.options["login_unix_socket"]:
            return self.options["login_unix_socket"]
        return "%s:%d" % (self.options["login_host"], self.options["login_port"])

    def as_account(self, user: str, password: str) -> Server:
        """The same server, seen by another account."""
        return Server(self.pymysql, {**self.options, "login_user": user, "login_password": password})

    def connect(self) -> None:
        """Logs in. Raises PyMySQL's OperationalError, whose first argument is the error number."""
        if self._connection:
            return
        options = self.options
        try:
            self._connection = self._login(
                ssl_ca=options["ssl_ca"],
                ssl_verify_cert=True if options["ssl_ca"] else None,
                ssl_verify_identity=options["ssl_verify_name"],
                ssl_cert=options["ssl_cert"],
                ssl_key=options["ssl_key"],
            )
        except OSError as error:  # a file that cannot be read
            files = ", ".join(options[name] for name in ("ssl_ca", "ssl_cert", "ssl_key") if options[name])
            raise self.pymysql.err.OperationalError(UNSUPPORTED_TLS, "%s: %s" % (files, error)) from error

    def _login(self, **tls: t.Any) -> t.Any:
        options = self.options
        return self.pymysql.connect(
            unix_socket=options["login_unix_socket"],
            host=options["login_host"],
            port=options["login_port"],
            user=options["login_user"],
            password=options["login_password"].encode(),  # PyMySQL would take only Latin-1
            connect_timeout=options["connect_timeout"],
            read_timeout=READ_TIMEOUT,
            write_timeout=READ_TIMEOUT,
            charset="utf8mb4",
            autocommit=True,
            sql_mode="STRICT_ALL_TABLES",  # one way of quoting, whatever the server's own mode says about it
            **tls,
        )

    def certificate(self) -> bytes:
        """The certificate that the server shows to clients, in DER; empty when it encrypts nothing."""
        anyone = ssl.create_default_context()
        anyone.check_hostname = False
        anyone.verify_mode = ssl.CERT_NONE  # it is looked at, not trusted
        if self.options["ssl_cert"]:
            anyone.load_cert_chain(self.options["ssl_cert"], self.options["ssl_key"])
        try:
            with self._login(ssl=anyone) as connection:
                return connection._sock.getpeercert(binary_form=True)  # PyMySQL has no other way to it
        except self.pymysql.err.OperationalError as error:
            if error_number(error) != UNSUPPORTED_TLS:
                raise
            return b""

    def close(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    def rows(self, statement: str, *arguments: t.Any) -> list[tuple[t.Any, ...]]:
        """Runs one statement, each C(%s) in it replaced by a quoted argument, and returns all rows."""
        self.connect()
        with self._connection.cursor() as cursor:
            cursor.execute(statement, arguments or None)
            return list(cursor.fetchall())

    def value(self, statement: str, *arguments: t.Any) -> t.Any:
        return self.rows(statement, *arguments)[0][0]

    @property
    def variables(self) -> dict[str, str]:
        """The global values of all variables as text, by lower-case name."""
        if self._variables is None:
            self._variables = {key.lower(): value for key, value in self.rows("SHOW GLOBAL VARIABLES")}
        return self._variables

    def variable(self, name: str) -> str | None:
        """The global value of a variable as text, None when the server does not know it."""
        return self.variables.get(name)

    def origins(self) -> dict[str, Origin]:
        """Where each variable has its value from, by lower-case name."""
        if self._origins is None:
            rows = self.rows("SELECT VARIABLE_NAME, VARIABLE_SOURCE, VARIABLE_PATH FROM performance_schema.variables_info")
            self._origins = {name.lower(): Origin(source, path) for name, source, path in rows}
        return self._origins

    def persisted(self) -> dict[str, str]:
        """What SET PERSIST keeps over the option files, by lower-case name. Not to be had before MySQL 8."""
        rows = self.rows("SELECT VARIABLE_NAME, VARIABLE_VALUE FROM performance_schema.persisted_variables ORDER BY 1")
        return {name.lower(): value for name, value in rows}

    def grants(self, account: str = "CURRENT_USER()") -> list[Grant]:
        return parse_grants(row[0] for row in self.rows("SHOW GRANTS FOR " + account))


def server(module: t.Any, library: bool = True) -> Server:
    """The server that the module's options name, or the end of the module with what is wrong with them."""
    options = module.params
    if not (options["login_unix_socket"] or options["login_host"]):
        module.fail_json(msg="login_host is empty; give the server's name or address, for example 10.0.0.12.")
    if options["ssl_verify_name"] and not options["ssl_ca"]:
        module.fail_json(msg="ssl_verify_name needs ssl_ca; name the CA that signed the certificate, for example /etc/ssl/baremetal-wandb/ca.crt.")
    if bool(options["ssl_cert"]) != bool(options["ssl_key"]):
        module.fail_json(
            msg="ssl_cert and ssl_key belong together; give the client's certificate and its key, for example ssl_cert: /etc/ssl/wandb/client.pem and"
            " ssl_key: /etc/ssl/wandb/client.key."
        )
    if not 0 < options["login_port"] < 65536:
        module.fail_json(msg="login_port must be a TCP port from 1 to 65535, for example 3306, not %d." % options["login_port"])
    if not 0 < options["connect_timeout"] <= 3600:
        module.fail_json(msg="connect_timeout must be from 1 to 3600 seconds, for example 10, not %d." % options["connect_timeout"])
    return Server(_libraries.pymysql(module) if library else None, options)


def version_numbers(version: str) -> tuple[int, ...]:
    """A version such as C(8.4.11-0ubuntu0.24.04.1) for comparison: its first three numbers, of C(8.4) the third is 0. Empty for none."""
    numbers = [int(number) for number in re.findall(r"\d+", version)[:3]]
    return tuple(numbers + [0] * (3 - len(numbers))) if numbers else ()


def error_number(error: BaseException) -> int:
    return error.args[0] if error.args and isinstance(error.args[0], int) else 0


def error_text(error: BaseException) -> str:
    """The server's own words, with its error number."""
    return "error %s: %s" % error.args[:2] if len(error.args) >= 2 else str(error)


def is_absent(error: BaseException) -> bool:
    """Whether nothing listens at the address: connection refused, or no socket there."""
    return isinstance(getattr(error, "original_exception", None), (ConnectionRefusedError, FileNotFoundError))


def login_advice(error: BaseException, server: Server) -> str:
    """What to do about a login that failed."""
    number, cause = error_number(error), getattr(error, "original_exception", None)
    user = server.options["login_user"]
    if number == ACCESS_DENIED and user == "root" and server.options["login_unix_socket"]:
        return (
            "root@localhost has a password, and mysql_root_password is another one or empty: set it to the password that root has, or let the server know"
            " root by the socket again: mysql -u root -p --execute \"ALTER USER root@localhost IDENTIFIED WITH auth_socket\""
        )
    if number in (ACCESS_DENIED, 1698) and server.options["login_unix_socket"]:
        return (
            "the account %s has another password, or a second one of its name is for localhost alone and comes before it on the socket: run the role"
            " mysql, which sets the first; a second one, which SELECT user, host FROM mysql.user shows, is yours to remove: DROP USER '%s'@'localhost'"
            % (user, user)
        )
    if number in (ACCESS_DENIED, 1698):
        certificate = (
            "it demands a certificate that another CA or subject signed than that of ssl_cert (REQUIRE ISSUER or SUBJECT)"
            if server.options["ssl_cert"]
            else "it demands a client's certificate (REQUIRE X509), which ssl_cert and ssl_key name"
        )
        return (
            "the server has no account %s for clients from this host, its password is another one, a second account of its name for a narrower host comes"
            " before it, or %s: compare wandb_mysql_user and wandb_mysql_password with SELECT user, host, ssl_type FROM mysql.user; the role mysql sets both"
            " of the account for all hosts (%%), and DROP USER ends a second one" % (user, certificate)
        )
    if number == 1130:
        return "no account of the server accepts clients from this host: the account %s needs a host part that matches it, such as %%" % user
    if number == ACCOUNT_LOCKED:
        return "the account is locked: ALTER USER %s ACCOUNT UNLOCK, or run the role mysql" % user
    if number in (1862, 1820):
        return "the password has expired: set it anew with ALTER USER, or run the role mysql"
    if number in (1524, 2059, 2061):
        return "the account uses an authentication plugin that is not there; it should be caching_sha2_password, which the role mysql sets"
    if number == 3159:
        return "the server demands TLS and none was used: see require_secure_transport on the server"
    if isinstance(cause, ssl.SSLCertVerificationError) and cause.verify_code in OTHER_NAME:
        return (
            "the server's certificate is not for %s: run the roles certificate and mysql with wandb_mysql_certificate, or see wandb_mysql_host"
            % server.options["login_host"]
        )
    # The server's alert may come when it has closed the connection, to which the client still writes.
    refused = re.search("[ _]alert[ _]|broken pipe|reset by peer", error_text(error), re.IGNORECASE)
    if server.options["ssl_cert"] and (number == UNSUPPORTED_TLS or refused):
        return (
            "TLS failed: ssl_cert must name the PEM file of a certificate that the CA of the server's variable ssl_ca signed, ssl_key that of its key, and"
            " ssl_ca, if given, the CA that signed the server's own"
        )
    if number == UNSUPPORTED_TLS or isinstance(cause, ssl.SSLError):
        return (
            "TLS failed: ssl_ca must name the PEM file of the CA that signed the server's certificate, which the role certificate writes to wandb_ca_file"
            " (ssl_ca of the server's variables)"
        )
    if number == 1040:
        return "the server is out of connections: raise mysql_settings.max_connections, or see SHOW PROCESSLIST for who holds them"
    if number == 1129:
        return "the server blocks this host after too many broken connections: run FLUSH HOSTS or TRUNCATE performance_schema.host_cache"
    if isinstance(cause, ConnectionRefusedError):
        return (
            "nothing listens at %s, or a firewall rejects it: see whether the service runs (systemctl status mysql) and listens there (bind_address),"
            " and which rules the hosts have; wandb_mysql_host and wandb_mysql_port name the address" % server.address
        )
    if isinstance(cause, FileNotFoundError):
        return "there is no socket %s: see whether the service runs (systemctl status mysql) and where its variable socket points" % server.address
    if isinstance(cause, socket.gaierror):
        return "the name %s does not resolve on this host: correct wandb_mysql_host or the host's DNS" % server.options["login_host"]
    if isinstance(cause, (socket.timeout, TimeoutError)) or (isinstance(cause, OSError) and cause.errno in (101, 113)):
        return "no answer from %s: see the network and firewalls between this host and the server; wandb_mysql_host names it" % server.address
    if number == 2013:
        return "something at %s took the connection and then did not answer: see whether the server hangs (systemctl status mysql)" % server.address
    if number == 0:
        return "what answers at %s is no MySQL server: correct wandb_mysql_host and wandb_mysql_port" % server.address
    return "see the error log of the server at %s" % server.address


class PartialRevoke(ValueError):
    """An account that may do something everywhere but in one database, in the I(line) of SHOW GRANTS that takes it away."""

    def __init__(self, line: str) -> None:
        super().__init__("the account has partial revokes (%s), which are not managed here" % line)
        self.line = line


class Grant(t.NamedTuple):
    """What SHOW GRANTS says of one scope. I(scope) is SQL text, such as C(`wandb_local`.*), I(privileges) are upper case, C(ALL) for all."""

    scope: str
    privileges: frozenset[str]
    grant_option: bool = False


_NAME = r"`(?:[^`]|``)*`"
_GRANT = re.compile(r"GRANT (?P<privileges>.+?) ON (?P<scope>.+) TO %s@%s(?P<option> WITH GRANT OPTION)?$" % (_NAME, _NAME))
_PRIVILEGE = re.compile(r"[^,(]+(?:\(%s(?:, %s)*\))?" % (_NAME, _NAME))


def parse_grants(lines: t.Iterable[str]) -> list[Grant]:
    """Reads SHOW GRANTS, one Grant a scope. Roles are not scopes and are left out. Raises PartialRevoke, a ValueError, on one."""
    found: dict[str, Grant] = {}
    for line in lines:
        if line.startswith("REVOKE"):
            raise PartialRevoke(line)
        match = _GRANT.match(line)
        if not match:
            continue
        privileges = {name.strip() for name in _PRIVILEGE.findall(match["privileges"])} - {"USAGE"}
        privileges = {"ALL" if name == "ALL PRIVILEGES" else name for name in privileges}
        scope, option = match["scope"], bool(match["option"])
        before = found.get(scope, Grant(scope, frozenset()))
        if privileges or option:
            found[scope] = Grant(scope, before.privileges | privileges, before.grant_option or option)
    return list(found.values())
