# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must hold of the MySQL server of W&B, one fact a function. PRIVATE to the collection."""

from __future__ import annotations

import calendar
import functools
import json
import re
import shutil
import statistics
import time
import typing as t

from ansible_collections.baremetal.wandb.plugins.module_utils import _check, _mysql
from ansible_collections.baremetal.wandb.plugins.module_utils._check import Checks, Verdict, equal, failed, passed, skipped, warned
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql import Server, version_numbers
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql_settings import literal, reaches, rounded, same, wanted
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql_table import LEAST, LTS, PROFILES

check = Checks()

# Seconds by which the clocks of the server and this host may differ: W&B sorts runs by the times of both.
CLOCK_TOLERANCE = 60
# Seconds for one statement there and back: a page of W&B asks hundreds of them.
LATENCY = 0.010
# Days that the server's certificate should stay valid.
CERTIFICATE_DAYS = 30
# Per cent of the disk of the data that should be free, and below which the server is about to stop.
DISK_WARN, DISK_FAIL = 10, 2

# The account lacks a privilege, as on services where the vendor keeps it: 1044, 1142, 1143, 1227.
NO_FUNCTION = (1046, 1305)  # an unknown function is looked for among the stored ones of the default database: there is none, or it lacks it
DENIED = (1044, 1142, 1143, 1227)


# Variables with a record of their own.
OWN_RECORD = frozenset(name for profile in PROFILES.values() for name in profile.settings)


class Want(t.NamedTuple):
    """The module's options that the facts are compared with. I(expected) are those that a profile names, I(profile) what the profile asked for has of them,
    I(settings) all others; I(pending) wait for a restart, I(planned) are variables and ids of checks that the run would mend if it were not in check mode,
    I(overridden) are set by other option files, whose paths it has, which win at the next start. I(retired_password) is a secret."""

    database: str
    encoding: str
    collation: str
    expected: dict[str, str]
    profile: dict[str, str]
    settings: dict[str, str]
    pending: frozenset[str]
    planned: frozenset[str]
    overridden: dict[str, str]
    minimum_version: str
    write: bool
    tls: str
    here: bool
    retired_password: str


PLANNED = "would be set by this run, which is in check mode and changes nothing: run it without --check"


def plannable(id: str) -> t.Callable:
    """A check that warns where the run would mend what it finds."""

    def decorate(function: t.Callable[[Server, Want], Verdict]) -> t.Callable[[Server, Want], Verdict]:
        @functools.wraps(function)
        def looked(server: Server, want: Want) -> Verdict:
            verdict = function(server, want)
            return warned(verdict.expected, verdict.found, PLANNED) if verdict.status == "fail" and id in want.planned else verdict

        return looked

    return decorate


def deniable(function: t.Callable[[Server, Want], Verdict]) -> t.Callable[[Server, Want], Verdict]:
    """A check that is skipped where the account may not look."""

    @functools.wraps(function)
    def looked(server: Server, want: Want) -> Verdict:
        try:
            return function(server, want)
        except server.pymysql.err.MySQLError as error:
            if _mysql.error_number(error) not in DENIED:
                raise
            return skipped("the account may not look there (%s)" % _mysql.error_text(error), "ask the database's administrator")

    return looked


@check("mysql.login", "the account can log in")
def login(server: Server, want: Want) -> Verdict:
    try:
        server.connect()
    except server.pymysql.err.MySQLError as error:
        if "mysql.login" in want.planned:  # what needs it has nothing to look at
            return skipped(_mysql.error_text(error), PLANNED)
        return failed(
            "a login as %s at %s" % (server.options["login_user"], server.address),
            _mysql.error_text(error),
            _mysql.login_advice(error, server),
        )
    return passed(server.value("SELECT CURRENT_USER()"))


@check("mysql.flavour", "the server is MySQL", needs=["mysql.login"])
def flavour(server: Server, want: Want) -> Verdict:
    found = "%s %s" % (server.variable("version"), server.variable("version_comment"))
    if "mariadb" in found.lower():
        return failed("MySQL", found, "W&B does not support MariaDB: install MySQL 8 on the host, or name another server in wandb_mysql_host")
    return passed(found, "MySQL")


