import base64
import contextlib
import json
from types import SimpleNamespace

import pytest
from standin import config, users
from standin.storage import Bucket

KEY = "local-" + "0123456789" * 4
SETTINGS = config.from_environment(
    {
        "HOST": "https://wandb.example.com",
        "LICENSE": "lab",
        "MYSQL": "mysql://u:p@db1/d",
        "BUCKET": "s3://k:s@s3.example.com/local-files?tls=true",
        "GLOBAL_ADMIN_API_KEY": KEY,
        "GORILLA_INSECURE_ALLOW_API_KEY_ADMIN_ACCESS": "true",
    }
)


class FakeCursor:
    """A database that knows the administrator and the run jane/verify/r1, and nobody else."""

    def execute(self, sql, values=()):
        self.row = None
        if "username = %s" in sql and values == ("admin",):
            self.row = {"id": 1, "username": "admin", "email": "admin@localhost", "admin": 1}
        if "FROM runs" in sql and values == ("jane", "verify", "r1"):
            self.row = {"id": 3, "name": "r1", "entity": "jane", "project": "verify"}

    def fetchone(self):
        return self.row


class FakeDatabase:
    @contextlib.contextmanager
    def transaction(self):
        yield FakeCursor()


@pytest.fixture
def app():
    lines = []
    return SimpleNamespace(
        ready=True, config=SETTINGS, database=FakeDatabase(), bucket=Bucket(SETTINGS.object_store), session_key=b"k" * 32, log=lines.append, lines=lines
    )


def basic(key):
    return "Basic " + base64.b64encode(f"api:{key}".encode()).decode()


def test_probes_before_and_after(ask, app):
    app.ready = False
    assert ask("GET", "/healthz")[0] == 200
    assert ask("GET", "/ready")[0] == 503
    assert ask("POST", "/graphql", b"{}", Authorization=basic(KEY))[0] == 503
    assert ask("OPTIONS", "/files/a/b/c/d", Origin="https://x")[0] == 503
    app.ready = True
    assert ask("GET", "/ready")[0] == 200


@pytest.mark.parametrize("authorization", ["", "Basic ???", "Basic YXBp", basic("local-wrong"), f"Bearer {KEY}"])
def test_without_the_key(ask, authorization):
    body = b'{"query": "query Viewer { viewer { id } }"}'
    assert ask("POST", "/graphql", body, Authorization=authorization)[0] == 401
    assert ask("GET", "/files/jane/verify/r1/f", Authorization=authorization)[0] == 401
    assert ask("POST", "/files/jane/verify/r1/file_stream", b"{}", Authorization=authorization)[0] == 401


def test_graphql(ask, app):
    status, dummy, body = ask("POST", "/graphql", b'{"query": "query Viewer { viewer { id } }"}', Authorization=basic(KEY))
    assert status == 200 and json.loads(body)["data"]["viewer"]["username"] == "admin"
    assert ask("POST", "/graphql", b"no json", Authorization=basic(KEY))[0] == 400
    status, dummy, body = ask("POST", "/graphql", b'{"query": "query Nonsense { x }"}', Authorization=basic(KEY))
    assert status == 200 and "errors" in json.loads(body)
    assert app.lines == ["graphql: Nonsense: the test double does not know the operation 'Nonsense'"]


def test_a_file_is_a_redirect_to_its_presigned_url(ask):
    status, headers, dummy = ask("GET", "/files/jane/verify/r1/media/HT%253ML%20.html", Authorization=basic(KEY))
    assert status == 302
    assert headers["Location"].startswith("https://s3.example.com/local-files/jane/verify/r1/media/HT%253ML%20.html?X-Amz-")
    assert ask("GET", "/files/jane/verify/r9/f", Authorization=basic(KEY))[0] == 404


def test_a_preflight_for_a_file_goes_to_the_bucket(ask):
    status, headers, dummy = ask("OPTIONS", "/files/jane/verify/r1/HT%253ML%20.html", Origin="https://wandb.example.com")
    assert (status, headers["Location"]) == (307, "https://s3.example.com/local-files/jane/verify/r1/HT%253ML%20.html")
    assert headers["Access-Control-Allow-Origin"] is None


def test_cors_of_the_api(ask):
    assert ask("OPTIONS", "/graphql", Origin="https://wandb.example.com")[1]["Access-Control-Allow-Origin"] == "https://wandb.example.com"
    assert ask("OPTIONS", "/graphql", Origin="https://evil.example.com")[1]["Access-Control-Allow-Origin"] is None


def test_a_failure_is_logged_without_the_query_string(ask, app):
    app.database = None
    status, dummy, body = ask("GET", "/files/a/b/c/d?token=secret", Authorization=basic(KEY))
    assert (status, json.loads(body)) == (500, {"error": "internal server error"})
    assert len(app.lines) == 1 and "/files/a/b/c/d" in app.lines[0] and "secret" not in app.lines[0] and KEY not in app.lines[0]


def test_authorize_wants_a_session(ask):
    for cookie in ("", "session=1.9999999999.0000", "session=", "session=x"):
        status, headers, dummy = ask("GET", "/authorize", Cookie=cookie)
        assert (status, headers["Location"]) == (303, "/login")


def test_sign_up_is_refused_with_a_reason(ask):
    status, dummy, body = ask("POST", "/signup", b"username=jane&email=jane&password=short")
    assert status == 400 and b"at least 8 characters" in body
    assert ask("GET", "/signup")[0] == 200


def test_unknown_paths(ask):
    assert ask("GET", "/nothing")[0] == 404
    assert ask("POST", "/sdk/otel/v1/metrics", b"x")[0] == 404


def test_password_hashes():
    stored = users.hash_password("correct horse")
    salt = stored.partition("$")[0]
    assert users.hash_password("correct horse", salt) == stored != users.hash_password("correct hors", salt)
    assert "correct" not in stored and users.hash_password("correct horse") != stored
