# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must hold of the MySQL server of W&B, one fact a function. PRIVATE to the collection."""

from __future__ import annotations

import json
import re
import time
import typing as t

from ansible_collections.baremetal.wandb.plugins.module_utils import _check, _mysql
from ansible_collections.baremetal.wandb.plugins.module_utils._check import Checks, Verdict, equal, failed, passed, skipped, warned
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql import Server, version_numbers

check = Checks()

# Seconds by which the clocks of the server and this host may differ: W&B sorts runs by the times of both.
CLOCK_TOLERANCE = 60

class Want(t.NamedTuple):
    """The module's options that the facts are compared with."""

    database: str
    encoding: str
    collation: str
    expected: dict[str, t.Any]
    minimum_version: str
    write: bool


@check("mysql.login", "the account can log in")
def login(server: Server, want: Want) -> Verdict:
    try:
        server.connect()
    except server.pymysql.err.MySQLError as error:
        return failed(
            "a login as %s at %s" % (server.options["login_user"], server.address),
            _mysql.error_text(error),
            _mysql.login_advice(error, server),
        )
    tls = server.rows("SHOW SESSION STATUS LIKE 'Ssl_version'")
    return passed("%s, %s" % (server.value("SELECT CURRENT_USER()"), tls and tls[0][1] or "not encrypted"))


@check("mysql.flavour", "the server is MySQL", needs=["mysql.login"])
def flavour(server: Server, want: Want) -> Verdict:
    found = "%s %s" % (server.variable("version"), server.variable("version_comment"))
    if "mariadb" in found.lower():
        return failed("MySQL", found, "W&B does not support MariaDB: install MySQL 8 on the host, or name another server in wandb_mysql_host")
    return passed(found, "MySQL")


@check("mysql.version", "the server's version is one that W&B supports", needs=["mysql.flavour"])
def version(server: Server, want: Want) -> Verdict:
    found = server.variable("version") or ""
    expected = "%s or newer, of MySQL 8" % want.minimum_version
    if version_numbers(found) < version_numbers(want.minimum_version):
        return failed(expected, found, "upgrade the server: W&B supports MySQL 8 from 8.0.28 on, and 5.7 not at all")
    if version_numbers(found)[0] > 8:
        return warned(
            expected,
            found,
            "W&B names MySQL 8 only (8.4 LTS is maintained until 2032), and 9.6 removed the functions MD5, SHA1 and SHA, which"
            " INSTALL COMPONENT 'file://component_classic_hashing' brings back",
        )
    return passed(found, expected)


def _variable(server: Server, want: Want, name: str, least: bool = False) -> Verdict:
    expected, found = str(want.expected[name]), server.variable(name)
    holds = found is not None and (int(found) >= int(expected) if least else found.upper() == expected.upper())
    if holds:
        return passed(found, "at least " + expected if least else expected)
    advice = "set mysql_settings.%s to %s, or on a server of your own: SET PERSIST %s = %s" % (name, expected, name, expected)
    return failed("at least " + expected if least else expected, found, advice)


@check("mysql.variable.log_bin", "changes are logged, so that there can be a standby and point-in-time recovery", needs=["mysql.login"])
def log_bin(server: Server, want: Want) -> Verdict:
    advice = "remove skip_log_bin and disable_log_bin from the server's configuration, or set log_bin, then restart the server"
    return equal("ON", server.variable("log_bin"), advice)


@check("mysql.variable.binlog_format", "changes are logged as rows", needs=["mysql.login"])
def binlog_format(server: Server, want: Want) -> Verdict:
    return _variable(server, want, "binlog_format")


@check("mysql.variable.binlog_row_image", "the log holds only the columns that changed", needs=["mysql.login"])
def binlog_row_image(server: Server, want: Want) -> Verdict:
    return _variable(server, want, "binlog_row_image")


@check("mysql.variable.sync_binlog", "a commit is on disk in the log before it is acknowledged", needs=["mysql.login"])
def sync_binlog(server: Server, want: Want) -> Verdict:
    return _variable(server, want, "sync_binlog")


