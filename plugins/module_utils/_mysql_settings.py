# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Global variables of a running MySQL server against the settings it should run with: read -> plan -> apply -> read again. PRIVATE to the collection."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import time
import typing as t

from ansible_collections.baremetal.wandb.plugins.module_utils import _libraries, _mysql
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql import Origin, Server
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql_table import BOUNDS, GTID_MODES, LEAST

IN_THE_WAY = 3111  # ER_CANT_SET_GTID_MODE
PATIENCE = 10  # seconds
READ_ONLY = 1238  # ER_INCORRECT_GLOBAL_LOCAL_VAR: the server says that the variable can only be set at its start

# What the start of a server makes of these where no file sets them is another thing than their DEFAULT.
MADE_BY_THE_START = re.compile(r"ssl_|.*_file$|(back_log|host_cache_size|table_definition_cache|table_open_cache|thread_cache_size)$")

GONE = "no longer listed"

# Of these SET GLOBAL takes no DEFAULT: one goes step by step, of the other that is the value of the last start.
NOT_BY_DEFAULT = ("gtid_mode", "innodb_io_capacity_max")

UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40, "P": 2**50, "E": 2**60}
SWITCHES = {"ON": "ON", "OFF": "OFF", "TRUE": "ON", "FALSE": "OFF", "YES": "ON", "NO": "OFF", "1": "ON", "0": "OFF"}


class Found(t.NamedTuple):
    """What the server runs with. I(variables), I(persisted), I(plugins) (name: whether it is active) and I(origins) by lower-case name. I(stale) says that the
    option file changed after the start, at which it held I(began), if that is known; I(later) what other files set that are read after it, name: path and
    value. Both go by canonical names. I(loaded) and I(certificate) are which certificate the server shows and which the file of C(ssl_cert) holds, I(files)
    how many files the process may have open and how many a new one might."""

    variables: dict[str, str]
    persisted: dict[str, str] = {}
    plugins: dict[str, bool] = {}
    origins: dict[str, Origin] = {}
    stale: bool = False
    began: dict[str, str] | None = None
    loaded: str = ""
    certificate: str = ""
    files: tuple[int, int] = (0, 0)
    later: dict[str, tuple[str, str]] = {}


class Change(t.NamedTuple):
    """One difference. I(how) is C(set) for a variable of the running server, C(reset) for one that goes back to its default, C(reset_persisted) for a
    value that C(SET PERSIST) keeps over the file, C(reload_tls) for certificates that are to be read again, C(restart) for what only a start of the server
    can change, C(shown) for what the server began with and shows as something else, so that another start would change nothing."""

    name: str
    before: str | None
    after: str
    how: str


# -- wanted ------------------------------------------------------------------------------------------------------------


def wanted(settings: t.Mapping[str, t.Any]) -> dict[str, str]:
    """The settings by the names of the server's variables, with values as an option file would hold them. Raises ValueError."""
    result = {}
    for name, value in settings.items():
        if not re.match(r"[a-z][a-z0-9_]*$", name):
            raise ValueError("settings: %r is no name of a variable; write it in small letters and underscores, for example sort_buffer_size" % name)
        if isinstance(value, bool):
            value = "ON" if value else "OFF"
        if value is None or isinstance(value, (list, dict)):
            raise ValueError("settings.%s: give one value, for example ON, 33554432 or 32M" % name)
        result[re.sub("^loose_", "", name)] = str(value)
    return result


def canonical(name: str) -> str:
    """The one name of a variable that has an old one, too: a server that has C(replica_skip_errors) from a file shows C(slave_skip_errors) as from there."""
    return "_".join({"slave": "replica", "master": "source"}.get(word, word) for word in name.split("_"))


