"""The HTTP side: probes, GraphQL, the file stream, files, and the two pages that hand out an API key."""

import base64
import binascii
import hmac
import json
import time
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from standin import graphql, users
from standin.operations.runs import file_key, find_run, stream_lines

PORT = 8080
SESSION_SECONDS = 720 * 3600
PAGE = '<!doctype html><meta charset="utf-8"><title>Test double of W&amp;B</title><h1>{title}</h1>{body}'
FORM = """<form method="post"><p>{fields}<label>E-mail <input name="email" type="email"></label>
<label>Password <input name="password" type="password"></label> <button>{button}</button></form>"""


class HTTPError(Exception):
    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


class Server(ThreadingHTTPServer):
    """`app` is what boot.py brings up: .ready, and once it is true .config, .database, .bucket, .session_key, .log"""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, app, port: int = PORT):
        super().__init__(("", port), Handler)
        self.app = app


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "wandb-local-test-double"
    timeout = 300  # of an idle connection; longer than a proxy keeps one

    def do_GET(self):
        self.answer(self.route_get)

    def do_POST(self):
        self.answer(self.route_post)

    def do_OPTIONS(self):
        self.answer(self.route_options)

    do_HEAD = do_GET

    @property
    def app(self):
        return self.server.app

    def answer(self, route) -> None:
        """Reads the request, lets `route` give (status, headers, body), and writes it."""
        try:
            self.body = self.read_body()
            self.segments = [unquote(part) for part in urlsplit(self.path).path.split("/")[1:]]
            status, headers, body = route()
        except HTTPError as error:
            status, headers, body = error.status, {}, json.dumps({"error": str(error)}).encode()
        except Exception as error:  # one failed request must not end the connection without an answer
            self.app.log(f"error: {self.command} {urlsplit(self.path).path}: {type(error).__name__}: {error}")
            status, headers, body = 500, {}, b'{"error": "internal server error"}'
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers, **self.cors()}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "identity").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(chunks)

    def cors(self) -> dict:
        origin = self.headers.get("Origin")
        if not self.app.ready or origin not in self.app.config.cors_origins or self.segments[0] == "files":
            return {}  # a file's CORS is the bucket's business
        return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}

    def route_get(self):
        match self.segments:
            case ["healthz"]:
                return 200, {}, b'{"status": "ok"}'
            case ["ready"] if self.app.ready:
                return 200, {}, b'{"status": "ready"}'
        self.require_ready()
        match self.segments:
            case ["files", entity, project, run, *path] if path:
                return self.file(entity, project, run, "/".join(path))
            case ["signup" | "login"]:
                return self.form()
            case ["authorize"]:
                return self.authorize(users.first_api_key)
            case [""]:
                return self.page("Test double of W&B Server", '<p><a href="/signup">Sign up</a>')
        raise HTTPError(404, "not found")

    def route_post(self):
        self.require_ready()
        match self.segments:
            case ["graphql"]:
                return self.graphql()
            case ["files", entity, project, run, "file_stream"]:
                return self.file_stream(entity, project, run)
            case ["signup" | "login"]:
                return self.start_session()
            case ["authorize"]:
                return self.authorize(users.new_api_key)
        raise HTTPError(404, "not found")

    def route_options(self):
        """A preflight carries no key. One for a file is sent on, as a preflight, to where the file is: the bucket's own
        CORS rules answer it."""
        self.require_ready()
        if self.segments[0] == "files":
            return 307, {"Location": self.app.bucket.url("/".join(self.segments[1:]))}, b""
        return 204, {"Access-Control-Allow-Methods": "GET, POST", "Access-Control-Allow-Headers": "*"}, b""

    def require_ready(self) -> None:
        if not self.app.ready:
            raise HTTPError(503, "the server is starting")

    # The client's side: HTTP Basic, user "api", password the key.

    def authenticate(self, cursor) -> graphql.Request:
        scheme, dummy, value = self.headers.get("Authorization", "").partition(" ")
        try:
            api_key = base64.b64decode(value, validate=True).decode().partition(":")[2] if scheme == "Basic" else ""
        except (binascii.Error, UnicodeDecodeError):
            api_key = ""
        config = self.app.config
        viewer = users.find_by_key(cursor, api_key, config.admin_api_key) if api_key else None
        if viewer is None:
            raise HTTPError(401, "user is not logged in")
        return graphql.Request(cursor, self.app.bucket, config.host, viewer)

    def json_body(self) -> dict:
        try:
            return json.loads(self.body)
        except ValueError:
            raise HTTPError(400, "the body is not JSON") from None

    def graphql(self):
        body = self.json_body()
        with self.app.database.transaction() as cursor:
            answer = graphql.execute(body, self.authenticate(cursor))
        if "errors" in answer:
            self.app.log(f"graphql: {graphql.operation_name(body)}: {answer['errors'][0]['message']}")
        return 200, {}, json.dumps(answer).encode()

    def find_run(self, request, entity: str, project: str, run: str) -> dict:
        try:
            return find_run(request, {"entity": entity, "project": project}, run)
        except graphql.GraphQLError as error:
            raise HTTPError(404, str(error)) from None

    def file_stream(self, entity: str, project: str, run: str):
        body = self.json_body()
        with self.app.database.transaction() as cursor:
            request = self.authenticate(cursor)
            stream_lines(request, self.find_run(request, entity, project, run), body)
        return 200, {}, b'{"exitcode": null, "limits": {}}'

    def file(self, entity: str, project: str, run: str, name: str):
        with self.app.database.transaction() as cursor:
            found = self.find_run(self.authenticate(cursor), entity, project, run)
        return 302, {"Location": self.app.bucket.get_url(file_key(found, name))}, b""

    # The person's side: sign up or log in, then see the API key once.

    def page(self, title: str, body: str, status: int = 200):
        text = PAGE.format(title=title.replace("&", "&amp;"), body=body)
        return status, {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}, text.encode()

    def form(self, error: str = ""):
        new = self.segments == ["signup"]
        fields = '<label>User name <input name="username"></label>\n' if new else ""
        button = "Sign up" if new else "Log in"
        status = 400 if error else 200
        return self.page(button, f"<p>{error}</p>{FORM.format(fields=fields, button=button)}", status)

    def start_session(self):
        fields = {name: values[0] for name, values in parse_qs(self.body.decode()).items()}
        email, password = fields.get("email", ""), fields.get("password", "")
        try:
            with self.app.database.transaction() as cursor:
                if self.segments == ["signup"]:
                    user_id = users.sign_up(cursor, fields.get("username", ""), email, password)
                else:
                    user_id = users.log_in(cursor, email, password)
        except users.SignUpError as error:
            return self.form(str(error))
        value = f"{user_id}.{int(time.time()) + SESSION_SECONDS}"
        cookie = f"session={value}.{self.sign(value)}; Path=/; HttpOnly; SameSite=Strict"
        if self.app.config.host.startswith("https:"):
            cookie += "; Secure"
        return 303, {"Location": "/authorize", "Set-Cookie": cookie}, b""

    def sign(self, value: str) -> str:
        return hmac.digest(self.app.session_key, value.encode(), "sha256").hex()

    def session_user(self) -> int | None:
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("session")
        value, dummy, signature = cookie.value.rpartition(".") if cookie else ("", "", "")
        if not hmac.compare_digest(signature.encode(), self.sign(value).encode()):
            return None
        user_id, dummy, expires = value.partition(".")
        return int(user_id) if int(expires) > time.time() else None

    def authorize(self, make_key):
        user_id = self.session_user()
        if user_id is None:
            return 303, {"Location": "/login"}, b""
        with self.app.database.transaction() as cursor:
            api_key = make_key(cursor, user_id)
        if api_key:
            return self.page("Your API key", f'<p>It is shown once: <code id="api-key">{api_key}</code>')
        return self.page("Your API key", '<p>It was shown before.<form method="post"><button>Create another</button></form>')

    def log_request(self, code="-", size="-"):
        if self.app.ready and self.app.config.access_log:
            self.app.log(f"{self.client_address[0]} {self.command} {urlsplit(self.path).path} {int(code)}")

    def log_message(self, *_):
        pass
