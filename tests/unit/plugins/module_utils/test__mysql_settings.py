# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What mysql_settings makes of values and of what a server runs with."""

from __future__ import annotations

import io
import types

import pymysql
import pytest
from ansible_collections.baremetal.wandb.plugins.module_utils import _mysql_settings
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql_settings import Change, Found, Origin


FILE = "/etc/mysql/mysql.conf.d/ours.cnf"
OURS = Origin("EXPLICIT", FILE)
THEIRS = Origin("EXPLICIT", "/etc/mysql/mysql.conf.d/zzz.cnf")


@pytest.mark.parametrize(
    ("value", "running", "expected"),
    [
        ("32M", "33554432", True),
        ("32m", "33554432", True),
        ("31M", "33554432", False),
        ("1", "ON", True),
        ("off", "OFF", True),
        ("ON", "OFF", False),
        ("1", "1", True),
        ("2.50", "2.500000", True),
        ("row", "ROW", True),
        ("10.0.0.1,127.0.0.1", "127.0.0.1,10.0.0.1", True),
        ("10.0.0.1", "127.0.0.1,10.0.0.1", False),
        ("/var/lib/mysql", "/var/lib/mysql/", True),
    ],
)
def test_same(value, running, expected):
    assert _mysql_settings.same(value, running) is expected


def test_wanted():
    assert _mysql_settings.wanted({"mysqlx": False, "loose_x": 3, "y": "32M"}) == {"mysqlx": "OFF", "x": "3", "y": "32M"}


@pytest.mark.parametrize("settings", [{"Sort-Buffer": 1}, {"a b": 1}, {"x": None}, {"x": [1]}])
def test_wanted_refuses(settings):
    with pytest.raises(ValueError, match="for example"):
        _mysql_settings.wanted(settings)


@pytest.mark.parametrize(
    ("there", "changes"),
    [
        (Found({"sync_binlog": "1"}), []),
        (Found({"sync_binlog": "0"}), [Change("sync_binlog", "0", "1", "set")]),
        (Found({"sync_binlog": "1"}, persisted={"sync_binlog": "1"}), [Change("sync_binlog", "persisted", "from the file", "reset_persisted")]),
        (Found({"sync_binlog": "1"}, persisted={"port": "1"}), []),
        (Found({"sync_binlog": "1", "port": "1"}, origins={"sync_binlog": OURS, "port": OURS}), [Change("port", "1", "no longer listed", "reset")]),
        (Found({"sync_binlog": "1", "port": "1"}, origins={"port": THEIRS}), []),
        (Found({}), []),
        (Found({}, stale=True), [Change("sync_binlog", None, "1", "restart")]),
        (Found({}, stale=True, began={}), [Change("sync_binlog", None, "1", "restart")]),
        (Found({}, stale=True, began={"sync_binlog": "0"}), [Change("sync_binlog", None, "1", "restart")]),
        (Found({}, stale=True, began={"sync_binlog": "1"}), []),  # another option has changed
        (Found({}, stale=True, began={"sync_binlog": "1", "gone": "1"}), [Change("gone", None, "no longer listed", "restart")]),
        (Found({}, began={"sync_binlog": "1"}), []),
        (Found({}, plugins={"sync_binlog": True}), []),
        (Found({}, plugins={"sync_binlog": False}), [Change("sync_binlog", "OFF", "1", "restart")]),
    ],
)
def test_plan(there, changes):
    assert _mysql_settings.plan(there, {"sync_binlog": "1"}, FILE) == changes


