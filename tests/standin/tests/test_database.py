import socket

import pytest
from standin import database
from standin.config import parse_mysql
from standin.database import DatabaseError, check_version, migrate, pending_migrations, read_migrations

MIGRATIONS = {1: ("one", ["CREATE 1"]), 2: ("two", ["CREATE 2a", "CREATE 2b"]), 10: ("ten", ["CREATE 10"])}


@pytest.mark.parametrize("version", ["8.0.28", "8.0.44-0ubuntu0.22.04.1", "8.4.7", "9.7.4-2", "26.10.0"])
def test_new_enough(version):
    check_version(version)


@pytest.mark.parametrize("version", ["5.7.22", "8.0.15", "8.0.27", "11.8.3-MariaDB-0+deb13u1 from Debian", "5.5.5-10.11.6-MariaDB"])
def test_too_old_or_no_mysql(version):
    with pytest.raises(DatabaseError, match="unsupported database.*8.0.28 or newer"):
        check_version(version)


def test_the_real_migrations():
    found = read_migrations()
    assert list(sorted(found)) == list(range(1, len(found) + 1)) and len(found) >= 3
    for dummy, statements in found.values():
        assert statements and all(s.startswith("CREATE TABLE") and "PRIMARY KEY" in s and s.endswith((")", ");")) for s in statements)


def test_what_is_pending():
    assert list(pending_migrations(None, MIGRATIONS)) == [1, 2, 10]
    assert list(pending_migrations({"version": 1, "dirty": 0}, MIGRATIONS)) == [2, 10]
    assert pending_migrations({"version": 10, "dirty": 0}, MIGRATIONS) == {}


def test_an_interrupted_migration_needs_a_person():
    with pytest.raises(DatabaseError, match="Dirty database version 2. Fix and force version."):
        pending_migrations({"version": 2, "dirty": 1}, MIGRATIONS)


def test_a_newer_database_is_refused():
    with pytest.raises(DatabaseError, match="no migration found for version 11"):
        pending_migrations({"version": 11, "dirty": 0}, MIGRATIONS)


class FakeDatabase:
    """Stands for both the connection and its cursor; remembers schema_migrations as of the last commit."""

    def __init__(self, row=None, broken=None, lock=1):
        self.row, self.broken, self.lock = row, broken, lock
        self.pending = row
        self.done = []
        self.answer = None

    def execute(self, sql, values=()):
        if sql == self.broken:
            raise RuntimeError("the server went away")
        if sql.startswith("SELECT GET_LOCK"):
            self.answer = {"got": self.lock}
        elif sql.startswith("SELECT version"):
            self.answer = self.row
        elif sql.startswith("INSERT INTO schema_migrations"):
            self.pending = dict(zip(("version", "dirty"), values))
        elif sql.startswith("CREATE ") and "schema_migrations" not in sql:
            self.done.append((sql, dict(self.row)))

    def fetchone(self):
        return self.answer

    def commit(self):
        self.row = self.pending


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(database, "read_migrations", lambda: MIGRATIONS)


def test_each_statement_runs_once_and_under_the_dirty_mark(few):
    fake, lines = FakeDatabase(), []
    migrate(fake, fake, 0, lines.append)
    assert [sql for sql, dummy in fake.done] == ["CREATE 1", "CREATE 2a", "CREATE 2b", "CREATE 10"]
    assert [row for dummy, row in fake.done] == [{"version": v, "dirty": True} for v in (1, 2, 2, 10)]
    assert fake.row == {"version": 10, "dirty": False}
    assert lines[-1] == "database is at version 10, 3 migrations applied"
    fake.done.clear()
    migrate(fake, fake, 0, lines.append)
    assert fake.done == [] and lines[-1] == "database is at version 10, 0 migrations applied"


def test_interrupted_in_the_middle(few):
    fake = FakeDatabase(row={"version": 1, "dirty": False}, broken="CREATE 2b")
    with pytest.raises(RuntimeError):
        migrate(fake, fake, 0, print)
    assert fake.row == {"version": 2, "dirty": True}
    with pytest.raises(DatabaseError, match="Dirty database version 2"):
        migrate(fake, fake, 0, print)


def test_the_delay_is_spent_once_and_dirty(few, monkeypatch):
    fake, slept = FakeDatabase(), []
    monkeypatch.setattr(database.time, "sleep", lambda seconds: slept.append((seconds, dict(fake.row))))
    migrate(fake, fake, 30, print)
    migrate(fake, fake, 30, print)
    assert slept == [(30, {"version": 10, "dirty": True})]


def test_another_server_is_migrating(few):
    fake = FakeDatabase(lock=0)
    with pytest.raises(DatabaseError, match="can't acquire lock"):
        migrate(fake, fake, 0, print)
    assert fake.done == []


def test_nobody_listens(unused_port):
    mysql = parse_mysql(f"mysql://u:secret@127.0.0.1:{unused_port}/d")
    with pytest.raises(DatabaseError) as caught:
        database.Database(mysql).open()
    assert str(caught.value) == (
        f"failed to connect to the database: dial tcp 127.0.0.1:{unused_port}: connect: connection refused"
    )


@pytest.fixture
def unused_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.mark.parametrize("code", [1043, 2026])
def test_preferred_falls_back_to_plain_and_true_does_not(monkeypatch, code):
    tried = []

    def connect(**options):
        tried.append(options["ssl"] is not None)
        if options["ssl"]:
            raise database.pymysql.OperationalError(code, "no TLS here")
        return "connection"

    monkeypatch.setattr(database.pymysql, "connect", connect)
    assert database.Database(parse_mysql("mysql://u:p@h/d")).connect() == "connection"
    assert tried == [True, False]
    with pytest.raises(database.pymysql.OperationalError):
        database.Database(parse_mysql("mysql://u:p@h/d?tls=true")).connect()