def literal(value: str) -> int | float | str:
    """A value of an option file as SET GLOBAL takes it: sizes as bytes, numbers as numbers."""
    match = re.match(r"(-?\d+)([KMGTPE])?$", value, re.IGNORECASE)
    if match:
        return int(match[1]) * UNITS.get((match[2] or "").upper(), 1)
    return float(value) if re.match(r"-?\d+\.\d+$", value) else value


def same(value: str, running: str) -> bool:
    """Whether the server that shows I(running) runs with I(value)."""
    if running.upper() in ("ON", "OFF") and value.upper() in SWITCHES:
        return SWITCHES[value.upper()] == running.upper()
    left, right = literal(value), literal(running)
    if isinstance(left, str) or isinstance(right, str):
        return _words(value) == _words(running)
    return left == right


def reaches(value: str, running: str, name: str) -> bool:
    """Whether the server that shows I(running) has what asks for I(value), or more where that serves as well."""
    return int(literal(running)) >= int(literal(value)) if name in LEAST else same(value, running)


def _words(value: str) -> list[str]:
    """Lists in any order, such as sql_mode and bind_address, names in any case, folders with or without the last slash."""
    return sorted(word.strip().rstrip("/").lower() for word in value.split(","))


# -- read --------------------------------------------------------------------------------------------------------------


def read(
    server: Server,
    want: t.Mapping[str, str],
    settings_file: str | None,
    files: tuple[int, int] = (0, 0),
    former_file: str | None = None,
    later: t.Mapping[str, str] | None = None,
) -> Found:
    variables = {name.lower(): value for name, value in server.rows("SHOW GLOBAL VARIABLES")}
    plugins = {
        name.lower(): status == "ACTIVE" for name, status in server.rows("SELECT PLUGIN_NAME, PLUGIN_STATUS FROM information_schema.PLUGINS")
    }
    certificate = described(_certificate_file(os.path.join(variables["datadir"], want["ssl_cert"]))) if "ssl_cert" in want else ""
    loaded = described(server.certificate()) if certificate else ""
    stale = _younger(server, settings_file)
    began = options(former_file if stale else settings_file)
    if stale and _younger(server, former_file):  # somebody edited it after the start, so neither tells
        began = None
    return Found(variables, server.persisted(), plugins, server.origins(), stale, began, loaded, certificate, files, others(later or {}))