def test_a_setting_that_was_set_live_and_is_no_longer_listed():
    there = Found({"sync_binlog": "1", "port": "1"}, origins={"port": Origin("DYNAMIC", "")})
    assert _mysql_settings.plan(there, {"sync_binlog": "1"}, FILE) == []  # others may have set it
    assert _mysql_settings.plan(there, {"sync_binlog": "1"}, FILE, ["port"]) == [Change("port", "1", "no longer listed", "reset")]
    assert _mysql_settings.plan(there, {"sync_binlog": "1"}, FILE, ["port"], ["port"]) == [Change("port", "1", "no longer listed", "restart")]
    assert _mysql_settings.plan(there, {"sync_binlog": "1", "port": "1"}, FILE, ["port"]) == []
    made = {"ssl_cert": "/c.pem", "thread_cache_size": "9", "slow_query_log_file": "/l"}  # by the start, where no file has them
    there = Found(made, origins=dict.fromkeys(made, OURS))
    assert {change.how for change in _mysql_settings.plan(there, {}, FILE)} == {"restart"}


@pytest.mark.parametrize(
    ("process", "unit", "restart"),
    [("10000", "16384", True), ("16384", "16384", False), ("unlimited", "16384", False), ("16384", "infinity", True), ("1024", "", False)]
    + [("", "16384", False), ("1048576", "infinity", False), ("1048576", "2000000", False)],  # what systemd itself has is the most it gives
)
def test_a_process_with_fewer_files_than_its_unit_is_restarted(process, unit, restart, monkeypatch):
    head = "Limit                     Soft Limit           Hard Limit           Units\n"
    line = "Max open files            1024                 %s                files\n"
    files = {"/proc/17/limits": head + (line % process if process else ""), "/proc/1/limits": head + line % 1048576}
    monkeypatch.setattr("builtins.open", lambda path, encoding: io.StringIO(files[path]))
    module = types.SimpleNamespace(run_command=lambda command: (0, "MainPID=17\nLimitNOFILE=%s\n" % unit, ""))
    there = Found({}, files=_mysql_settings.open_files(module, "mysql"))
    assert [change[0::3] for change in _mysql_settings.plan(there, {}, FILE)] == ([("LimitNOFILE", "restart")] if restart else [])


@pytest.mark.parametrize(
    ("running", "certificate", "hows"),
    [
        ("/c.pem", "from a to b", []),
        ("/c.pem", "", []),
        ("/c.pem", "from a to c", ["reload_tls"]),
        ("/old.pem", "from a to b", ["set", "reload_tls"]),
    ],
)
def test_certificates_are_read_again(running, certificate, hows):
    there = Found({"ssl_cert": running}, loaded="from a to b", certificate=certificate)
    assert [change.how for change in _mysql_settings.plan(there, {"ssl_cert": "/c.pem"}, FILE)] == hows


@pytest.mark.parametrize(("value", "running", "equal"), [("1000M", "1073741824", True), ("1G", "1073741824", True), ("1025M", "1073741824", False)])
def test_the_buffer_pool_is_kept_in_whole_chunks(value, running, equal):
    variables = {"innodb_buffer_pool_size": running, "innodb_buffer_pool_chunk_size": "134217728", "innodb_buffer_pool_instances": "8"}
    assert (_mysql_settings.plan(Found(variables), {"innodb_buffer_pool_size": value}, FILE) == []) is equal


@pytest.mark.parametrize(
    ("origin", "stale", "began", "winner"),
    [
        (THEIRS, False, {"port": "2"}, THEIRS.path),
        (THEIRS, True, {"port": "3"}, THEIRS.path),
        # our file had no such name when the server began, so nothing says which of them wins
        (THEIRS, False, {"datadir": "/srv"}, None),
        (THEIRS, True, {}, None),
        (THEIRS, False, None, None),
        (OURS, False, {"port": "2"}, None),
        (Origin("DYNAMIC", ""), False, {}, None),
        (Origin("PERSISTED", "/var/lib/mysql/mysqld-auto.cnf"), False, {}, None),
        (Origin("COMMAND_LINE", ""), True, {}, "the command line of the server"),
    ],
)
def test_what_wins_over_the_file_is_named(origin, stale, began, winner):
    there = Found({"port": "1"}, origins={"port": origin}, stale=stale, began=began)
    changes = [Change("port", "1", "2", "set")]
    assert _mysql_settings.overridden(there, {"port": "2"}, changes, FILE) == ({"port": winner} if winner else {})