@check("mysql.variable.innodb_flush_log_at_trx_commit", "a commit is on disk in InnoDB before it is acknowledged", needs=["mysql.login"])
def innodb_flush_log_at_trx_commit(server: Server, want: Want) -> Verdict:
    return _variable(server, want, "innodb_flush_log_at_trx_commit")


@check("mysql.variable.innodb_online_alter_log_max_size", "W&B's migrations of large tables can run online", needs=["mysql.login"])
def innodb_online_alter_log_max_size(server: Server, want: Want) -> Verdict:
    return _variable(server, want, "innodb_online_alter_log_max_size", least=True)


@check("mysql.variable.sort_buffer_size", "the sort buffer fits W&B's JSON sorts", needs=["mysql.login"])
def sort_buffer_size(server: Server, want: Want) -> Verdict:
    return _variable(server, want, "sort_buffer_size", least=True)


@check("mysql.database.exists", "the account sees the database", needs=["mysql.login"])
def database_exists(server: Server, want: Want) -> Verdict:
    advice = "create it and grant the account its use, which the role mysql does; wandb_mysql_database names it"
    return passed(want.database) if _database(server, want) else failed(want.database, "no such database", advice)


@check("mysql.database.encoding", "the database stores any character, compared as W&B expects", needs=["mysql.database.exists"])
def database_encoding(server: Server, want: Want) -> Verdict:
    advice = "run the role mysql, or ALTER DATABASE %s CHARACTER SET %s COLLATE %s; tables that exist keep theirs" % (
        want.database,
        want.encoding,
        want.collation,
    )
    return equal("%s, %s" % (want.encoding, want.collation), "%s, %s" % _database(server, want)[0], advice)


def _database(server: Server, want: Want) -> list[tuple[t.Any, ...]]:
    return server.rows(
        "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", want.database
    )


@check("mysql.account.grants", "the account may do everything in the database, and pass it on", needs=["mysql.login"])
def account_grants(server: Server, want: Want) -> Verdict:
    grants = server.grants()
    covering = [grant for grant in grants if covers(grant.scope, want.database)]
    has = frozenset().union(*(grant.privileges for grant in covering))
    missing = frozenset() if "ALL" in has else _mysql.DATABASE_PRIVILEGES - has
    option = any(grant.grant_option for grant in covering)
    expected = "ALL on %s.* with the grant option" % want.database
    if not missing and option:
        return passed(", ".join(grant.scope for grant in covering), expected)
    found = "no grant on it" if not covering else "without " + ", ".join(sorted(missing) + ([] if option else ["GRANT OPTION"]))
    advice = "run the role mysql, or GRANT ALL ON %s.* TO the account WITH GRANT OPTION" % want.database
    return failed(expected, found, advice)


def covers(scope: str, database: str) -> bool:
    """Whether a scope of SHOW GRANTS holds the whole database; in the name of a database C(%) and C(_) are wildcards."""
    if scope == "*.*":
        return True
    if not scope.endswith("`.*"):
        return False
    pattern = scope[1:-3].replace("``", "`")
    wildcards = {"%": ".*", "_": "."}
    regex = "".join(wildcards.get(part, re.escape(part[-1])) for part in re.findall(r"\\[%_\\]|.", pattern, re.DOTALL))
    return re.match(regex + r"\Z", database) is not None


PROBE = "baremetal_wandb_probe"
PROBE_COMMENT = "baremetal.wandb mysql_check: may be dropped"
PROBE_BYTES = 300 * 1024  # a document larger than MySQL's default sort buffer of 256 KiB, which is error 1038 to sort
PROBE_TEXT = "\N{GRINNING FACE} \N{SNOWMAN} ä"


