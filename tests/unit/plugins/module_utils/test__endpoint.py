# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks of the public names against a real TLS server on loopback, whole and broken in each way."""

from __future__ import annotations

import contextlib
import http.server
import ssl
import threading
import time
from email.utils import formatdate

import pytest
from ansible_collections.baremetal.wandb.plugins.module_utils import _endpoint, _s3_check
from ansible_collections.baremetal.wandb.plugins.module_utils._endpoint import Site, check, is_s3, says
from ansible_collections.baremetal.wandb.plugins.module_utils._endpoint_http import Answer, Endpoint, bundle, first_answering
from authority import CA

DENIED = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Access Denied.</Message></Error>"


@pytest.fixture(scope="module")
def ca(tmp_path_factory):
    return CA(tmp_path_factory.mktemp("ca"), "ours")


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers what the server's C(answers) say for a path, else 200; nothing for status 0; a body over its C(limit) gets its C(refusal) unread."""

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        status, body = self.server.answers.get(self.path, (200, b"ok"))
        if length > self.server.limit:
            status, body = self.server.refusal
        else:
            self.rfile.read(length)
        if not status:
            self.close_connection = True
            return
        if self.path in self.server.slow:
            time.sleep(1.1)
        self.send_response(status)
        for name, value in self.server.headers.items():
            self.send_header(name, value.replace("$host", self.headers.get("X-Forwarded-Host", "")))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Twice", "one")
        self.send_header("x-twice", "two")
        self.send_header("X-Host", self.headers["Host"])
        self.send_header("X-Target", self.path)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_HEAD = do_OPTIONS = answer

    def version_string(self):
        return self.server.banner

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def serving(
    leaf=None,
    answers=None,
    limit=10**9,
    refusal=(413, b"<html><title>413 Request Entity Too Large</title></html>"),
    headers=None,
    slow=(),
    banner="nginx",
    alpn=("h2", "http/1.1"),
    versions=(),
):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.answers, server.limit, server.refusal, server.slow, server.banner = answers or {}, limit, refusal, slow, banner
    server.headers = {"Strict-Transport-Security": "max-age=31536000"} if headers is None else headers
    if leaf:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(alpn)
        if versions:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version, context.maximum_version = versions
        context.load_cert_chain(leaf)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield "%s://localhost:%d" % ("https" if leaf else "http", server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()


def proven(url, ca_file, s3_url=None, s3_external=False, **options):
    """The records of the checks by id. Port 80 of this machine is somebody else's, so the redirects are left out."""
    site = Site(*(Endpoint(one, str(ca_file), 5, any_time=True) for one in (url, s3_url or url)), warn_days=30, fail_days=7, s3_external=s3_external)
    return {record["id"]: record for record in check.records(site, skip=["edge.*.redirect"], **options)}


def guilty(records, *statuses):
    return [id for id, record in records.items() if record["status"] in (statuses or ("fail",))]


def test_a_whole_site(ca):
    with serving(ca.leaf()) as url, serving(ca.leaf(), {"/": (403, DENIED)}) as s3_url:
        records = proven(url, ca.path, s3_url)
    assert {record["status"] for record in records.values()} == {"pass"} and len(records) == 29
    assert records["edge.wandb.certificate.chain"]["found"] == "issued by ours"


@pytest.mark.parametrize(
    "leaf, id, words",
    [
        ({"names": ("other.example.com",)}, "edge.wandb.certificate.name", "subject alternative name localhost"),
        ({"begin": -30, "end": -1}, "edge.wandb.certificate.expiry", "renew the certificate"),
        ({"begin": 2}, "edge.wandb.certificate.expiry", "correct the clock"),
        ({"end": 5}, "edge.wandb.certificate.expiry", "renew the certificate"),
    ],
)
def test_a_bad_certificate_fails_in_one_check(ca, leaf, id, words):
    with serving(ca.leaf(**leaf)) as url:
        records = proven(url, ca.path, only=["edge.wandb.*"])
    assert guilty(records) == [id]
    assert words in records[id]["advice"]


def test_a_certificate_near_its_end_warns(ca):
    with serving(ca.leaf(end=20)) as url:
        records = proven(url, ca.path, only=["edge.wandb.*"])
    assert guilty(records, "warn", "fail") == ["edge.wandb.certificate.expiry"]
    assert records["edge.wandb.certificate.expiry"]["found"] == "19 days left"


def test_a_certificate_of_an_unknown_ca(ca, tmp_path):
    with serving(CA(tmp_path, "theirs").leaf()) as url:
        records = proven(url, ca.path, only=["edge.wandb.*"])
    assert guilty(records) == ["edge.wandb.certificate.chain"]
    assert records["edge.wandb.ready"]["status"] == "skip"


def test_a_clock_that_is_behind_is_named_before_the_certificate_that_is_younger(ca, monkeypatch):
    monkeypatch.setattr(Handler, "date_time_string", lambda self: formatdate(time.time() + 1200, usegmt=True))
    with serving(ca.leaf(begin=1), {"/": (403, DENIED)}) as url:
        store = _s3_check.Store(None, {}, Endpoint(url, str(ca.path), 5), "b", "us-east-1", "p/", url, "https://foreign.invalid")
        records = {record["id"]: record for record in _s3_check.check.records(store, skip=["s3.minio.*"])}
    assert guilty(records) == ["s3.clock", "s3.tls"]
    assert "seconds ahead" in records["s3.clock"]["found"] and "see s3.clock" in records["s3.tls"]["advice"]


def test_a_ca_file_that_is_not_there(ca):
    with serving(ca.leaf()) as url:
        records = proven(url, "/nonexistent/ca.crt", only=["edge.wandb.*"])
    assert guilty(records) == ["edge.wandb.certificate.chain"]
    assert "wandb_ca_file" in records["edge.wandb.certificate.chain"]["advice"]


def test_a_server_without_tls(ca):
    with serving() as url:
        records = proven(url.replace("http:", "https:"), ca.path, only=["edge.wandb.*"])
    assert guilty(records) == ["edge.wandb.certificate.chain"]
    assert "does not speak TLS" in records["edge.wandb.certificate.chain"]["advice"]


def test_a_closed_port(ca):
    with serving(ca.leaf()) as url:
        pass
    records = proven(url, ca.path)
    assert guilty(records) == ["edge.wandb.port", "edge.s3.port"]
    assert records["edge.wandb.port"]["found"] == "connection refused"
    assert "start nginx" in records["edge.wandb.port"]["advice"]


def test_a_name_that_does_not_resolve(ca):
    records = proven("https://wandb.invalid", ca.path)
    assert guilty(records) == ["edge.wandb.resolve", "edge.s3.resolve"]
    assert "make wandb.invalid resolve" in records["edge.wandb.resolve"]["advice"]


@pytest.mark.parametrize(
    "answers, id, words",
    [
        ({"/healthz": (502, b"Bad Gateway")}, "edge.wandb.upstream", "nginx_server_upstream"),
        ({"/healthz": (504, b"")}, "edge.wandb.upstream", "no firewall between them drops"),
        ({"/healthz": (0, b"")}, "edge.wandb.upstream", "no firewall between them drops"),
        ({"/healthz": (403, DENIED)}, "edge.wandb.upstream", "mixed up"),
        ({"/healthz": (500, b"")}, "edge.wandb.healthz", "journalctl -u wandb-local"),
        ({"/ready": (503, b"migrating")}, "edge.wandb.ready", "migrations"),
        ({"/graphql": (504, b"")}, "edge.wandb.body", "error.log"),
    ],
)
def test_a_broken_application(ca, answers, id, words):
    with serving(ca.leaf(), answers) as url:
        records = proven(url, ca.path, only=["edge.wandb.*"])
    assert guilty(records) == [id]
    assert words in records[id]["advice"]


@pytest.mark.parametrize("answer, words", [((502, b""), "does not reach the object store"), ((200, b"<html>W&B</html>"), "no S3 store")])
def test_a_lost_object_store(ca, answer, words):
    with serving(ca.leaf(), {"/": answer}) as url:
        records = proven(url, ca.path, only=["edge.s3.*"])
    assert guilty(records) == ["edge.s3.upstream"]
    assert words in records["edge.s3.upstream"]["advice"]


V = ssl.TLSVersion


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    "broken, ids, words",
    [
        ({"versions": (V.TLSv1, V.TLSv1_3)}, ["edge.wandb.tls.old"], "['TLSv1', 'TLSv1.1']. set ssl_protocols"),
        ({"versions": (V.TLSv1_2, V.TLSv1_2)}, ["edge.wandb.tls.current"], "TLSv1.2. set ssl_protocols TLSv1.2 TLSv1.3"),
        ({"alpn": ("http/1.1",)}, ["edge.wandb.http2"], "http/1.1. let nginx offer it"),
        ({"banner": "nginx/1.26.3"}, ["edge.wandb.banner"], "server_tokens off"),
        ({"headers": {}}, ["edge.wandb.hsts"], "none. set nginx_hsts"),
        ({"headers": {"Strict-Transport-Security": "max-age=0"}}, ["edge.wandb.hsts"], "set nginx_hsts"),
        ({"headers": {"Strict-Transport-Security": "max-age=1", "Location": "https://$host/"}}, ["edge.wandb.forwarded"], "nginx_trusted_proxies"),
        ({"slow": ["/healthz"]}, ["edge.wandb.latency"], "look at the load"),
    ],
)
def test_a_proxy_that_is_careless_in_one_way(ca, broken, ids, words):
    with serving(ca.leaf(), **broken) as url:
        records = proven(url, ca.path, only=["edge.wandb.*"])
    assert guilty(records, "warn", "fail") == ids
    assert words in "%s. %s" % (records[ids[0]]["found"], records[ids[0]]["advice"])