@pytest.mark.parametrize(("theirs", "winner"), [("0", True), ("1", False), ("ON", False)])
@pytest.mark.parametrize("origin", [OURS, Origin("DYNAMIC", "")])
def test_a_later_file_is_named_in_every_run(tmp_path, theirs, winner, origin):
    """Also when the running server has what was asked for."""
    file = tmp_path / "zzz.cnf"
    file.write_text("[mysqld]\nloose-log-slave-updates = %s # ours\n[client]\nlog_slave_updates = 7\n" % theirs, encoding="utf-8")
    there = Found({"log_replica_updates": "ON"}, origins={"log_replica_updates": origin}, later=_mysql_settings.others({"log_slave_updates": str(file)}))
    want = {"log_replica_updates": "ON" if theirs == "ON" else "1"}
    assert _mysql_settings.plan(there, want, FILE) == []
    assert _mysql_settings.overridden(there, want, [], FILE) == ({"log_replica_updates": str(file)} if winner else {})


def test_a_variable_by_its_old_name_is_not_taken_for_one_that_has_gone():
    variables = {"replica_skip_errors": "1062", "slave_skip_errors": "1062"}
    there = Found(variables, origins=dict.fromkeys(variables, OURS), began={"replica_skip_errors": "1062"})
    assert _mysql_settings.plan(there, {"replica_skip_errors": "1062"}, FILE) == []
    assert _mysql_settings.plan(there, {"slave_skip_errors": "1062"}, FILE) == []
    assert [change.how for change in _mysql_settings.plan(there, {}, FILE)] == ["reset"]  # once


@pytest.mark.parametrize(
    ("there", "how"),
    [
        (Found({}, began={"log_bin": "mybin"}), "shown"),
        (Found({}, began={"log_bin": "mybin"}, origins={"log_bin": Origin("COMPILED", "")}), "shown"),
        (Found({}, began={"log_bin": "mybin"}, origins={"log_bin": OURS}), "shown"),
        (Found({}, began={"log_bin": "mybin"}, origins={"log_bin": THEIRS}), "restart"),
        (Found({}, began={"log_bin": "mybin"}, origins={"log_bin": OURS}, later={"log_bin": ("/z.cnf", "other")}), "restart"),
        (Found({}, began={"log_bin": "other"}, origins={"log_bin": OURS}), "restart"),
        (Found({}, began={}), "restart"),
        (Found({}), "restart"),
    ],
)
def test_no_restart_for_what_the_server_began_with(there, how):
    there = there._replace(variables={"log_bin": "ON"})
    assert _mysql_settings.plan(there, {"log_bin": "mybin"}, FILE)[0] == Change("log_bin", "ON", "mybin", "set")
    changes = [Change("log_bin", "ON", "mybin", "restart"), Change("LimitNOFILE", "1", "2", "restart")]
    assert [change.how for change in _mysql_settings.shown(there, {"log_bin": "mybin"}, changes, FILE)] == [how, "restart"]


@pytest.mark.parametrize(
    ("origins", "changes"),
    [
        ({"log_bin": Origin("COMPILED", "")}, [Change("log_bin", "ON", "no longer listed", "restart")]),
        ({"log_bin": OURS}, [Change("log_bin", "ON", "no longer listed", "reset")]),
        ({"log_bin": THEIRS}, []),
        ({"log_bin": Origin("DYNAMIC", "")}, []),  # it went back to its default, or others have set it since
    ],
)
def test_an_option_that_has_gone_takes_a_restart_where_no_origin_tells_of_it(origins, changes):
    there = Found({"log_bin": "ON"}, origins=origins, began={"log_bin": "mybin"}, stale=True)
    assert _mysql_settings.plan(there, {}, FILE) == changes
    assert _mysql_settings.plan(there._replace(began={}, origins={"log_bin": Origin("COMPILED", "")}), {}, FILE) == []  # once


