"""What several tests talk to: an object store that answers by a script, and the double's own server."""

import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import pytest
from standin.server import Server


class FakeS3(BaseHTTPRequestHandler):
    """Answers by the script: {(method, key): (status, body)}."""

    def do_GET(self):
        key = unquote(urlsplit(self.path).path).removeprefix("/local-files/")
        self.server.seen.append((self.command, key))
        status, body = self.server.script.get((self.command, key), (200, b""))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"d41d8cd98f00b204e9800998ecf8427e"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_PUT = do_HEAD = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def s3():
    server = ThreadingHTTPServer(("127.0.0.1", 0), FakeS3)
    server.script, server.seen = {}, []
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def ask(app):
    """ask(method, path, body, headers) -> (status, headers, body); redirects are not followed. `app` is the test file's own."""
    server = Server(app, port=0)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stay)

    def ask(method, path, body=None, **headers):
        url = f"http://127.0.0.1:{server.server_port}{path}"
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            answer = opener.open(urllib.request.Request(url, body, names, method=method), timeout=10)
        except urllib.error.HTTPError as error:
            answer = error
        return answer.status, answer.headers, answer.read()

    yield ask
    server.shutdown()
    server.server_close()
