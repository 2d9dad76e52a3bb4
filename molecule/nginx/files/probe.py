# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks the proxy of this host as a client does, and prints what came back as JSON: one key for each fact."""
from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import time
import warnings
from http.client import HTTPResponse

ADDRESS = sys.argv[1]
WANDB, S3, CONSOLE = "wandb.example.com", "s3.example.com", "console.example.com"
PATH = "/a%2Fb//c%20d+e?X-Amz-Signature=%7Babc%2B+"
SPOOFED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example.org", "X-Forwarded-Port": "1"}


def tls(name: str) -> ssl.SSLSocket:
    """A verified connection that asks for the name; the system's trust store must know the CA."""
    return ssl.create_default_context().wrap_socket(socket.create_connection((ADDRESS, 443), 10), server_hostname=name)


def send(connection: socket.socket, method: str, path: str, host: str, **headers: str) -> None:
    lines = ["%s %s HTTP/1.1" % (method, path), "Host: %s" % host, *("%s: %s" % (key.replace("_", "-"), value) for key, value in headers.items())]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())


def answer(connection: socket.socket, method: str = "GET") -> HTTPResponse:
    response = HTTPResponse(connection, method=method)
    response.begin()
    return response


def seen(response: HTTPResponse) -> dict:
    """What the upstream saw; its headers by name, each name once."""
    found = json.loads(response.read())
    names = [name for name, value in found["headers"]]
    assert len(names) == len(set(names)), names
    return dict(found, headers=dict(found["headers"]))


def get(name: str, path: str = PATH, **headers: str) -> tuple[HTTPResponse, dict]:
    connection = tls(name)
    send(connection, "GET", path, name, **headers)
    response = answer(connection)
    return response, seen(response)


def put(name: str, count: int) -> int:
    """How many bytes of a body the upstream got."""
    connection = tls(name)
    send(connection, "PUT", "/big", name, Content_Length=str(count))
    block = b"x" * 2**20
    for _part in range(count // len(block)):
        connection.sendall(block)
    return seen(answer(connection))["length"]


def early(name: str) -> int:
    """Status of an answer that comes before the body is sent: only a proxy that does not buffer requests passes it on."""
    connection = tls(name)
    send(connection, "PUT", "/early", name, Content_Length=str(2**20))
    connection.sendall(b"x" * 1024)
    connection.settimeout(10)
    return answer(connection).status


def websocket(name: str) -> str:
    """Status, and what came back of a text frame."""
    connection = tls(name)
    asking = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    send(connection, "GET", "/socket", name, **asking)
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(1)
    mask = b"\x01\x02\x03\x04"
    connection.sendall(b"\x81\x84" + mask + bytes(byte ^ mask[at] for at, byte in enumerate(b"ping")))
    accepted = b"sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=" in head.lower()  # the answer to that key, as RFC 6455 has it
    return "%s %s %s" % (head.split()[1].decode(), accepted, connection.recv(100)[2:].decode())


def drip(name: str) -> bool:
    """Whether the first byte came while the upstream had not written the second one."""
    connection = tls(name)
    send(connection, "GET", "/drip", name)
    response = answer(connection)
    begun = time.monotonic()
    first = response.read(1)
    waited = time.monotonic() - begun
    return first + response.read() == b"ab" and waited < 1 < time.monotonic() - begun


def http2(name: str, *options: str) -> dict:
    """The version that curl spoke, and what the upstream saw."""
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--http2", "--resolve", "%s:443:%s" % (name, ADDRESS), "--write-out", "\n%{http_version}", *options],
        capture_output=True, text=True, check=True,
    )
    body, version = done.stdout.rsplit("\n", 1)
    found = json.loads(body)
    return {"version": version, "path": found["path"], "length": found["length"], "host": dict(found["headers"])["host"]}


def offered(version: ssl.TLSVersion) -> str:
    """What becomes of a client that speaks this version alone, however weak its ciphers."""
    warnings.simplefilter("ignore", DeprecationWarning)  # it is the old versions that are asked for
    context = ssl.create_default_context()
    context.minimum_version = context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    try:
        return context.wrap_socket(socket.create_connection((ADDRESS, 443), 10), server_hostname=WANDB).version()
    except ssl.SSLError as error:
        return error.reason


def refused_tls(name: str | None) -> str:
    try:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.wrap_socket(socket.create_connection((ADDRESS, 443), 10), server_hostname=name)
        return "accepted"
    except ssl.SSLError as error:
        return error.reason


def plain(host: str, path: str = "/x?y=z") -> dict | str:
    connection = socket.create_connection((ADDRESS, 80), 10)
    send(connection, "GET", path, host)
    try:
        response = answer(connection)
    except ConnectionError:
        return "no answer"
    return {"status": response.status, "location": response.getheader("Location"), "server": response.getheader("Server")}


def signed_as(name: str, sum_of_body: str) -> int:
    """Status of an upload that says so of the sum of its body."""
    connection = tls(name)
    send(connection, "PUT", "/sum", name, X_Amz_Content_Sha256=sum_of_body, Content_Length="0")
    return answer(connection).status


response, wandb = get(WANDB, **{key.replace("-", "_"): value for key, value in SPOOFED.items()})
s3_response, s3 = get(S3, Origin="https://wandb.example.com", **{key.replace("-", "_"): value for key, value in SPOOFED.items()})
_console_response, console = get(CONSOLE)
connection = tls(S3)
send(connection, "GET", "/minio/admin/v3/info", S3)
certificate = tls(WANDB).getpeercert()
print(
    json.dumps(
        {
            "wandb": wandb,
            "s3": s3,
            "hsts": response.headers.get_all("Strict-Transport-Security"),
            "server": response.getheader("Server"),
            "cors": [name for name, _value in s3_response.getheaders() if name.lower().startswith("access-control-")],
            "unsigned": [signed_as(S3, "STREAMING-UNSIGNED-PAYLOAD-TRAILER"), signed_as(S3, "streaming-unsigned-other, x")],
            "signed": [
                *(signed_as(S3, kind) for kind in ("UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")),
                signed_as(WANDB, "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
            ],
            "admin_api": answer(connection).status,
            "big_wandb": put(WANDB, 32 * 2**20),
            "big_s3": put(S3, 32 * 2**20),
            "early": [early(WANDB), early(S3)],
            "websocket": [websocket(WANDB), websocket(CONSOLE)],
            "drip": [drip(WANDB), drip(S3)],
            "console": console["path"],
            "http2": http2(WANDB, "https://%s%s" % (WANDB, PATH)),
            "http2_put": http2(S3, "--upload-file", "/root/upload", "https://%s/upload" % S3),
            "tls": {name: offered(ssl.TLSVersion[name]) for name in ("TLSv1", "TLSv1_1", "TLSv1_2", "TLSv1_3")},
            "unknown_name": refused_tls("other.example.com"),
            "no_name": refused_tls(None),
            "plain": [plain(WANDB), plain(S3)],
            "plain_unknown": plain("other.example.com"),
            "nodes": sorted({get(S3, "/n")[1]["node"] for _try in range(12)}),
            "serial": certificate["serialNumber"],
            "names": sorted(value for kind, value in certificate["subjectAltName"]),
        }
    )
)