UNTAKEN = "mysql_settings.x is 2, which the server does not take (error 1231: no 2): correct or remove it, for example x: 1, as it is now"


class Judge:
    """A server that answers what is tried with an error, or shows another value in a session."""

    options: dict = {}

    def __init__(self, session=0, whole=1231, shows="", text="can't be set to 'baremetal_wandb'"):
        self.pymysql = pymysql
        self.session, self.whole, self.shows, self.text = session, whole, shows, text

    def rows(self, statement, *arguments):
        if statement.startswith("SHOW"):
            return [("x", self.shows)]
        number = self.session if statement.startswith("SET SESSION") else self.whole
        if number:
            raise pymysql.err.OperationalError(number, self.text)
        return []

    def variable(self, dummy):
        return "1"

    def close(self):
        pass


@pytest.mark.parametrize(
    ("judge", "how", "words"),
    [
        (Judge(shows="2"), "set", ""),
        (Judge(shows="A,B"), "set", "mysql_settings.x is 2, of which the server would make A,B: write that, for example x: A,B"),
        (Judge(session=1231, text="no 2"), "set", UNTAKEN),
        (Judge(session=1229), "set", ""),
        (Judge(session=1621), "set", ""),
        (Judge(session=1229, whole=1231, text="no 2"), "set", UNTAKEN),
        (Judge(session=1238, whole=1238, text="read only"), "restart", ""),
    ],
)
def test_values_are_judged_before_any_is_set(judge, how, words, monkeypatch):
    monkeypatch.setattr(_mysql_settings, "Server", lambda *dummy: judge)
    planned, refused = _mysql_settings.forecast(judge, [Change("x", "1", "2", "set")])
    assert planned == [Change("x", "1", "2", how)] and refused == ({"x": words} if words else {})
    planned, refused = _mysql_settings.forecast(judge, [Change("x", "1", "2", "reset"), Change("y", "1", "2", "reload_tls")])
    assert not refused and [one.how for one in planned] == ["reset" if "baremetal_wandb" in judge.text else "restart", "reload_tls"]


@pytest.mark.parametrize(("number", "how"), [(None, "reset"), (1238, "restart"), (1230, "restart")])  # read-only, and without a default
def test_a_setting_that_is_no_longer_listed_goes_back_to_its_default_where_it_can(number, how):
    said = []

    def rows(statement):
        said.append(statement)
        if number:
            raise pymysql.err.OperationalError(number, "no")

    server = types.SimpleNamespace(rows=rows, pymysql=pymysql)
    assert [change.how for change in _mysql_settings.apply(server, [Change("port", "1", "no longer listed", "reset")])] == [how]
    assert said == ["SET GLOBAL `port` = DEFAULT"]


def test_the_options_of_a_file_are_read_as_they_are_written(tmp_path):
    file = tmp_path / "ours.cnf"
    assert _mysql_settings.options(str(file)) is None and _mysql_settings.options(None) is None
    text = """# a comment
[mysqld]
default_time_zone = +00:00
loose_x = "a\\\\b \\" # c"
[client]
port = 1
[mysqld-8.4]
skip-slave-start
 Sync-Binlog=0 # ours
y = 'a b' # c
"""
    file.write_text(text, encoding="utf-8")
    read = {"default_time_zone": "+00:00", "x": 'a\\b " # c', "skip_replica_start": "ON", "sync_binlog": "0", "y": "a b"}
    assert _mysql_settings.options(str(file)) == read


def test_a_restart_that_would_not_bring_a_setting_is_refused():
    changes = [Change("port", "1", "2", "restart"), Change("sync_binlog", "0", "1", "set"), Change("tmpdir", "/srv", "/tmp", "restart")]
    said = _mysql_settings.unreachable(changes, {"port": "/z.cnf", "sync_binlog": "/z.cnf"})
    assert list(said) == ["port"] and "since /z.cnf sets it, too" in said["port"]


