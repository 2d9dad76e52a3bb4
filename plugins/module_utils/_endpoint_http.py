# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP as a check needs it: bytes sent as written, every header seen, TLS facts one at a time. PRIVATE to the collection.

Standard library only, since endpoint_check runs under the system's Python. Libraries for people hide what is checked here:
they follow redirects, decode paths, merge repeated headers and put their own CA bundle in place of the system's.
"""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import typing as t
import warnings
from contextlib import contextmanager
from urllib.parse import urlsplit

# OpenSSL's X509_V_FLAG_NO_CHECK_TIME; Python has no name for it.
_NO_CHECK_TIME = 0x200000

MIB = 1024 * 1024

_SYSTEM_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")


class Answer(t.NamedTuple):
    """One HTTP answer. Header names are compared without regard to case."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str:
        return ", ".join(self.all(name))


class Endpoint:
    """The server behind a URL of scheme, name and port. I(timeout) is in seconds, for each step of a connection.

    The certificate must be signed by a CA of the system or by that in I(ca_file). I(any_time=True) accepts an expired
    one, so that expiry can be one fact among others.
    """

    def __init__(self, url: str, ca_file: str | None = None, timeout: float = 10, any_time: bool = False) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("%s is not a URL such as https://wandb.example.com" % url)
        if parts.scheme == "http" and "tls=true" in parts.query:
            raise ValueError("%s contradicts itself, with http and tls=true: write https://%s" % (url, parts.netloc))
        if parts.path.rstrip("/") or parts.query:
            raise ValueError("%s has a path; give the name only, such as %s://%s" % (url, parts.scheme, parts.netloc))
        self.secure = parts.scheme == "https"
        self.host = parts.hostname
        self.port = parts.port or (443 if self.secure else 80)
        self.url = "%s://%s" % (parts.scheme, parts.netloc)
        self.authority = parts.netloc
        self.ca_file = ca_file
        self.timeout = timeout
        self.any_time = any_time
        self._contexts: dict[bool, ssl.SSLContext] = {}

    def addresses(self) -> list[str]:
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        return sorted({str(entry[4][0]) for entry in found})

    def connect(self) -> None:
        """Opens a TCP connection and closes it."""
        socket.create_connection((self.host, self.port), self.timeout).close()

    def context(self, any_name: bool = False) -> ssl.SSLContext:
        if any_name not in self._contexts:  # reading the system's CAs takes longer than a handshake
            context = ssl.create_default_context()
            if self.ca_file:
                context.load_verify_locations(self.ca_file)
            if self.any_time:
                context.verify_flags |= _NO_CHECK_TIME
            context.check_hostname = not any_name
            self._contexts[any_name] = context
        return self._contexts[any_name]

    def certificate(self, any_name: bool = False) -> dict[str, t.Any]:
        """The server's certificate as ssl.getpeercert() gives it, after its chain (and name) were verified."""
        with self._handshake(any_name) as tls:
            return dict(tls.getpeercert() or {})

    def certificate_bytes(self) -> bytes:
        """That certificate itself, DER."""
        with self._handshake() as tls:
            return tls.getpeercert(binary_form=True) or b""

    def negotiated(self) -> tuple[str, str]:
        """The TLS version and the protocol (ALPN) that the server takes of a client that knows all of them."""
        context = _unverified(ssl.PROTOCOL_TLS_CLIENT)
        context.set_alpn_protocols(["h2", "http/1.1"])
        with socket.create_connection((self.host, self.port), self.timeout) as plain, context.wrap_socket(plain, server_hostname=self.host) as tls:
            return tls.version() or "", tls.selected_alpn_protocol() or ""

    def takes(self, version: ssl.TLSVersion) -> bool:
        """Whether the server shakes hands with a client that knows this version alone, and every cipher."""
        with socket.create_connection((self.host, self.port), self.timeout) as plain:
            try:
                _unverified(ssl.PROTOCOL_TLS_CLIENT, version).wrap_socket(plain, server_hostname=self.host).close()
            except (ssl.SSLError, ConnectionError):
                return False
        return True

    @contextmanager
    def _handshake(self, any_name: bool = False) -> t.Iterator[ssl.SSLSocket]:
        with socket.create_connection((self.host, self.port), self.timeout) as plain:
            with self.context(any_name).wrap_socket(plain, server_hostname=self.host) as tls:
                yield tls

    def request(
        self,
        method: str,
        target: str,
        headers: t.Mapping[str, str] | None = None,
        body: bytes | t.Iterable[bytes] | None = None,
        into: t.Callable[[bytes], None] | None = None,
    ) -> Answer:
        """One request on a connection of its own. I(target) (path and query) goes out byte for byte.

        A body in pieces needs the header Content-Length. I(into) takes the body of an answer 200 in pieces of a MiB.
        """
        if self.secure:
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(self.host, self.port, timeout=self.timeout, context=self.context())
        else:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
        sent = {"Host": self.authority, "User-Agent": "baremetal.wandb", "Connection": "close"}
        sent.update(headers or {})
        try:
            connection.connect()
            try:
                connection.request(method, target, body=body, headers=sent)
            except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
                pass  # a server may refuse a large body before all of it was sent; its answer is still there to read
            answer = connection.getresponse()
            while into and answer.status == 200 and (piece := answer.read(MIB)):
                into(piece)
            return Answer(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()


def _unverified(protocol: int, version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """For handshakes that show what a server offers, over which nothing is sent. I(version) alone, with ciphers as weak as it had."""
    context = ssl.SSLContext(protocol)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version:
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = version
    return context


def can_offer(version: ssl.TLSVersion) -> bool:
    """Whether OpenSSL here can offer the version at all: it shakes hands with a listener of its own, which needs no certificate with such ciphers."""
    try:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = _unverified(ssl.PROTOCOL_TLS_CLIENT, version).wrap_bio(incoming, outgoing)
        listener = _unverified(ssl.PROTOCOL_TLS_SERVER, version).wrap_bio(outgoing, incoming, server_side=True)
        for end in (client, listener, client, listener, client):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                pass
        return client.version() is not None
    except (ssl.SSLError, ValueError):
        return False


def bundle(ca_file: str | None, directory: str) -> str | None:
    """A file with the system's CAs and I(ca_file), for clients that take one file; None leaves them their default."""
    system = next((path for path in _SYSTEM_BUNDLES if os.path.exists(path)), None)
    if not ca_file:
        return system
    path = os.path.join(directory, "ca-bundle.crt")
    with open(path, "w", encoding="utf-8") as out:
        for source in [system, ca_file]:
            if source:
                with open(source, encoding="utf-8") as certificates:
                    out.write(certificates.read().rstrip() + "\n")
    return path


def first_answering(urls: t.Sequence[str], timeout: float, dry_run: bool = False, ca_file: str | None = None) -> str | None:
    """The first of the URLs whose port accepts a connection: one lost node must not stop the work of the others.

    In a dry run it must also speak as the URL says, by a certificate that I(ca_file) signed: the run may switch TLS on or off.
    """
    for url in urls:
        endpoint = Endpoint(url, ca_file, timeout)
        try:
            endpoint.connect()
            # MinIO answers a request without TLS with 400 where it expects TLS.
            if dry_run and endpoint.request("GET", "/").status == 400:
                continue
        except (OSError, http.client.HTTPException):
            continue
        return url
    return None


def why(error: Exception) -> str:
    """A network error in the words of an operator."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message or str(error)
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, (socket.timeout, TimeoutError)):
        return "no answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "%s: %s" % (type(error).__name__, error)