@check("mysql.version", "the server's version is one that W&B supports", needs=["mysql.flavour"])
def version(server: Server, want: Want) -> Verdict:
    found = server.variable("version") or ""
    numbers = version_numbers(found)
    expected = "%s or newer, of MySQL 8" % want.minimum_version
    if numbers < version_numbers(want.minimum_version):
        return failed(expected, found, "upgrade the server: W&B supports MySQL 8 from 8.0.28 on, and 5.7 not at all")
    if numbers[:2] not in LTS:
        advice = "this is an innovation release, which gets no fixes once the next one is there: install an LTS release, 8.4 or 9.7"
        return failed(expected, found, advice)
    if numbers[0] > 8:
        return warned(expected, found, "W&B names MySQL 8 only; 8.4 LTS is maintained until 2032")
    return passed(found, expected)


@check("mysql.functions", "the functions that 9.6 removed are there", needs=["mysql.version"])
def functions(server: Server, want: Want) -> Verdict:
    try:
        server.rows("SELECT MD5('a'), SHA1('a'), SHA('a')")
    except server.pymysql.err.MySQLError as error:
        if _mysql.error_number(error) not in NO_FUNCTION:
            raise
        advice = "if a statement of W&B needs them, INSTALL COMPONENT 'file://component_classic_hashing' as root brings them back"
        return warned("MD5, SHA1 and SHA", "MD5, SHA1 or SHA is missing", advice)
    return passed("MD5, SHA1 and SHA")


@check("mysql.tls", "the connection is encrypted", needs=["mysql.login"])
def tls(server: Server, want: Want) -> Verdict:
    status = dict(server.rows("SHOW SESSION STATUS WHERE Variable_name IN ('Ssl_version', 'Ssl_cipher', 'Ssl_server_not_after')"))
    if not status.get("Ssl_version"):
        if server.options["login_unix_socket"]:
            return passed("a socket of this host", "TLS or a socket")
        if want.tls == "ignore":
            return skipped("not encrypted, which the option tls accepts")
        advice = "give the server a certificate (ssl_cert, ssl_key; MySQL makes one itself unless auto_generate_certs is off), or set tls: ignore"
        return (failed if want.tls == "required" else warned)("TLS", "not encrypted", advice)
    found = "%s, %s" % (status["Ssl_version"], status.get("Ssl_cipher"))
    if not status.get("Ssl_server_not_after"):
        return passed(found, "TLS")
    left = (calendar.timegm(time.strptime(status["Ssl_server_not_after"], "%b %d %H:%M:%S %Y GMT")) - time.time()) / 86400
    found = "%s, a certificate for %d days" % (found, left)
    if left < CERTIFICATE_DAYS:
        advice = "renew the server's certificate (the file of its variable ssl_cert), then ALTER INSTANCE RELOAD TLS, which needs no restart"
        return warned("a certificate for at least %d days" % CERTIFICATE_DAYS, found, advice)
    return passed(found, "TLS")


@check("mysql.latency", "the server answers fast", needs=["mysql.login"])
def latency(server: Server, want: Want) -> Verdict:
    taken = []
    for dummy in range(9):
        started = time.monotonic()
        server.rows("DO 0")
        taken.append(time.monotonic() - started)
    found, expected = "%.1f ms" % (statistics.median(taken) * 1000), "at most %d ms" % (LATENCY * 1000)
    if statistics.median(taken) <= LATENCY:
        return passed(found, expected)
    return warned(expected, found, "put W&B and its database into one network, without a tunnel between them; see the load of the server's host")


@check("mysql.clock", "the clocks of the server and this host agree", needs=["mysql.login"])
def clock(server: Server, want: Want) -> Verdict:
    apart = abs(float(server.value("SELECT UNIX_TIMESTAMP(NOW(6))")) - time.time())
    found, expected = "%.0f seconds apart" % apart, "at most %d seconds apart" % CLOCK_TOLERANCE
    if apart <= CLOCK_TOLERANCE:
        return passed(found, expected)
    return warned(expected, found, "let a time service (chrony, systemd-timesyncd) run on both hosts")


def _origin(server: Server, name: str) -> str:
    """From where the server has a variable, as words; empty where the account may not look."""
    try:
        origin = server.origins().get(name)
    except server.pymysql.err.MySQLError:
        return ""
    if not origin:
        return ""
    words = {"COMPILED": "the default", "DYNAMIC": "set while the server runs", "COMMAND_LINE": "from the command line", "PERSISTED": "kept by SET PERSIST"}
    return ", " + words.get(origin.source, "from %s" % origin.path)