IO = ("innodb_io_capacity", "innodb_io_capacity_max")
DIRTY = ("innodb_max_dirty_pages_pct_lwm", "innodb_max_dirty_pages_pct")
GTID = ("gtid_mode", "enforce_gtid_consistency")


@pytest.mark.parametrize(
    ("names", "before", "after", "upper_first"),
    [
        (IO, ("10000", "20000"), ("30000", "60000"), True),
        (IO, ("30000", "60000"), ("10000", "20000"), False),
        (IO, ("30000", "60000"), ("10k", "20K"), False),
        (DIRTY, ("10.000000", "90.000000"), ("91", "99.5"), True),
        (DIRTY, ("60.000000", "90.000000"), ("0", "50"), False),
        (GTID, ("OFF", "OFF"), ("ON", "ON"), True),
        (GTID, ("ON", "ON"), ("OFF", "OFF"), False),
        (("super_read_only", "read_only"), ("ON", "ON"), ("OFF", "OFF"), False),
    ],
)
def test_of_two_bounds_the_upper_is_raised_first_and_lowered_last(names, before, after, upper_first):
    changes = [Change(*one, "set") for one in zip(names, before, after)]
    found = [changes[0], Change("sync_binlog", "0", "1", "set"), changes[1]]
    for given in (found, found[::-1]):
        ordered = [one.name for one in _mysql_settings.in_order(given, {})]
        assert ordered == [names[1], "sync_binlog", names[0]] if upper_first else [names[0], "sync_binlog", names[1]]


@pytest.mark.parametrize(("before", "upper_first"), [("50", True), ("99", False)])
def test_a_bound_that_goes_back_to_its_default_is_put_in_order_too(before, upper_first):
    changes = [Change("innodb_max_dirty_pages_pct_lwm", "40", "20", "set"), Change("innodb_max_dirty_pages_pct", before, "no longer listed", "reset")]
    ordered = _mysql_settings.in_order(changes, _mysql_settings.defaults((9, 7, 4)))
    assert (ordered[0].how == "reset") is upper_first and sorted(ordered) == sorted(changes)


@pytest.mark.parametrize(
    ("given", "values", "words"),
    [
        (IO, {"innodb_io_capacity": "20000", "innodb_io_capacity_max": "20K"}, ""),
        (IO, {"innodb_io_capacity": "30000", "innodb_io_capacity_max": "20000"}, "innodb_io_capacity is 30000 where innodb_io_capacity_max is 20000"),
        (IO[1:], {"innodb_io_capacity": "10000", "innodb_io_capacity_max": "5000"}, "innodb_io_capacity_max is 5000 where innodb_io_capacity is 10000"),
        ((), {"innodb_io_capacity": "10000", "innodb_io_capacity_max": "5000"}, ""),  # nobody asked for either
        (GTID, {"gtid_mode": "ON", "enforce_gtid_consistency": "WARN"}, "for example x: {gtid_mode: ON, enforce_gtid_consistency: ON}"),
        (GTID, {"gtid_mode": "ON_PERMISSIVE", "enforce_gtid_consistency": "OFF"}, ""),
        (GTID, {"gtid_mode": "ON", "enforce_gtid_consistency": "1"}, ""),
        (("super_read_only",), {"super_read_only": "1", "read_only": "OFF"}, "super_read_only is 1 where read_only is OFF"),
        (("binlog_cache_size",), {"binlog_cache_size": "8M", "max_binlog_cache_size": "4M"}, "binlog_cache_size is 8M where max_binlog_cache_size is 4M"),
        (DIRTY[:1], {"innodb_max_dirty_pages_pct_lwm": "many", "innodb_max_dirty_pages_pct": "90"}, ""),  # told elsewhere
    ],
)
def test_bounds_that_the_server_would_not_keep_have_a_sentence(given, values, words):
    said = " ".join(_mysql_settings.beyond("x", given, values).values())
    assert words in said and bool(said) is bool(words) and said.count("for example") == bool(words)