def test_a_host_whose_openssl_cannot_offer_old_versions_says_so(ca, monkeypatch):
    monkeypatch.setattr(_endpoint, "can_offer", lambda version: False)
    with serving(ca.leaf()) as url:
        record = proven(url, ca.path)["edge.wandb.tls.old"]
    assert record["status"] == "skip" and "cannot offer" in record["found"]


def test_an_address_where_nobody_listens(ca, monkeypatch):
    monkeypatch.setattr(Endpoint, "addresses", lambda self: ["127.0.0.1", "127.0.0.2", "2001:db8::1"])
    with serving(ca.leaf()) as url:
        record = proven(url, ca.path)["edge.wandb.addresses"]
    assert record["status"] == "warn" and record["found"][0] == "127.0.0.2: connection refused"


@pytest.mark.parametrize("leaf", [{"begin": 1}, {"begin": -30, "end": -1}])
def test_a_wrong_clock_is_the_cause_where_the_servers_says_so(ca, leaf, monkeypatch):
    monkeypatch.setattr(Handler, "date_time_string", lambda self: formatdate(time.time() + 86400, usegmt=True))
    with serving(ca.leaf(**leaf)) as url:
        records = proven(url, ca.path, only=["edge.wandb.*"])
    assert guilty(records) == ["edge.wandb.certificate.expiry", "edge.wandb.clock"]
    assert "86400 seconds ahead" in records["edge.wandb.certificate.expiry"]["found"].replace("86399", "86400")
    assert records["edge.wandb.certificate.expiry"]["advice"].startswith("correct the clock of this host (timedatectl)")