def _persists(server: Server, name: str) -> bool:
    try:
        return name in server.persisted()
    except server.pymysql.err.MySQLError:
        return False


def _remedy(server: Server, name: str, value: str) -> str:
    """How to set a variable on this server: the vendor of a service lets nobody at the option file."""
    if (server.variable("basedir") or "").startswith("/rdsdbbin"):
        return "set %s to %s in the parameter group of the instance" % (name, value)
    if "google" in (server.variable("version_comment") or "").lower():
        return "set %s to %s as a database flag of the instance" % (name, value)
    if _persists(server, name):
        return "run the role mysql, or RESET PERSIST %s; then set mysql_settings.%s to %s" % (name, name, value)
    return "set mysql_settings.%s to %s, or on a server of your own: SET PERSIST %s = %s" % (name, value, name, value)


def _variable(server: Server, want: Want, name: str) -> Verdict:
    if name not in want.expected:
        return skipped("not asked for by the profile")
    value, running = want.expected[name], server.variable(name)
    prescribed = want.profile.get(name, value)
    expected = "at least " + value if name in LEAST else value
    if running is not None and reaches(value, running, name):
        if reaches(prescribed, running, name):
            return Verdict("pass", expected, running + _origin(server, name))
        advice = "this is what was asked for (mysql_settings.%s), and W&B asks for %s: remove it, unless you mean it" % (name, prescribed)
        return warned("at least " + prescribed if name in LEAST else prescribed, running + _origin(server, name), advice)
    if running is None:
        return failed(expected, "unknown to this server", "upgrade the server")
    if name in want.planned:
        return warned(expected, running + _origin(server, name), PLANNED)
    if name in want.pending:
        return warned(expected, running, "the server was not restarted yet since this was set: restart it")
    return failed(expected, running + _origin(server, name), _remedy(server, name, value))


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
    return _variable(server, want, "innodb_online_alter_log_max_size")


@check("mysql.variable.sort_buffer_size", "the sort buffer fits W&B's JSON sorts", needs=["mysql.login"])
def sort_buffer_size(server: Server, want: Want) -> Verdict:
    return _variable(server, want, "sort_buffer_size")


@check("mysql.variable.max_prepared_stmt_count", "W&B has enough prepared statements", needs=["mysql.login"])
def max_prepared_stmt_count(server: Server, want: Want) -> Verdict:
    return _variable(server, want, "max_prepared_stmt_count")


@check("mysql.settings", "the server runs with the other settings that it should have", needs=["mysql.login"])
def settings(server: Server, want: Want) -> Verdict:
    if not want.settings:
        return skipped("none are expected but those of the profile")
    wrong = {}
    for name, value in want.settings.items():
        running = server.variable(name)  # None for what the server does not show, such as the switch of a plugin
        if running is not None and not same(rounded(name, value, server.variables), running):
            wrong[name] = "%s = %s%s, not %s" % (name, running, _origin(server, name), value)
    if not wrong:
        return passed("%d settings" % len(want.settings))
    found = "; ".join(wrong.values())
    if set(wrong) <= want.planned:
        return warned("%d settings" % len(want.settings), found, PLANNED)
    if set(wrong) <= want.pending | want.planned:
        return warned("%d settings" % len(want.settings), found, "the server was not restarted yet since these were set: restart it")
    first = sorted(set(wrong) - want.pending - want.planned)[0]
    return failed("%d settings" % len(want.settings), found, _remedy(server, first, want.settings[first]))


@check("mysql.persisted", "nothing is kept over the option files", needs=["mysql.version"])
@deniable
def persisted(server: Server, want: Want) -> Verdict:
    kept = server.persisted()
    if not kept:
        return passed("nothing")
    found = ", ".join("%s = %s" % one for one in kept.items())
    return warned("nothing", found, "SET PERSIST keeps these: move them to mysql_settings, then RESET PERSIST %s" % next(iter(kept)))


@check("mysql.overridden", "no other option file wins over the settings at the next start", needs=["mysql.login"])
def overridden(server: Server, want: Want) -> Verdict:
    if not want.overridden:
        return passed("nothing")
    found = ", ".join("%s by %s" % one for one in want.overridden.items())
    return warned("nothing", found, "the next start of the server brings these back: remove them there, or set them in mysql_settings as they are there")