@pytest.mark.parametrize(
    ("before", "after", "values"),
    [
        ("OFF", "ON", ["OFF_PERMISSIVE", "ON_PERMISSIVE", "ON"]),
        ("ON", "OFF", ["ON_PERMISSIVE", "OFF_PERMISSIVE", "OFF"]),
        ("ON_PERMISSIVE", "on", ["ON"]),
        ("ON", "ON_PERMISSIVE", ["ON_PERMISSIVE"]),
        ("ON", "odd", ["odd"]),
    ],
)
def test_gtid_mode_goes_step_by_step(before, after, values):
    assert _mysql_settings.steps(Change("gtid_mode", before, after, "set")) == values


@pytest.mark.parametrize(
    ("version", "running", "change"),
    [
        ("9.7.4-2", "OFF", ("OFF", "ON", "set")),
        ("9.7.4-2", "ON", ("ON", "no longer listed", "reset")),
        ("8.4.6", "ON_PERMISSIVE", ("ON_PERMISSIVE", "OFF", "set")),
    ],
)
def test_a_gtid_mode_that_is_no_longer_listed_goes_to_its_default_step_by_step(version, running, change):
    there = Found({"gtid_mode": running, "version": version}, origins={"gtid_mode": OURS})
    assert _mysql_settings.plan(there, {}, FILE) == [Change("gtid_mode", *change)]
    assert _mysql_settings.plan(there, {}, FILE, (), ["gtid_mode"])[0].how == "restart"  # another file has it


@pytest.mark.parametrize(("version", "after"), [("8.0.46", "2000"), ("9.7.4-2", "20000")])
def test_the_default_of_the_capacity_is_not_what_the_last_start_made_of_it(version, after):
    there = Found({"innodb_io_capacity_max": "60000", "version": version}, origins={"innodb_io_capacity_max": OURS})
    assert _mysql_settings.plan(there, {}, FILE) == [Change("innodb_io_capacity_max", "60000", after, "set")]


@pytest.mark.parametrize(("number", "times", "tries"), [(3111, 2, 3), (3111, 99, None), (1231, 1, None)])
def test_a_step_waits_for_transactions_alone(number, times, tries, monkeypatch):
    clock = iter(range(1000))
    monkeypatch.setattr(_mysql_settings, "time", types.SimpleNamespace(monotonic=lambda: next(clock), sleep=lambda seconds: None))
    said = []

    def rows(*statement):
        said.append(statement)
        if len(said) <= times:
            raise pymysql.err.OperationalError(number, "ongoing")

    server = types.SimpleNamespace(rows=rows, pymysql=pymysql)
    change = Change("gtid_mode", "ON_PERMISSIVE", "ON", "set")
    if tries:
        assert _mysql_settings.apply(server, [change]) == [change] and said == [("SET GLOBAL `gtid_mode` = %s", "ON")] * tries
    else:
        with pytest.raises(ValueError, match="the server refused gtid_mode = ON"):
            _mysql_settings.apply(server, [change])
        assert (len(said) > 1) is (number == 3111)


def test_each_step_is_set():
    keeper = Keeper({}, {})
    _mysql_settings.apply(keeper, [Change("gtid_mode", "OFF", "ON", "set")])
    assert keeper.values == ["OFF_PERMISSIVE", "ON_PERMISSIVE", "ON"]


@pytest.mark.parametrize(("connections", "refused"), [(0, []), (1, ["gtid_mode"])])
def test_gtid_mode_is_left_to_whoever_has_replicas(connections, refused, monkeypatch):
    judge = Judge(session=1229)
    judge.value = lambda statement: connections
    monkeypatch.setattr(_mysql_settings, "Server", lambda *dummy: judge)
    planned, said = _mysql_settings.forecast(judge, [Change("gtid_mode", "ON", "OFF", "set")])
    assert list(said) == refused and [one.how for one in planned] == ["set"] and said.get("gtid_mode", "for example").count("for example") == 1


