# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The upstream of a proxy under test: echo_server.py PORT.

It answers every request with what it saw of it, as JSON, and keeps nothing. What else it does, by the path:

    /early    answers before the body has come
    /drip     writes a byte, and another one 2 s later
    /slow     answers after 1.5 s
    /ahead    answers with a Date that is an hour ahead
    /down/N   answers with N bytes
    Upgrade: websocket   any path; echoes one text frame
"""
from __future__ import annotations

import base64
import hashlib
import json
import socket
import sys
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BLOCK = b"x" * 2**20


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        if self.headers.get("Upgrade") == "websocket":
            self.websocket()
        elif self.path == "/drip":
            self.drip()
        elif self.path.startswith("/down/"):
            self.down(int(self.path.split("/")[2]))
        else:
            self.echo()

    def echo(self) -> None:
        length, wanted = 0, int(self.headers.get("Content-Length", 0))
        while length < wanted and (piece := self.rfile.read1(2**20)):
            length += len(piece)
            if self.path == "/early":
                self.close_connection = True
                break
        if self.path == "/slow":
            time.sleep(1.5)
        seen = {"node": socket.gethostname(), "path": self.path, "length": length, "headers": [[name.lower(), value] for name, value in self.headers.items()]}
        body = json.dumps(seen).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Strict-Transport-Security", "max-age=1")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"a")
        time.sleep(2)
        self.wfile.write(b"b")

    def down(self, count: int) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(count))
        self.end_headers()
        for _part in range(count // len(BLOCK)):
            self.wfile.write(BLOCK)

    def websocket(self) -> None:
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.end_headers()
        length = self.rfile.read(2)[1] & 0x7F
        mask = self.rfile.read(4)
        self.wfile.write(bytes([0x81, length]) + bytes(byte ^ mask[at % 4] for at, byte in enumerate(self.rfile.read(length))))
        self.close_connection = True

    def date_time_string(self, timestamp: float | None = None) -> str:
        return formatdate(time.time() + 3600 * (self.path == "/ahead"), usegmt=True)

    do_GET = do_HEAD = do_PUT = do_POST = answer

    def log_message(self, *_args) -> None:
        pass


ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Echo).serve_forever()