@check("mysql.database.exists", "the account sees the database", needs=["mysql.login"])
def database_exists(server: Server, want: Want) -> Verdict:
    advice = "create it and grant the account its use, which the role mysql does; wandb_mysql_database names it"
    return passed(want.database) if _database(server, want) else failed(want.database, "no such database", advice)


@check("mysql.database.encoding", "the database stores any character, compared as W&B expects", needs=["mysql.database.exists"])
@plannable("mysql.database.encoding")
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
@plannable("mysql.account.grants")
def account_grants(server: Server, want: Want) -> Verdict:
    expected = "ALL on %s.* with the grant option" % want.database
    try:
        grants = _current_grants(server, want)
    except _mysql.PartialRevoke as revoke:
        advice = "give back what was taken, as root: %s" % re.sub(r"^REVOKE (.+) FROM (.+)$", r"GRANT \1 TO \2", revoke.line)
        return failed(expected, "a partial revoke, %s" % revoke.line, advice)
    covering = [grant for grant in grants if covers(grant.scope, want.database)]
    has = frozenset().union(*(grant.privileges for grant in covering))
    missing = frozenset() if "ALL" in has else _mysql.DATABASE_PRIVILEGES - has
    option = any(grant.grant_option for grant in covering)
    if not missing and option:
        return passed(", ".join(grant.scope for grant in covering), expected)
    found = "no grant on it" if not covering else "without " + ", ".join(sorted(missing) + ([] if option else ["GRANT OPTION"]))
    advice = "run the role mysql, or GRANT ALL ON %s.* TO the account WITH GRANT OPTION" % want.database
    return failed(expected, found, advice)


def _current_grants(server: Server, want: Want) -> list[_mysql.Grant]:
    """What the account may do, by its active roles too, and revokes that do not touch the database aside."""
    roles = server.value("SELECT CURRENT_ROLE()") if version_numbers(server.variable("version") or "") >= (8,) else "NONE"
    lines = [line for (line,) in server.rows("SHOW GRANTS FOR CURRENT_USER()" + ("" if roles == "NONE" else " USING " + roles))]
    revoked = re.compile(r"REVOKE .+ ON (`.+`\.\*) FROM ")
    elsewhere = [line for line in lines if (match := revoked.match(line)) and not covers(match[1], want.database)]
    return _mysql.parse_grants(line for line in lines if line not in elsewhere)


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


@check("mysql.account.plugin", "the account's password is kept for caching_sha2_password", needs=["mysql.version"])
@deniable
def account_plugin(server: Server, want: Want) -> Verdict:
    match = re.search(r" IDENTIFIED WITH '([^']+)'", server.value("SHOW CREATE USER CURRENT_USER()"))
    found = match[1] if match else "unknown"
    if found == "caching_sha2_password":
        return passed(found)
    gone = {"mysql_native_password": "MySQL 9 has no mysql_native_password", "sha256_password": "sha256_password is deprecated and will be removed"}
    advice = "%s: run the role mysql, or ALTER USER ... IDENTIFIED WITH caching_sha2_password BY ..." % gone.get(found, "the role mysql sets another")
    return warned("caching_sha2_password", found, advice)


@check("mysql.account.retired_password", "the password of before is refused", needs=["mysql.login"])
def retired_password(server: Server, want: Want) -> Verdict:
    if not want.retired_password:
        return skipped("no retired_password is given")
    before = server.as_account(server.options["login_user"], want.retired_password)
    try:
        before.connect()
    except server.pymysql.err.MySQLError as error:
        if _mysql.error_number(error) not in _mysql.REFUSED:
            raise
        return passed("refused")
    finally:
        before.close()
    return failed("refused", "accepted", "end it on the server: mysql_schema with old_password: discard, or ALTER USER ... DISCARD OLD PASSWORD")


