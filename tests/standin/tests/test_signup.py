"""How a person comes to a key, as on the real server: sign up in a browser, read the key once, use it as the client does."""

import base64
import contextlib
import json
import re
import sqlite3
from types import SimpleNamespace

import pymysql
import pytest
from standin import config, database
from standin.storage import Bucket

SETTINGS = config.from_environment(
    {"HOST": "https://wandb.example.com", "LICENSE": "lab", "MYSQL": "mysql://u:p@db1/d", "BUCKET": "s3://k:s@s3.example.com/local-files?tls=true"}
)
FORM = b"username=jane&email=jane%40example.com&password=correct+horse"


class Accounts:
    """The double's own tables of accounts in an SQLite, which is told in its dialect what MySQL is told in another."""

    WORDS = {"%s": "?", " FOR UPDATE": "", "INSERT IGNORE": "INSERT OR IGNORE", "BIGINT UNSIGNED NOT NULL AUTO_INCREMENT": "INTEGER", "(6)": ""}

    def __init__(self):
        self.connection = sqlite3.connect(":memory:", check_same_thread=False)
        for statement in database.read_migrations()[1][1]:
            self.execute(statement)

    def execute(self, sql, values=()):
        for word, ours in self.WORDS.items():
            sql = sql.replace(word, ours)
        try:
            self.cursor = self.connection.execute(sql, values)
        except sqlite3.IntegrityError as error:
            raise pymysql.err.IntegrityError(1062, str(error)) from None

    def fetchone(self):
        row = self.cursor.fetchone()
        return row and {column[0]: value for column, value in zip(self.cursor.description, row)}

    @property
    def lastrowid(self):
        return self.cursor.lastrowid

    @contextlib.contextmanager
    def transaction(self):
        with self.connection:
            yield self


@pytest.fixture
def app():
    lines = []
    return SimpleNamespace(
        ready=True, config=SETTINGS, database=Accounts(), bucket=Bucket(SETTINGS.object_store), session_key=b"k" * 32, log=lines.append, lines=lines
    )


@pytest.fixture
def enter(ask):
    """enter(page, form) -> the cookie with which a browser follows the answer to /authorize."""

    def enter(page, form):
        status, headers, dummy = ask("POST", page, form)
        assert (status, headers["Location"]) == (303, "/authorize")
        cookie, *attributes = headers["Set-Cookie"].split("; ")
        assert {"Secure", "HttpOnly"} <= set(attributes)
        return cookie

    return enter


def key_on(page):
    found = re.search(r'<code id="api-key">([^<]*)</code>', page.decode())
    return found and found[1]


def viewer(ask, key):
    """Who the client is with a key: (status, the viewer)."""
    basic = base64.b64encode(f"api:{key}".encode()).decode()
    status, dummy, body = ask("POST", "/graphql", b'{"query": "query Viewer { viewer { id } }"}', Authorization=f"Basic {basic}")
    return status, json.loads(body).get("data", {}).get("viewer")


def test_sign_up_shows_a_key_that_opens_the_api(ask, app, enter):
    cookie = enter("/signup", FORM)
    status, headers, page = ask("GET", "/authorize", Cookie=cookie)
    key = key_on(page)
    assert status == 200 and headers["Cache-Control"] == "no-store" and re.fullmatch("local-[0-9a-f]{40}", key)
    status, found = viewer(ask, key)
    assert (status, found["username"], found["email"], found["admin"]) == (200, "jane", "jane@example.com", True)
    assert viewer(ask, key[:-1] + ("0" if key[-1] != "0" else "1"))[0] == 401
    # Neither the key nor the password is kept or logged.
    kept = "\n".join(app.database.connection.iterdump())
    assert app.lines == [] and "jane@example.com" in kept and key not in kept and "correct horse" not in kept


def test_a_key_is_shown_once_and_another_one_on_demand(ask, enter):
    cookie = enter("/signup", FORM)
    first = key_on(ask("GET", "/authorize", Cookie=cookie)[2])
    page = ask("GET", "/authorize", Cookie=cookie)[2]
    assert key_on(page) is None and b"It was shown before" in page
    second = key_on(ask("POST", "/authorize", Cookie=enter("/login", b"email=jane%40example.com&password=correct+horse"))[2])
    assert second != first and [viewer(ask, key)[0] for key in (first, second)] == [200, 200]


def test_the_second_to_sign_up_is_no_administrator(ask, enter):
    enter("/signup", FORM)
    cookie = enter("/signup", FORM.replace(b"jane", b"john"))
    found = viewer(ask, key_on(ask("GET", "/authorize", Cookie=cookie)[2]))[1]
    assert (found["username"], found["admin"]) == ("john", False)


def test_what_sign_up_and_log_in_refuse(ask, enter):
    enter("/signup", FORM)
    status, headers, page = ask("POST", "/signup", FORM)
    assert status == 400 and b"is taken" in page and headers["Set-Cookie"] is None
    for form in (b"email=jane%40example.com&password=wrong+horse", b"email=nobody%40example.com&password=", b""):
        status, headers, page = ask("POST", "/login", form)
        assert status == 400 and b"wrong e-mail address or password" in page and headers["Set-Cookie"] is None
