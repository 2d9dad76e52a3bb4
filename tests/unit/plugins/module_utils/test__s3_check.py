# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""s3_check against a store that is careless in one way each, as no real one is; the rest is tested on a real MinIO, in molecule/bucket."""

from __future__ import annotations

import calendar
import contextlib
import http.server
import threading
import time
from email.utils import formatdate
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
import pytest
from ansible_collections.baremetal.wandb.plugins.module_utils import _s3
from ansible_collections.baremetal.wandb.plugins.module_utils._endpoint_http import Endpoint
from ansible_collections.baremetal.wandb.plugins.module_utils._s3_check import PART, Store, check

ORIGIN = "https://wandb.example.com"
DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied.</Message></Error>"


class Handler(http.server.BaseHTTPRequestHandler):
    """A store in memory. It knows the presigned URLs that were made, and which path each is for. Its faults are in C(server.faults)."""

    protocol_version = "HTTP/1.1"

    def send(self, status, body=b"", **headers):
        origin = self.headers.get("Origin")
        if origin == ORIGIN or "cors" in self.server.faults:
            headers.update({"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Methods": "GET, PUT, HEAD", "Access-Control-Allow-Headers": "*"})
            if "etag" not in self.server.faults:
                headers["Access-Control-Expose-Headers"] = "ETag"
        self.send_response_only(status)
        self.send_header("Date", formatdate(time.time() + self.server.skew, usegmt=True))
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def allowed(self, query):
        if "Authorization" in self.headers:
            return True
        faults = self.server.faults
        if "X-Amz-Signature" not in query:
            return "anonymous" in faults
        signed = self.server.signed[query["X-Amz-Signature"][0]]
        begin = calendar.timegm(time.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ"))
        return (
            ("tampered" in faults or signed == self.path.split("?")[0])
            and ("host" in faults or not self.headers["Host"].startswith("not-"))
            and ("expired" in faults or time.time() < begin + int(query["X-Amz-Expires"][0]))
        )

    def answer(self):
        parts = urlsplit(self.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        objects, faults = self.server.objects, self.server.faults
        key = unquote(parts.path) if "paths" not in faults else unquote(unquote(parts.path)).replace("+", " ")
        if self.command == "OPTIONS":
            return self.send(204)
        if not self.allowed(query):
            return self.send(403, DENIED)
        if parts.path == "/other-not-ours":
            return self.send(403, DENIED)
        if key.count("/") < 2:  # the bucket
            found = "".join("<Contents><Key>%s</Key></Contents>" % one[len("/other/") :] for one in objects if query.get("prefix", [""])[0] in one)
            if "versions" in query:
                return self.send(501, b"<Error><Code>NotImplemented</Code></Error>")
            return self.send(200, b"<R>%s</R>" % ("" if "uploads" in query else found).encode())
        if self.command == "POST":
            if "uploads" in query:
                return self.send(200, b"<R><UploadId>1</UploadId></R>")
            objects[key] = b"".join(objects.pop(one) for one in sorted(objects) if one.startswith(key + "?"))
            if "multipart" in faults:
                objects[key] = objects[key][:PART]
            return self.send(200, b"<R/>")
        if self.command == "PUT":
            objects[key + ("?" + query["partNumber"][0] if "partNumber" in query else "")] = body
            return self.send(200, ETag='"1"')
        if self.command == "DELETE":
            if "delete" not in faults:
                objects.pop(key, None)
            return self.send(204)
        if key not in objects:
            return self.send(404, b"<Error><Code>NoSuchKey</Code></Error>")
        content = objects[key]
        if "bytes" in faults and "X-Amz-Signature" in query:
            content = b"<!-- served by a helpful proxy -->" + content
        return self.send(200, content, ETag='"1"')

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = do_OPTIONS = answer

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def store(faults=(), skew=0, read_only=""):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.objects, server.signed, server.faults, server.skew = {}, {}, faults, skew
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    url = "http://127.0.0.1:%d" % server.server_address[1]
    s3 = _s3.client(boto3, url, {"access_key": "key", "secret_key": "secret-key", "timeout": 5}, "us-east-1", None)
    subject = Store(s3, Endpoint(url, timeout=5), "other", "us-east-1", "probe/host/", ORIGIN, "https://foreign.invalid", read_only=read_only)
    subject.server = server
    sign = subject.signed

    def signed(*arguments, **options):
        target = urlsplit(sign(*arguments, **options))
        server.signed[parse_qs(target.query)["X-Amz-Signature"][0]] = target.path
        return target.geturl()

    subject.signed = signed
    try:
        yield subject
    finally:
        server.shutdown()
        server.server_close()


def proven(subject, **options):
    options.setdefault("skip", ["s3.minio.*", "s3.tls", "s3.store", "s3.key.scope", "s3.bucket.region"])
    return {record["id"]: record for record in check.records(subject, **options)}


def named(records):
    return {id: record["status"] for id, record in records.items() if record["status"] in ("warn", "fail")}


def test_a_careful_store_passes_and_keeps_nothing():
    with store() as subject:
        records = proven(subject)
        assert {id: record for id, record in records.items() if record["status"] != "pass"} == {}
        assert subject.server.objects == {}
    assert len(records) == 22


@pytest.mark.parametrize(
    "fault, expected",
    [
        ("anonymous", {"s3.anonymous.list": "fail", "s3.anonymous.get": "fail"}),
        ("tampered", {"s3.presigned.tampered": "fail"}),
        ("host", {"s3.presigned.host": "fail"}),
        ("expired", {"s3.presigned.expired": "fail"}),
        ("paths", {"s3.object.special_name": "fail"}),
        ("multipart", {"s3.multipart": "fail"}),
        ("bytes", {"s3.presigned.get": "fail"}),
        ("cors", {"s3.cors.foreign": "warn"}),
        ("etag", {"s3.cors.expose_etag": "warn"}),
        ("delete", {"s3.object.removed": "fail"}),
    ],
)
def test_each_carelessness_is_named_alone(fault, expected):
    with store([fault]) as subject:
        records = proven(subject)
    assert named(records) == expected
    assert all(records[id]["advice"] for id in expected)


@pytest.mark.parametrize("skew, status", [(30, "pass"), (-90, "warn"), (1000, "fail"), (-1000, "fail")])
def test_clocks_apart(skew, status):
    with store(skew=skew) as subject:
        record = proven(subject, only=["s3.clock"], skip=[])["s3.clock"]
    assert record["status"] == status
    assert status == "pass" or "NTP" in record["advice"]
    assert record["found"].endswith("ahead" if skew > 0 else "behind")


def test_nothing_is_written_when_nothing_may_be():
    with store(read_only="not in check mode") as subject:
        records = proven(subject)
        subject.close()
        assert subject.server.objects == {}
    assert named(records) == {}
    assert records["s3.presigned.get"]["status"] == records["s3.multipart"]["status"] == "skip"
    assert records["s3.cors.preflight.put"]["status"] == "pass"


def test_a_single_check_makes_its_own_probe_and_removes_it():
    with store() as subject:
        records = proven(subject, only=["s3.presigned.get"])
        assert records["s3.presigned.get"]["status"] == "pass" and subject.server.objects
        subject.close()
        assert subject.server.objects == {}


def test_what_a_crash_left_is_removed():
    with store() as subject:
        subject.server.objects["/other/probe/host/presigned"] = b"old"
        subject.server.objects["/other/runs/1"] = b"W&B's own"
        proven(subject)
        assert list(subject.server.objects) == ["/other/runs/1"]