@check("mysql.write", "a table with emoji and large JSON can be made, altered, sorted, read and dropped", needs=["mysql.database.exists"])
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
    name = table.replace("%", "%%")
    try:
        server.rows("DROP TABLE IF EXISTS " + table)  # left by a crash
        server.rows("CREATE TABLE %s (id INT PRIMARY KEY, document JSON) CHARACTER SET utf8mb4 COMMENT '%s'" % (table, PROBE_COMMENT))
        server.rows("ALTER TABLE %s ADD COLUMN note VARCHAR(20), ADD INDEX (note)" % table)
        server.rows("INSERT INTO " + name + " (id, document) VALUES (1, %s), (2, %s)", *documents)
        server.rows("UPDATE " + name + " SET note = %s", PROBE_TEXT)
        rows = server.rows("SELECT id, document, note FROM %s ORDER BY document->'$.order'" % table)
    except server.pymysql.err.MySQLError:
        server.close()  # the server may have ended the connection; the next statement opens another one
        raise
    finally:
        server.rows("DROP TABLE IF EXISTS " + table)
    intact = all(json.loads(document) == json.loads(documents[id - 1]) and note == PROBE_TEXT for id, document, note in rows)
    return "rows %s %s" % (", ".join(str(id) for id, dummy, dummy in rows), "as written" if intact else "altered")


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


@check("mysql.primary_keys", "each table has a primary key, which the log goes by", needs=["mysql.database.exists"])
@deniable
def primary_keys(server: Server, want: Want) -> Verdict:
    rows = server.rows(
        "SELECT T.TABLE_NAME FROM information_schema.TABLES T LEFT JOIN information_schema.TABLE_CONSTRAINTS C"
        " ON C.TABLE_SCHEMA = T.TABLE_SCHEMA AND C.TABLE_NAME = T.TABLE_NAME AND C.CONSTRAINT_TYPE = 'PRIMARY KEY'"
        " WHERE T.TABLE_SCHEMA = %s AND T.TABLE_TYPE = 'BASE TABLE' AND C.CONSTRAINT_NAME IS NULL ORDER BY 1",
        want.database,
    )
    if not rows:
        return passed("each has one")
    advice = "with binlog_row_image = MINIMAL a standby cannot tell the rows of such a table apart: ALTER TABLE ... ADD an AUTO_INCREMENT PRIMARY KEY"
    return warned("each has one", "%d without: %s" % (len(rows), ", ".join(name for (name,) in rows[:5])), advice)


@check("mysql.disk", "the disk of the data has room", needs=["mysql.login"])
def disk(server: Server, want: Want) -> Verdict:
    if not want.here:
        return skipped("seen on the database's own host only")
    folder = server.variable("datadir") or ""
    try:
        usage = shutil.disk_usage(folder)
    except OSError as error:  # the server sees another file system, as in a container
        return skipped("%s cannot be seen from here (%s)" % (folder, error.strerror))
    free = usage.free * 100 / usage.total
    found, expected = "%.0f %% (%.1f GiB) at %s" % (free, usage.free / 2**30, folder), "at least %d %% free" % DISK_WARN
    if free >= DISK_WARN:
        return passed(found, expected)
    advice = "enlarge that file system, or lower mysql_settings.binlog_expire_logs_seconds if the binary logs fill it (SHOW BINARY LOGS)"
    return (failed if free < DISK_FAIL else warned)(expected, found, advice)


def run(module: t.Any) -> None:
    """Ends the module with the records of the checks."""
    params = module.params
    profile = PROFILES[params["profile"]]
    minimum = params["minimum_version"] or profile.minimum_version
    if not re.match(r"\d+(\.\d+)*\Z", minimum):
        module.fail_json(msg="minimum_version must be numbers with dots, for example 8.0.28, not %s." % minimum)
    try:
        expected = wanted({**profile.settings, **params["expected"]})
        for name in LEAST & set(expected):
            if not isinstance(literal(expected[name]), int):
                raise ValueError("settings.%s must be a number or a size, for example 32M, not %s" % (name, expected[name]))
    except ValueError as error:
        module.fail_json(msg="expected: %s." % str(error).replace("settings", "variables", 1))
    here = params["on_database_host"]
    want = Want(
        database=params["database"],
        encoding=params["encoding"],
        collation=params["collation"],
        expected={name: value for name, value in expected.items() if name in OWN_RECORD},
        profile=wanted(profile.settings),
        settings={name: value for name, value in expected.items() if name not in OWN_RECORD},
        pending=frozenset(params["pending"]),
        planned=frozenset(params["planned"]),
        overridden={name: str(path) for name, path in params["overridden"].items()},
        minimum_version=minimum,
        write=params["probe"] == "write" and not module.check_mode,
        tls=params["tls"],
        here=bool(params["login_unix_socket"]) if here is None else here,
        retired_password=params["retired_password"],
    )
    _check.run(module, check, _mysql.server(module, library=params["installed"]), want, aloud=True)