def test_a_body_limit(ca):
    with serving(ca.leaf(), {"/": (403, DENIED)}, limit=10_000_000) as url:
        records = proven(url, ca.path)
    assert guilty(records) == ["edge.wandb.body", "edge.s3.body"]
    assert "to 0" in records["edge.wandb.body"]["advice"]


@pytest.mark.parametrize("external, status", [(False, "fail"), (True, "warn")])
def test_a_store_of_others_that_hangs_up_on_what_it_refuses(ca, external, status):
    with serving(ca.leaf(), {"/": (405, DENIED)}, limit=10_000_000, refusal=(502, b"<title>502 Bad Gateway</title>")) as url:
        record = proven(url, ca.path, s3_external=external, only=["edge.s3.*"])["edge.s3.body"]
    assert record["status"] == status and ("s3.multipart" in record["advice"]) is external


def test_a_store_of_others_without_an_answer_is_broken_however_small_the_body(ca):
    with serving(ca.leaf(), {"/": (502, b"")}) as url:
        site = Site(*[Endpoint(url, str(ca.path), 5, any_time=True)] * 2, warn_days=30, fail_days=7, s3_external=True)
        (record,) = [one for one in check.records(site, only=["edge.s3.body"]) if one["id"] == "edge.s3.body"]
    assert record["status"] == "fail"