class Keeper:
    """A server that has variables, of which some take others along."""

    def __init__(self, variables, along, most=()):
        self.pymysql, self.variables, self.along, self.most, self.options = pymysql, variables, along, dict(most), {}
        self.said: list[str] = []
        self.values: list[object] = []

    def rows(self, statement, *arguments):
        if statement == "SHOW GLOBAL VARIABLES":
            return list(self.variables.items())
        if statement.startswith("SET GLOBAL"):
            name = statement.split("`")[1]
            self.said.append(name)
            self.values.append(arguments[0])
            self.variables |= {name: self.most.get(name, str(arguments[0])), **self.along.get(name, {})}
        return []

    def variable(self, name):
        return self.variables[name]

    def connect(self):
        pass

    close = connect
    persisted = origins = dict


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"innodb_io_capacity": 30000, "innodb_io_capacity_max": 60000}, ["innodb_io_capacity_max", "innodb_io_capacity"]),
        ({"innodb_io_capacity": 30000}, "mysql_settings.innodb_io_capacity is 30000 where innodb_io_capacity_max is 20000"),
    ],
)
def test_the_module_puts_bounds_in_order_or_refuses_them(settings, said, monkeypatch):
    keeper = Keeper({"datadir": "/", "version": "9.7.4", "innodb_io_capacity": "10000", "innodb_io_capacity_max": "20000"}, {})
    monkeypatch.setattr(_mysql_settings, "Server", lambda *dummy: keeper)
    monkeypatch.setattr(_mysql_settings._libraries, "pymysql", lambda module: pymysql)
    told = []
    params = {"settings": settings, "settings_file": None, "former_file": None, "formerly": [], "elsewhere": [], "later": {}, "unit": None}

    def refuse(msg, refused):
        told.append(msg)
        raise SystemExit

    end = types.SimpleNamespace(params=params, check_mode=False, fail_json=refuse, exit_json=lambda **dummy: None)
    if isinstance(said, str):
        with pytest.raises(SystemExit):
            _mysql_settings.run(end)
        assert said in told[0] and keeper.said == []
    else:
        _mysql_settings.run(end)
        assert keeper.said == said


def test_what_a_change_takes_along_is_set_anew():
    want = {"collation_server": "latin1_german1_ci", "character_set_server": "latin1"}
    along = {"character_set_server": {"collation_server": "latin1_swedish_ci"}}
    keeper = Keeper({"datadir": "/", "collation_server": "utf8mb4_0900_ai_ci", "character_set_server": "utf8mb4"}, along)
    _mysql_settings.apply(keeper, _mysql_settings.plan(_mysql_settings.read(keeper, want, None), want, None))
    _mysql_settings.settle(keeper, want, [], {})
    assert keeper.variables.items() >= want.items() and keeper.said == ["collation_server", "character_set_server", "collation_server"]
    waiting = Keeper({"datadir": "/", "x": "1"}, {})
    _mysql_settings.settle(waiting, {"x": "2"}, ["x"], {})  # for a restart
    assert waiting.said == []
    with pytest.raises(ValueError, match="the server makes 9 of x = 10: write that value"):
        _mysql_settings.settle(Keeper({"datadir": "/", "x": "1"}, {}, {"x": "9"}), {"x": "10"}, [], {})


@pytest.mark.parametrize(("before", "after", "how"), [("ON", "OFF", "restart"), ("OFF", "TRUE", "restart"), ("ON", "DETECT_ONLY", "set")])
def test_innodb_doublewrite_goes_on_and_off_at_the_start_alone(before, after, how):
    there = Found({"innodb_doublewrite": before})
    assert _mysql_settings.plan(there, {"innodb_doublewrite": after}, FILE) == [Change("innodb_doublewrite", before, after, how)]