@check("mysql.write", "a table with emoji and large JSON can be made, sorted, read and dropped", needs=["mysql.database.exists"])
def write(server: Server, want: Want) -> Verdict:
    if not want.write:
        return skipped("not tried: this probe writes")
    table = "`%s`.`%s`" % (want.database.replace("`", "``"), PROBE)
    try:
        if not server.value("SELECT GET_LOCK(%s, 20)", PROBE):
            return failed("the only probe at a time", "another one has run for 20 seconds", "see SHOW PROCESSLIST on the server")
        comment = server.rows("SELECT TABLE_COMMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s", want.database, PROBE)
        if comment and comment[0][0] != PROBE_COMMENT:
            return failed("no table %s" % PROBE, "one that this check did not make", "rename or drop the table %s" % table)
        found = _written_and_sorted(server, table)
        server.rows("DO RELEASE_LOCK(%s)", PROBE)
    except server.pymysql.err.MySQLError as error:
        return failed("a write, a sort and a read", _mysql.error_text(error), _write_advice(error))
    return equal("rows 2, 1 as written", found, "the server gave back other rows than were written: see its error log and its disks")


def _written_and_sorted(server: Server, table: str) -> str:
    documents = [json.dumps({"order": order, "text": PROBE_TEXT, "filler": "a" * PROBE_BYTES}) for order in (2, 1)]
    try:
        server.rows("DROP TABLE IF EXISTS " + table)  # left by a crash
        server.rows("CREATE TABLE %s (id INT PRIMARY KEY, document JSON) CHARACTER SET utf8mb4 COMMENT '%s'" % (table, PROBE_COMMENT))
        server.rows("INSERT INTO " + table.replace("%", "%%") + " VALUES (1, %s), (2, %s)", *documents)
        rows = server.rows("SELECT id, document FROM %s ORDER BY document->'$.order'" % table)
    except server.pymysql.err.MySQLError:
        server.close()  # the server may have ended the connection; the next statement opens another one
        raise
    finally:
        server.rows("DROP TABLE IF EXISTS " + table)
    intact = all(json.loads(document) == json.loads(documents[id - 1]) for id, document in rows)
    return "rows %s %s" % (", ".join(str(id) for id, document in rows), "as written" if intact else "altered")


def _write_advice(error: BaseException) -> str:
    read_only = "the server is read-only: is it a standby? wandb_mysql_host must name the primary"
    full = "the disk of the server is full"
    denied = "the account lacks a privilege: see mysql.account.grants"
    packet = "raise mysql_settings.max_allowed_packet, for example to 64M, if it is below 1M; else see the error log of the server"
    return {
        1021: full,
        1038: "raise mysql_settings.sort_buffer_size to 33554432: a JSON document of 300 KiB does not sort; it counts for new connections",
        1044: denied,
        1114: full,
        1142: denied,
        1153: packet,
        1290: read_only,
        1836: read_only,
        2006: packet,  # how a client sees 1153: the server ends the connection
        2013: packet,
    }.get(_mysql.error_number(error), "see the error log of the server")


@check("mysql.clock", "the clocks of the server and this host agree", needs=["mysql.login"])
def clock(server: Server, want: Want) -> Verdict:
    apart = abs(float(server.value("SELECT UNIX_TIMESTAMP(NOW(6))")) - time.time())
    found, expected = "%.0f seconds apart" % apart, "at most %d seconds apart" % CLOCK_TOLERANCE
    if apart <= CLOCK_TOLERANCE:
        return passed(found, expected)
    return warned(expected, found, "let a time service (chrony, systemd-timesyncd) run on both hosts")


def run(module: t.Any) -> None:
    """Ends the module with the records of the checks."""
    params = module.params
    if not re.match(r"\d+(\.\d+)*\Z", params["minimum_version"]):
        module.fail_json(msg="minimum_version must be numbers with dots, for example 8.0.28, not %s." % params["minimum_version"])
    want = Want(
        database=params["database"],
        encoding=params["encoding"],
        collation=params["collation"],
        expected=params["expected"],
        minimum_version=params["minimum_version"],
        write=params["probe"] == "write" and not module.check_mode,
    )
    _check.run(module, check, _mysql.server(module, library=params["installed"]), want)