@pytest.mark.parametrize("external, status", [(False, "fail"), (True, "warn")])
def test_a_store_of_others_may_answer_in_the_clear(ca, monkeypatch, external, status):
    """As Amazon's, which on port 80 leads to a page about S3."""
    elsewhere = Answer(307, [("Server", "AmazonS3"), ("Location", "https://aws.amazon.com/s3/")], b"")
    monkeypatch.setattr(Endpoint, "request", lambda *_arguments, **_options: elsewhere)
    with serving(ca.leaf()) as url:
        site = Site(*[Endpoint(url, str(ca.path), 5, any_time=True)] * 2, warn_days=30, fail_days=7, s3_external=external)
        records = {record["id"]: record["status"] for record in check.records(site, only=["edge.*.redirect"])}
    assert records["edge.s3.redirect"] == status and records["edge.wandb.redirect"] == "fail"


def test_a_request_goes_out_and_comes_back_as_written():
    with serving() as url:
        answer = Endpoint(url, timeout=5).request("GET", "/a%2Fb%253M?x=%20", {"Host": "other.example.com"})
    assert answer.header("X-Target") == "/a%2Fb%253M?x=%20"
    assert answer.header("X-Host") == "other.example.com"
    assert answer.all("X-TWICE") == ["one", "two"]


@pytest.mark.parametrize("url, words", [("wandb.example.com", "is not a URL"), ("ftp://x", "is not a URL"), ("https://x.example.com/app", "has a path")])
def test_urls_that_are_none(url, words):
    with pytest.raises(ValueError, match=words):
        Endpoint(url)


def test_what_is_an_s3_answer():
    assert is_s3(Answer(403, [], DENIED))
    assert is_s3(Answer(200, [], b"<ListAllMyBucketsResult><Owner/></ListAllMyBucketsResult>"))
    assert is_s3(Answer(307, [("Server", "AmazonS3"), ("Location", "https://aws.amazon.com/s3/")], b""))
    assert not is_s3(Answer(403, [], b"<html><title>403 Forbidden</title></html>"))
    assert says(Answer(403, [], DENIED)) == "403 AccessDenied: Access Denied."
    assert says(Answer(200, [], b"<?xml?><ListAllMyBucketsResult><Owner/></ListAllMyBucketsResult>")) == "200 ListAllMyBucketsResult"
    assert says(Answer(502, [], b"<html><title>502 Bad Gateway</title>")) == "502 502 Bad Gateway"


def test_the_bundle_holds_the_private_ca_beside_the_systems(ca, tmp_path):
    text = open(bundle(str(ca.path), str(tmp_path)), encoding="utf-8").read()
    assert ca.path.read_text().strip() in text
    assert text.count("BEGIN CERTIFICATE") > 1


def test_the_first_node_that_answers():
    with serving() as gone:
        pass
    with serving() as url:
        assert first_answering([gone, url], 5) == url
    assert first_answering([gone], 5) is None


def test_a_dry_run_finds_nobody_where_tls_is_to_be_switched(ca):
    with serving(ca.leaf()) as secure, serving() as plain, serving(answers={"/": (400, b"Client sent an HTTP request to an HTTPS server.")}) as minio:
        for url in (secure, plain):
            other = url.replace("https:", "http:") if url == secure else url.replace("http:", "https:")
            assert first_answering([url], 5, dry_run=True, ca_file=str(ca.path)) == url
            assert first_answering([other], 5, dry_run=True, ca_file=str(ca.path)) is None
            assert first_answering([other], 5, ca_file=str(ca.path)) == other, "a real run tells what does not fit"
        assert first_answering([minio], 5, dry_run=True) is None