def options(path: str | None) -> dict[str, str] | None:
    """The server's options in a file by their canonical names; None when there is no such file."""
    try:
        with open(path or "", encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return None
    found, ours = {}, False
    for line in lines:
        group = re.match(r"\s*\[(.*?)\]", line)
        if group:
            ours = bool(re.match(r"(mysqld(-\d.*)?|server)$", group[1]))
        match = re.match(r"\s*([A-Za-z][\w-]*)\s*(?:=\s*(.*?))?\s*$", line)
        if ours and match:
            name = re.sub("^loose_", "", match[1].lower().replace("-", "_"))
            found[canonical(name)] = "ON" if match[2] is None else unquoted(match[2])
    return found


def unquoted(text: str) -> str:
    """A value without what an option file has around it."""
    quoted = re.match(r"""(["'])(.*)\1\s*(#.*)?$""", text)
    return re.sub(r"\\(.)", r"\1", quoted[2]) if quoted else re.sub(r"\s+#.*$", "", text)


def others(later: t.Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """What files set that are read after the option file, of names and paths."""
    read_once = {path: options(path) or {} for path in set(later.values())}
    found = {canonical(name): (path, read_once[path].get(canonical(name))) for name, path in later.items()}
    return {name: (path, value) for name, (path, value) in found.items() if value is not None}


def _certificate_file(path: str) -> bytes:
    """The first certificate of a file in DER; empty when there is none that this host can read."""
    from cryptography import x509  # needed for this alone
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        with open(path, "rb") as file:
            return x509.load_pem_x509_certificate(file.read()).public_bytes(Encoding.DER)
    except (OSError, ValueError):
        return b""


def described(certificate: bytes) -> str:
    """What tells one certificate, given in DER, from another, whatever their dates; empty for none."""
    return "the certificate with SHA-256 " + hashlib.sha256(certificate).hexdigest() if certificate else ""


def open_files(module: t.Any, unit: str | None) -> tuple[int, int]:
    """How many files the process of a systemd unit may have open, and how many it might after a restart; nothing where that is not to be seen."""
    if not unit:
        return 0, 0
    dummy, text, dummy = module.run_command(["systemctl", "show", "--property=MainPID", "--property=LimitNOFILE", unit])
    shown = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    try:
        with open("/proc/%s/limits" % shown.get("MainPID"), encoding="utf-8") as limits, open("/proc/1/limits", encoding="utf-8") as most:
            return process_limit(limits.read()), min(limit(shown.get("LimitNOFILE", "")), process_limit(most.read()))  # systemd gives what it has
    except OSError:  # it does not run
        return 0, 0


def process_limit(text: str) -> int:
    """The hard limit of open files in C(/proc/PID/limits)."""
    match = re.search(r"^Max open files +\S+ +(\S+)", text, re.MULTILINE)
    return limit(match[1]) if match else 0


def limit(word: str) -> int:
    return int(word) if word.isdigit() else sys.maxsize if word in ("infinity", "unlimited") else 0


def _younger(server: Server, settings_file: str | None) -> bool:
    if not settings_file or not os.path.exists(settings_file):
        return False
    uptime = int(server.rows("SHOW GLOBAL STATUS LIKE 'Uptime'")[0][1])
    return os.stat(settings_file).st_mtime > time.time() - uptime


# -- plan --------------------------------------------------------------------------------------------------------------


def plan(
    found: Found, want: t.Mapping[str, str], settings_file: str | None, formerly: t.Collection[str] = (), elsewhere: t.Collection[str] = ()
) -> list[Change]:
    """The differences, in the order of the settings. I(formerly) are the names that an earlier run wanted, I(elsewhere) those that other files set."""
    changes = []
    for name, value in want.items():
        running = found.variables.get(name)
        if name in found.persisted:
            changes.append(Change(name, "persisted", "from the file", "reset_persisted"))
        if running is not None:
            if not same(rounded(name, value, found.variables), running):
                changes.append(Change(name, running, value, "restart" if name == "innodb_doublewrite" and "OFF" in _switched(value, running) else "set"))
        elif name in found.plugins:
            if (SWITCHES.get(value.upper(), "ON") == "ON") != found.plugins[name]:  # FORCE and the like switch on, too
                changes.append(Change(name, "ON" if found.plugins[name] else "OFF", value, "restart"))
        elif found.stale and not held(found, name, value):
            changes.append(Change(name, None, value, "restart"))
    moved = any(change.how == "set" and change.name.startswith("ssl_") for change in changes)
    if moved or (found.certificate and found.certificate != found.loaded):
        changes.append(Change("ssl_cert", found.loaded or "none", found.certificate or "the files that are set", "reload_tls"))
    listed = {canonical(name) for name in want}
    usual = defaults(_mysql.version_numbers(found.variables.get("version", "")))
    gone = set()
    for name, origin in sorted(found.origins.items()):
        ours = settings_file and origin.path == settings_file or name in formerly and origin.source == "DYNAMIC"
        if ours and canonical(name) not in listed | gone:
            gone.add(canonical(name))
            # Its default is what the server would begin with, unless another file, whose value only a start reads, sets it.
            how = "restart" if name in elsewhere or MADE_BY_THE_START.match(name) else "reset"
            change = Change(name, found.variables.get(name), GONE, how)
            if how == "reset" and name in NOT_BY_DEFAULT and usual and not same(usual[name], change.before or ""):
                change = change._replace(after=usual[name], how="set")
            changes.append(change)
    # Of an option that is no variable, or makes something else of one, no origin tells: skip_log_bin, or log_bin with the name of its files.
    told = {canonical(name) for name, origin in found.origins.items() if origin.source != "COMPILED"}
    for name in sorted(set(found.began or {}) - listed - gone - told) if settings_file else []:
        changes.append(Change(name, found.variables.get(name), GONE, "restart"))
    running, next_start = found.files
    if running and running < next_start:
        changes.append(Change("LimitNOFILE", str(running), str(next_start), "restart"))
    return changes


def _switched(*values: str) -> list[str]:
    return [SWITCHES.get(value.upper(), value) for value in values]


def held(found: Found, name: str, value: str) -> bool:
    """Whether the option file had a setting when the server began with it."""
    before = (found.began or {}).get(canonical(name))
    return before is not None and (before == value or same(before, value))


def shown(found: Found, want: t.Mapping[str, str], changes: t.Iterable[Change], settings_file: str | None) -> list[Change]:
    """The changes without the restarts that change nothing: what the server shows is what it made of the option file at its start."""
    return [
        one._replace(how="shown") if one.how == "restart" and one.name in want and is_made_of(found, one.name, want[one.name], settings_file) else one
        for one in changes
    ]


def is_made_of(found: Found, name: str, value: str, settings_file: str | None) -> bool:
    origin = found.origins.get(name)
    from_file = not origin or origin.source == "COMPILED" or origin.path == settings_file
    return from_file and canonical(name) not in found.later and held(found, name, value)


def rounded(name: str, value: str, variables: t.Mapping[str, str]) -> str:
    """A value as the server keeps it: it has the buffer pool in whole chunks for each of its instances."""
    if name != "innodb_buffer_pool_size" or not isinstance(literal(value), int):
        return value
    step = int(variables["innodb_buffer_pool_chunk_size"]) * int(variables["innodb_buffer_pool_instances"])
    return str(-(-int(literal(value)) // step) * step)


def overridden(found: Found, want: t.Mapping[str, str], changes: t.Iterable[Change], settings_file: str | None) -> dict[str, str]:
    """What wins over the option file at each start, by the name of the setting: another file that is read after it, or the command line."""
    winners = {}
    for name, value in want.items():
        path, theirs = found.later.get(canonical(name), ("", value))
        if theirs != value and not same(theirs, value):
            winners[name] = path
    # Of the command line, and where nobody said which files come later, the server tells until a variable is set. A file that it names has only won over
    # ours when that had the name, too, as the server began.
    for change in changes:
        origin = found.origins.get(change.name)
        if change.how != "set" or not origin or not settings_file:
            continue
        if origin.source == "COMMAND_LINE":
            winners[change.name] = "the command line of the server"
        elif origin.path not in ("", settings_file) and origin.source not in ("PERSISTED", "DYNAMIC") and canonical(change.name) in (found.began or {}):
            winners[change.name] = origin.path
    return winners


def unreachable(changes: t.Iterable[Change], winners: t.Mapping[str, str]) -> dict[str, str]:
    """A sentence for each setting that a restart would not bring: whoever restarts for it would do so for ever."""
    return {
        one.name: "mysql_settings.%s is %s and takes a restart, which would not bring it, since %s sets it, too, and wins at each start: remove it there, or"
        " leave mysql_settings without it" % (one.name, one.after, winners[one.name])
        for one in changes
        if one.how == "restart" and one.name in winners
    }


# -- settings that bound each other ------------------------------------------------------------------------------------


def height(name: str, value: str) -> float | None:
    """How far up a value is between two settings that bound each other; None where that is not known."""
    if name == "gtid_mode":
        return float(value.upper() == "ON")  # as which alone it needs the other
    number = literal(SWITCHES.get(value.upper(), value))
    return {"OFF": 0.0, "WARN": 0.5, "ON": 1.0}.get(number.upper()) if isinstance(number, str) else float(number)


def defaults(version: tuple[int, ...]) -> dict[str, str]:
    """What these settings are where nothing sets them."""
    found = {}
    for bound in BOUNDS:
        values = [both for since, both in bound.defaults.items() if version >= since]
        found.update({name: value for name, value in zip((bound.lower, bound.upper), values[-1] if values else ()) if value})
    return found


def beyond(option: str, given: t.Collection[str], values: t.Mapping[str, str]) -> dict[str, str]:
    """A sentence for each of the settings I(given) that the server would not have as it is, with I(values) of all others."""
    found = {}
    for bound in BOUNDS:
        names = [name for name in bound[:2] if name in given]
        heights = [height(name, values[name]) for name in bound[:2] if name in values]
        if names and len(heights) == 2 and None not in heights and heights[0] > heights[1]:
            lower, upper = (values[name] for name in bound[:2])
            found[names[0]] = "%s.%s is %s where %s is %s, and the server does not have both: set the two, for example %s: {%s: %s, %s: %s}" % (
                *((option, bound.lower, lower, bound.upper, upper) if names[0] == bound.lower else (option, bound.upper, upper, bound.lower, lower)),
                *(option, bound.lower, lower, bound.upper, lower),
            )
    return found


def in_order(changes: t.Iterable[Change], usual: t.Mapping[str, str]) -> list[Change]:
    """The changes with the upper of two bounds before the lower where it goes up, and else after it. I(usual) are the defaults."""
    ordered = list(changes)
    for bound in BOUNDS:
        place = {one.name: at for at, one in enumerate(ordered) if one.name in bound[:2] and one.how in ("set", "reset")}
        if len(place) == 2:
            upper = ordered[place[bound.upper]]
            after = usual.get(upper.name) if upper.how == "reset" else upper.after
            rises = after is None or (height(upper.name, after) or 0) > (height(upper.name, upper.before or "") or 0)
            if rises == (place[bound.upper] > place[bound.lower]):
                one, other = place.values()
                ordered[one], ordered[other] = ordered[other], ordered[one]
    return ordered


def steps(change: Change) -> list[t.Any]:
    """The values that SET GLOBAL takes one after the other."""
    modes = [(change.before or "").upper(), change.after.upper()]
    if change.name != "gtid_mode" or not set(modes) <= set(GTID_MODES):
        return [literal(change.after)]
    here, there = (GTID_MODES.index(mode) for mode in modes)
    return list(GTID_MODES[here + 1 : there + 1] if there > here else reversed(GTID_MODES[there:here]))


# -- try ---------------------------------------------------------------------------------------------------------------

# A variable and what it never takes. The server judges all assignments of one SET in their order before it makes the first, and makes none after an error:
# https://dev.mysql.com/doc/refman/8.4/en/set-variable.html#variable-assignment-error
NEVER_TAKEN = (("binlog_row_image", "baremetal_wandb"), ("transaction_isolation", "baremetal_wandb"))
REPLICATION = (
    "SELECT (SELECT COUNT(*) FROM performance_schema.replication_connection_configuration WHERE HOST != '')"
    " + (SELECT COUNT(*) FROM performance_schema.threads WHERE PROCESSLIST_COMMAND LIKE 'Binlog Dump%')"
)
NOT_OF_A_SESSION = (READ_ONLY, 1229, 1621)  # global, and of a session for reading alone


def forecast(server: Server, changes: t.Iterable[Change]) -> tuple[list[Change], dict[str, str]]:
    """The plan with what takes a restart, and a sentence for each value that the running server would not take, or not as it is. Nothing is set but in
    sessions of its own."""
    planned, refused = [], {}
    for change in changes:
        if change.how in ("set", "reset"):
            value = change.after if change.how == "set" else None
            session = Server(server.pymysql, server.options)  # ends with what was set in it
            try:
                restart, why = _tried(session, change.name, value)
            finally:
                session.close()
            if restart:
                change = change._replace(how="restart")
            elif change.name == "gtid_mode" and server.value(REPLICATION):
                refused[change.name] = (
                    "mysql_settings.gtid_mode is %s, and this server, which has %s, has replicas or is one, which must go along step by step: take them all"
                    " there as MySQL's manual says, then set it, for example gtid_mode: %s, as it is now" % (value, change.before, change.before)
                )
            elif why:
                refused[change.name] = "mysql_settings.%s is %s, %s" % (change.name, value, why)
        planned.append(change)
    return planned, refused


def _tried(session: Server, name: str, value: str | None) -> tuple[bool, str]:
    """Whether a variable takes a restart, and why the server would not take its value; None is its default."""
    if value is not None:
        try:
            session.rows("SET SESSION `%s` = %%s" % name, literal(value))
            made = session.rows("SHOW SESSION VARIABLES WHERE Variable_name = %s", name)
            if not made or same(value, made[0][1]):
                return False, ""
            return False, "of which the server would make %s: write that, for example %s: %s" % (made[0][1], name, made[0][1])
        except session.pymysql.err.MySQLError as error:
            if _mysql.error_number(error) not in NOT_OF_A_SESSION:
                return False, _untaken(session, name, error)
    other, never = next(one for one in NEVER_TAKEN if one[0] != name)
    try:
        if value is None:
            session.rows("SET GLOBAL `%s` = DEFAULT, GLOBAL `%s` = %%s" % (name, other), never)
        else:
            session.rows("SET GLOBAL `%s` = %%s, GLOBAL `%s` = %%s" % (name, other), literal(value), never)
    except session.pymysql.err.MySQLError as error:
        if never not in _mysql.error_text(error):
            if value is None or _mysql.error_number(error) == READ_ONLY:
                return True, ""
            return False, _untaken(session, name, error)
    return False, ""


def _untaken(session: Server, name: str, error: BaseException) -> str:
    return "which the server does not take (%s): correct or remove it, for example %s: %s, as it is now" % (
        _mysql.error_text(error),
        name,
        session.variable(name),
    )


# -- apply -------------------------------------------------------------------------------------------------------------


def apply(server: Server, changes: t.Iterable[Change]) -> list[Change]:
    """Makes the changes that a running server takes; returns all, those that it takes at its start alone as C(restart). Raises ValueError with a sentence."""
    done = []
    for change in changes:
        name = "`%s`" % change.name
        try:
            if change.how == "reset_persisted":
                server.rows("RESET PERSIST IF EXISTS " + name)
            elif change.how == "reload_tls":
                server.rows("ALTER INSTANCE RELOAD TLS")
            elif change.how == "set":
                for value in steps(change):
                    _patiently(server, "SET GLOBAL %s = %%s" % name, value)
            elif change.how == "reset":
                server.rows("SET GLOBAL %s = DEFAULT" % name)
        except server.pymysql.err.MySQLError as error:
            if _mysql.error_number(error) != READ_ONLY and change.how != "reset":
                raise ValueError("the server refused %s = %s (%s)" % (change.name, change.after, _mysql.error_text(error))) from error
            change = change._replace(how="restart")
        done.append(change)
    return done


def settle(server: Server, want: t.Mapping[str, str], waiting: t.Collection[str], usual: t.Mapping[str, str]) -> None:
    """Sets anew what a change took along, as that of C(character_set_server) does with C(collation_server). Raises ValueError for what still is another."""
    for again in (True, False):
        left = [change for change in plan(read(server, want, None), want, None) if change.name not in waiting]
        if not left:
            return
        if not again:
            raise ValueError("the server makes %s of %s = %s: write that value" % (left[0].before, left[0].name, left[0].after))
        apply(server, in_order(left, usual))


def _patiently(server: Server, statement: str, value: t.Any) -> None:
    """Sets a variable, and waits for transactions that are in the way of a step of C(gtid_mode); new ones are not."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            server.rows(statement, value)
            return
        except server.pymysql.err.MySQLError as error:
            if _mysql.error_number(error) != IN_THE_WAY or time.monotonic() > until:
                raise
        time.sleep(0.1)


# -- the module --------------------------------------------------------------------------------------------------------


def run(module: t.Any) -> None:
    """Ends the module: read, plan, apply unless in check mode, read again."""
    settings_file = module.params["settings_file"]
    try:
        want = wanted(module.params["settings"])
    except ValueError as error:
        module.fail_json(msg="%s." % error)
    if module.check_mode and not _libraries.available("pymysql"):
        _planned_blindly(module, want, "PyMySQL is not installed yet")
    server = Server(_libraries.pymysql(module), module.params)
    try:
        server.connect()
    except server.pymysql.err.MySQLError as error:
        if module.check_mode and _mysql.is_absent(error):
            _planned_blindly(module, want, "nothing listens at %s yet" % server.address)
        module.fail_json(
            msg="Could not log in to %s as %s (%s): %s."
            % (server.address, module.params["login_user"], _mysql.error_text(error), _mysql.login_advice(error, server))
        )
    try:
        params = module.params
        found = read(server, want, settings_file, open_files(module, params["unit"]), params["former_file"], params["later"])
        usual = defaults(_mysql.version_numbers(found.variables["version"]))
        changes = in_order(plan(found, want, settings_file, params["formerly"], params["elsewhere"]), usual)
        winners = overridden(found, want, changes, settings_file)
        planned, refused = forecast(server, changes)
        planned = shown(found, want, planned, settings_file)
        refused.update(unreachable(planned, winners))
        gone = {change.name: usual[change.name] for change in changes if change.how == "reset" and change.name in usual}
        refused.update(beyond("mysql_settings", {*want, *gone}, {**found.variables, **gone, **{one.name: one.after for one in changes if one.how == "set"}}))
        if refused:
            module.fail_json(msg=" ".join("%s." % sentence for sentence in refused.values()), refused=list(refused))
        if module.check_mode:
            changes = planned
        elif changes:
            changes = shown(found, want, apply(server, changes), settings_file)
            settle(server, want, {change.name for change in changes if change.how in ("restart", "shown")}, usual)
    except ValueError as error:
        module.fail_json(msg="%s." % error)
    except server.pymysql.err.MySQLError as error:
        module.fail_json(msg="The server %s refused a statement (%s)." % (server.address, _mysql.error_text(error)))
    for name, path in winners.items():
        module.warn("%s is set by %s too, which wins at the next start of the server: remove it there" % (name, path))
    for change in changes:
        if change.how == "shown":
            module.warn("%s = %s is in %s since the start of the server, which shows %s for this" % (change.name, change.after, settings_file, change.before))
    left = {name: value for name, value in found.persisted.items() if name not in want}
    if left:
        module.warn(
            "SET PERSIST keeps %s over every option file; if nobody means that, RESET PERSIST drops it" % ", ".join("%s = %s" % one for one in left.items())
        )
    _exit(module, changes, left, winners)


def _planned_blindly(module: t.Any, want: t.Mapping[str, str], reason: str) -> None:
    module.warn("planned without looking: %s" % reason)
    _exit(module, [Change(name, None, value, "set") for name, value in want.items()], {}, {})


def _exit(module: t.Any, changes: list[Change], persisted: t.Mapping[str, str], winners: t.Mapping[str, str]) -> None:
    module.exit_json(
        changed=any(change.how not in ("restart", "shown") for change in changes),
        changes=[change._asdict() for change in changes],
        restart_required=[change.name for change in changes if change.how == "restart"],
        shown=[change.name for change in changes if change.how == "shown"],
        persisted=[{"name": name, "value": value} for name, value in persisted.items()],
        overridden=[{"name": name, "path": path} for name, path in winners.items()],
        diff={
            "before": {change.name: change.before for change in changes if change.how != "shown"},
            "after": {change.name: change.after for change in changes if change.how != "shown"},
        },
    )
