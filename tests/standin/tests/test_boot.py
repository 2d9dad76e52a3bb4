"""From the start to /ready: each store that is wrong is said at every try, the server lives on and is not ready, and a store that is mended is found."""

import re
import socket
from types import SimpleNamespace

import pytest
from standin import boot, database

SETTINGS = ("GET", "wandb-local/settings.json")
REAL_CONNECT = database.pymysql.connect
LAST_MIGRATION = max(database.read_migrations())


class FakeMySQL:
    """A database server, each connection to it and its cursor. Without a version nothing listens: the driver finds that out itself."""

    version = "8.4.7"
    row = answer = None

    def connect(self, **options):
        return self if self.version else REAL_CONNECT(**options)

    def cursor(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def execute(self, sql, values=()):
        if sql.startswith("SELECT VERSION"):
            self.answer = {"version": self.version}
        elif sql.startswith("SELECT GET_LOCK"):
            self.answer = {"got": 1}
        elif sql.startswith("SELECT version"):
            self.answer = self.row
        elif sql.startswith("INSERT INTO schema_migrations"):
            self.row = dict(zip(("version", "dirty"), values))

    def fetchone(self):
        return self.answer

    def commit(self):
        pass

    def close(self):
        pass

    def ping(self, reconnect):
        pass


@pytest.fixture
def mysql(monkeypatch):
    """The fake server, with the address of a port that is taken and where nothing listens."""
    fake = FakeMySQL()
    monkeypatch.setattr(database.pymysql, "connect", fake.connect)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        fake.address = f"127.0.0.1:{taken.getsockname()[1]}"
        yield fake


@pytest.fixture
def environment(s3, mysql):
    return {
        "HOST": "https://wandb.example.com",
        "LICENSE": "lab",
        "MYSQL": f"mysql://user:secret-m@{mysql.address}/wandb_local?tls=false",
        "BUCKET": f"s3://key:secret-s@127.0.0.1:{s3.server_port}/local-files",
    }


@pytest.fixture
def app():
    return boot.App(b"k" * 32)


@pytest.fixture
def said(capsys):
    """The lines that were logged since it was last asked, without their time."""

    def said():
        lines = capsys.readouterr().out.splitlines()
        assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ", line) for line in lines)
        return [line.partition(" ")[2] for line in lines]

    return said


def refused(code, status=403):
    """The store refuses, in S3's words."""

    def breaks(s3, _mysql):
        s3.script[SETTINGS] = (status, f"<Error><Code>{code}</Code><Message>about {code}</Message></Error>".encode())

    return breaks


def is_no_store(s3, _mysql):
    """A proxy's error page is there instead of the store."""
    s3.script[SETTINGS] = (502, b"<html>")


def may_only_read(s3, _mysql):
    s3.script["PUT", SETTINGS[1]] = (403, b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")


def version(text):
    """The database is of another version; with None it is down."""

    def breaks(_s3, mysql):
        mysql.version = text

    return breaks


def is_dirty(_s3, mysql):
    mysql.row = {"version": 2, "dirty": 1}


DOWNLOAD = "!!! Error while downloading settings from external bucket local-files: "
OLD = "or newer is required"


@pytest.mark.parametrize(
    ("breaks", "lines"),
    [
        (refused("NoSuchBucket", 404), [f"{DOWNLOAD}NoSuchBucket: about NoSuchBucket", "panic: NoSuchBucket"]),
        (refused("InvalidAccessKeyId"), [f"{DOWNLOAD}InvalidAccessKeyId: about InvalidAccessKeyId", "panic: InvalidAccessKeyId"]),
        (refused("SignatureDoesNotMatch"), [f"{DOWNLOAD}SignatureDoesNotMatch: about SignatureDoesNotMatch", "panic: SignatureDoesNotMatch"]),
        (may_only_read, [f"{DOWNLOAD}AccessDenied: Access Denied", "panic: AccessDenied"]),
        (is_no_store, [f"{DOWNLOAD}502: Bad Gateway"]),
        (version(None), ["fatal: failed to connect to the database: dial tcp ADDRESS: connect: connection refused"]),
        (version("5.7.22"), [f"fatal: unsupported database: MySQL 5.7.22, MySQL 8.0.28 {OLD}"]),
        (version("11.8.3-MariaDB"), [f"fatal: unsupported database: MariaDB (11.8.3-MariaDB), MySQL 8.0.28 {OLD}"]),
        (is_dirty, ["connected to MySQL 8.4.7", "fatal: Dirty database version 2. Fix and force version."]),
    ],
)
def test_a_wrong_store_is_said_at_every_try_until_it_is_mended(app, ask, s3, mysql, environment, said, monkeypatch, breaks, lines):
    tries = []

    def sleep(seconds):
        assert said() == [line.replace("ADDRESS", mysql.address) for line in lines]
        assert (ask("GET", "/healthz")[0], ask("GET", "/ready")[0], ask("GET", "/signup")[0]) == (200, 503, 503)
        tries.append(seconds)
        if len(tries) == 3:
            s3.script.clear()
            mysql.version, mysql.row = "8.4.7", None

    monkeypatch.setattr(boot, "time", SimpleNamespace(sleep=sleep))
    breaks(s3, mysql)
    app.bring_up(environment)
    assert tries == [boot.RETRY_SECONDS] * 3
    assert ask("GET", "/ready")[0] == 200
    found = said()
    assert (found[0], found[-1]) == ("connected to MySQL 8.4.7", "ready, serving https://wandb.example.com")
    assert f"database is at version {LAST_MIGRATION}, {LAST_MIGRATION} migrations applied" in found


def test_not_ready_before_the_last_migration_has_ended(app, ask, mysql, environment, said, monkeypatch):
    slept = []

    def sleep(seconds):
        assert mysql.row == {"version": LAST_MIGRATION, "dirty": True}
        slept.append((seconds, ask("GET", "/healthz")[0], ask("GET", "/ready")[0], said()[-1].partition("/")[0]))

    monkeypatch.setattr(database, "time", SimpleNamespace(sleep=sleep))
    app.bring_up({**environment, "STANDIN_MIGRATION_SECONDS": "30"})
    assert slept == [(30, 200, 503, f"migrating database: {LAST_MIGRATION}")]
    assert ask("GET", "/ready")[0] == 200


def test_an_environment_that_can_never_work_is_said_once(app, ask, environment, said, monkeypatch):
    monkeypatch.setattr(boot, "time", SimpleNamespace(sleep=lambda _seconds: pytest.fail("it tries again")))
    app.bring_up({**environment, "MYSQL": "mysql://user:secret m@db1/d"})
    assert said() == ["fatal: MYSQL: net/url: invalid userinfo"]
    assert (ask("GET", "/healthz")[0], ask("GET", "/ready")[0]) == (200, 503)
