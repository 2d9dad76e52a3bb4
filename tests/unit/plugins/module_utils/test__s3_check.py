# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""s3_check against a store that is careless in one way each, as no real one is; the rest is tested on a real MinIO, in molecule/bucket."""

from __future__ import annotations

import base64
import calendar
import contextlib
import functools
import hashlib
import http.server
import re
import threading
import time
from email.utils import formatdate
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
import pytest
from ansible_collections.baremetal.wandb.plugins.module_utils import _s3
from ansible_collections.baremetal.wandb.plugins.module_utils._endpoint_http import MIB, Answer, Endpoint
from ansible_collections.baremetal.wandb.plugins.module_utils._s3_check import PART, Store, check, software

ORIGIN = "https://wandb.example.com"
DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied.</Message></Error>"
KEYS = {"access_key": "key", "secret_key": "secret-key", "timeout": 5}


def error(code):
    return b"<Error><Code>%s</Code></Error>" % code.encode()


class Handler(http.server.BaseHTTPRequestHandler):
    """A store in memory. It knows the presigned URLs that were made, and which path each is for. Its faults are in C(server.faults)."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet for an answer: the second of two waits 40 ms for the client's word on the first

    def handle_expect_100(self):
        super().handle_expect_100()
        self.wfile.flush()
        return True

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
        faults = self.server.faults
        if "X-Amz-Signature" not in query:
            return "Authorization" in self.headers or "anonymous" in faults
        method, path, own = self.server.signed[query["X-Amz-Signature"][0]]
        begin = calendar.timegm(time.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ"))
        return (
            ("tampered" in faults or path == self.path.split("?")[0])
            and ("method" in faults or method == self.command or ("reader writes" in faults and self.command == "PUT"))
            and ("key" in faults or own)
            and ("host" in faults or not self.headers["Host"].startswith("not-"))
            and ("expired" in faults or time.time() < begin + int(query["X-Amz-Expires"][0]))
        )

    def refusal(self, query, body):
        """Why a request with a right signature is refused, as status and body, or None."""
        faults, path = self.server.faults, self.path.split("?")[0]
        if "virtual" in faults and path == "/other" and "Authorization" in self.headers:
            return 403, error("SecondLevelDomainForbidden")
        if "unlisted" in faults and path == "/other" and "list-type" in query:
            return 403, DENIED
        if "checksums" in faults and "x-amz-sdk-checksum-algorithm" in self.headers:
            return 403, b"<html><hr><center>a proxy</center>"
        if "beside" in faults and "Authorization" in self.headers and "X-Amz-Signature" in query:
            return 400, error("InvalidArgument")
        if "sums" not in faults and self.headers.get("Content-MD5", "") not in ("", base64.b64encode(hashlib.md5(body).digest()).decode()):
            return 400, error("BadDigest")
        if "large" in faults and path.endswith("/large"):
            return 413, b"<html>"
        if path == "/other-not-ours":
            return (404, error("NoSuchBucket")) if "buckets" in faults else (403, DENIED)
        if "policy" in query or "lifecycle" in query:
            found = (200, b"{}") if "policy" in query else (404, error("NoSuchLifecycleConfiguration"))
            return found if "owner" in faults else (403, DENIED)
        return None

    def versions(self, query):
        """A page of the versions, newest first, as S3 orders those of a key."""
        if not self.server.versions or "hidden" in self.server.faults:
            return self.send(403 if self.server.versions else 501, DENIED if self.server.versions else error("NotImplemented"))
        begin = int(query.get("version-id-marker", ["0"])[0])
        end = begin + self.server.page
        page, rest = self.server.versions[begin:end], self.server.versions[end:]
        seen, found = {key for key, _id, _kind in self.server.versions[:begin]}, ""
        for key, version, kind in page:
            size = "" if kind == "DeleteMarker" else "<Size>1</Size>"
            latest = "false" if key in seen else "true"
            found += "<%s><Key>%s</Key><VersionId>%s</VersionId><IsLatest>%s</IsLatest>%s</%s>" % (kind, key, version, latest, size, kind)
            seen.add(key)
        if rest:
            found += "<IsTruncated>true</IsTruncated><NextKeyMarker>x</NextKeyMarker><NextVersionIdMarker>%d</NextVersionIdMarker>" % end
        return self.send(200, ("<R>%s</R>" % found).encode())

    def bucket(self, query):
        """What a request for the bucket itself is answered."""
        if "location" in query:
            return self.send(200, b"<LocationConstraint>default</LocationConstraint>" if "zonegroup" in self.server.faults else b"<LocationConstraint/>")
        if "cors" in query:
            return self.send(501, error("NotImplemented"))
        if "versioning" in query:
            return self.send(200, self.server.versioning and b"<R><Status>%s</Status></R>" % self.server.versioning)
        if "versions" in query:
            return self.versions(query)
        found = [one[len("/other/") :] for one in self.server.objects if query.get("prefix", [""])[0] in one]
        contents = "".join("<Contents><Key>%s</Key></Contents>" % one for one in found)
        return self.send(200, ("<ListBucketResult>%s</ListBucketResult>" % ("" if "uploads" in query else contents)).encode())

    def change_versions(self, key, query):
        """Keeps the versions of a bucket that has them; true when the request was answered."""
        name, versions = key[len("/other/") :], self.server.versions
        if self.command == "PUT":
            versions.insert(0, (name, str(len(versions) + 1), "Version"))
        elif "versionId" not in query:
            versions.insert(0, (name, str(len(versions) + 1), "DeleteMarker"))
        elif "kept" in self.server.faults:
            self.send(403, DENIED)
            return True
        else:
            versions[:] = [one for one in versions if one[:2] != (name, query["versionId"][0])]
        return False

    def answer(self):
        parts = urlsplit(self.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        objects, faults = self.server.objects, self.server.faults
        key = unquote(parts.path) if "paths" not in faults else unquote(unquote(parts.path)).replace("+", " ")
        if self.command == "OPTIONS":
            return self.send(204)
        if self.headers["Host"].startswith("other."):
            return self.send(200, b"<ListBucketResult/>") if "virtual" in faults else self.send(404, error("NoSuchBucket"))
        if "told" in faults and parts.path == "/other-not-ours":
            return self.send(404, error("NoSuchBucket"))
        if not self.allowed(query):
            return self.send(403, DENIED)
        if refusal := self.refusal(query, body):
            return self.send(*refusal)
        if parts.path == "/" and "Authorization" not in self.headers:
            return self.send(403, DENIED)
        if parts.path == "/":
            more = "<Bucket><Name>theirs</Name></Bucket>" if "neighbours" in faults else ""
            return self.send(200, ("<R><Buckets><Bucket><Name>other</Name></Bucket>%s</Buckets></R>" % more).encode())
        if key.count("/") < 2:
            return self.bucket(query)
        if self.command == "POST":
            if "uploads" in query:
                return self.send(200, b"<R><UploadId>1</UploadId></R>")
            objects[key] = b"".join(objects.pop(one) for one in sorted(objects) if one.startswith(key + "?"))
            if "multipart" in faults and len(objects[key]) > PART:
                objects[key] = objects[key][:PART]
            return self.send(200, b"<R/>")
        if self.server.versioning == b"Enabled" and self.command in ("PUT", "DELETE") and self.change_versions(key, query):
            return None
        if self.command == "PUT":
            objects[key + ("?" + query["partNumber"][0] if "partNumber" in query else "")] = body
            return self.send(200, ETag='"1"')
        if self.command == "DELETE":
            if "delete" not in faults:
                objects.pop(key, None)
            return self.send(204)
        if key not in objects:
            return self.send(404, error("NoSuchKey"))
        content = objects[key]
        if "bytes" in faults and "X-Amz-Signature" in query:
            content = b"<!-- served by a helpful proxy -->" + content
        if "cut" in faults and key.endswith("/large"):
            content = content[: 2 * MIB] + b"x" * (len(content) - 2 * MIB)
        if "Range" in self.headers and "range" not in faults:
            begin, end = map(int, self.headers["Range"][len("bytes=") :].split("-"))
            if "range from the first byte" in faults:  # as a RADOS gateway over SQLite
                begin, end = 0, end - begin
            return self.send(206, content[begin : end + 1])
        if "framed" in faults and self.headers.get("x-amz-checksum-mode"):
            content = b"40;chunk-signature=" + content
        return self.send(200, content, ETag='"1"')

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = do_OPTIONS = answer

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def store(faults=(), skew=0, versioning=b"", page=1000, **options):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.objects, server.signed, server.faults, server.skew, server.versions, server.versioning, server.page = {}, {}, faults, skew, [], versioning, page
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    url = "http://localhost:%d" % server.server_address[1]
    client = functools.partial(_s3.client, boto3, url, region="us-east-1", bundle=None)
    subject = Store(client, KEYS, Endpoint(url, timeout=5), "other", "us-east-1", "probe/host/", ORIGIN, "https://foreign.invalid", **options)
    subject.server = server
    sign = subject.signed
    methods = {"get_object": "GET", "put_object": "PUT", "head_object": "HEAD", "upload_part": "PUT"}

    def signed(operation, *arguments, s3=None, **more):
        target = urlsplit(sign(operation, *arguments, s3=s3, **more))
        server.signed[parse_qs(target.query)["X-Amz-Signature"][0]] = (methods[operation], target.path, s3 is None)
        return target.geturl()

    subject.signed = signed
    try:
        yield subject
    finally:
        server.shutdown()
        server.server_close()


SKIP = ["s3.minio.*", "s3.tls"]


def proven(subject, **options):
    options.setdefault("skip", SKIP)
    return {record["id"]: record for record in check.records(subject, **options)}


def named(records):
    return {id: record["status"] for id, record in records.items() if record["status"] in ("warn", "fail")}


def test_a_careful_store_passes_and_keeps_nothing():
    with store(large_object_mb=3) as subject:
        records = proven(subject)
        assert {id: record for id, record in records.items() if record["status"] != "pass"} == {}
        assert subject.server.objects == {}
    assert len(records) == 33
    speeds = subject.facts.pop("large_object")
    assert speeds["mb"] == 3 and speeds["up_mb_per_second"] > 0 < speeds["down_mb_per_second"]
    assert subject.facts == {
        "software": "unknown",
        "addressing": ["path"],
        "versioning": "never enabled",
        "cors_rules": "NotImplemented",
        "region": "us-east-1",
        "beyond_need": [],
        "checksums": {"when_required": "accepted", "when_supported": "accepted"},
        "checksums_kept": False,
        "authorization_beside_presigned": "accepted",
        "versions_left": 0,
    }


@pytest.mark.parametrize(
    "fault, expected, found",
    [
        ("anonymous", {"s3.anonymous.list": "fail", "s3.anonymous.get": "fail"}, ""),
        ("tampered", {"s3.presigned.tampered": "fail"}, ""),
        ("host", {"s3.presigned.host": "fail"}, ""),
        ("expired", {"s3.presigned.expired": "fail"}, ""),
        ("paths", {"s3.object.special_name": "fail"}, ""),
        ("multipart", {"s3.multipart": "fail"}, ""),
        ("bytes", {"s3.presigned.get": "fail"}, ""),
        ("cors", {"s3.cors.foreign": "warn"}, ""),
        ("etag", {"s3.cors.expose_etag": "warn"}, ""),
        ("delete", {"s3.object.removed": "fail"}, ""),
        ("virtual", {"s3.addressing": "fail"}, "it does take the name in the host's"),
        ("unlisted", {"s3.bucket.exists": "fail"}, "AccessDenied"),
        ("buckets", {"s3.key.scope": "warn"}, "it may list another bucket"),
        ("owner", {"s3.key.scope": "warn"}, "it may read the bucket's policy, read the bucket's lifecycle"),
        ("neighbours", {"s3.key.scope": "warn"}, "it may see 1 other buckets"),
        ("key", {"s3.presigned.key": "fail"}, ""),
        ("method", {"s3.presigned.method": "fail"}, ""),
        ("reader writes", {"s3.presigned.method": "fail"}, ""),
        ("range", {"s3.presigned.range": "fail"}, "200, 64 bytes"),
        ("range from the first byte", {"s3.presigned.range": "fail"}, "206, 8 bytes, other than those asked for"),
        ("zonegroup", {"s3.bucket.region": "fail"}, "default"),
        ("beside", {"s3.presigned.authorization": "warn"}, ""),
        ("checksums", {"s3.checksum.supported": "warn"}, ""),
        ("framed", {"s3.checksum.supported": "fail"}, ""),
        ("sums", {"s3.checksum.refused": "warn"}, "200"),
        ("large", {"s3.large_object": "fail"}, "3 MiB: 413"),
        ("cut", {"s3.large_object": "fail"}, "1 of 3 MiB came back other than they were, and 0 did not"),
    ],
)
def test_each_carelessness_is_named_alone(fault, expected, found):
    with store([fault], large_object_mb=3) as subject:
        records = proven(subject, skip=SKIP if fault == "expired" else [*SKIP, "s3.presigned.expired"])  # which waits for its second
    assert named(records) == expected
    assert all(records[id]["advice"] and found in str(records[id]["found"]) for id in expected)


def test_a_store_that_tells_everybody_of_buckets_says_nothing_of_the_key():
    """As AWS and a RADOS gateway do; their key of one bucket would seem to be one of all."""
    with store(["told", "buckets"]) as subject:
        record = proven(subject, only=["s3.key.scope"])["s3.key.scope"]
    assert record["status"] == "pass" and "other buckets" in record["found"] and subject.facts["beyond_need"] == []
    with store(["told", "buckets", "owner"]) as subject:
        record = proven(subject, only=["s3.key.scope"])["s3.key.scope"]
    assert record["status"] == "warn" and "another bucket" not in record["found"] and "the bucket's policy" in record["found"]


def test_a_store_that_does_not_say_in_time_whether_another_bucket_is_there_says_nothing_of_the_key():
    """As a MinIO that has just lost a node, of which s3.minio.node warns."""
    with store() as subject:
        asked = subject.endpoint.request

        def request(method, target, *more):
            if "-not-ours" in target:
                raise TimeoutError
            return asked(method, target, *more)

        subject.endpoint.request = request
        record = proven(subject, only=["s3.key.scope"])["s3.key.scope"]
    assert record["status"] == "skip" and record["found"].endswith("whether another bucket is there: no answer in time")


def test_a_rados_gateway_names_its_zonegroup_and_takes_any_region():
    with store(["zonegroup"]) as subject:
        subject.greeting = Answer(200, [("Server", "Ceph Object Gateway (tentacle)")], b"")
        record = proven(subject, only=["s3.bucket.region"])["s3.bucket.region"]
    assert record["status"] == "pass" and record["found"].startswith("default, which names the zonegroup") and subject.facts["region"] == "default"


def test_a_proxy_may_refuse_trailers_and_no_checksum_before_the_body():
    """Over https the SDK sends it as a trailer, which should not reach an old MinIO; the proxy says so without an error of S3's."""
    with store(["checksums"]) as subject:
        subject.endpoint.secure, plain = True, subject.endpoint.request
        subject.endpoint.request = lambda *request, **more: setattr(subject.endpoint, "secure", False) or plain(*request, **more)
        subject.uploaded
        subject.endpoint.secure = True
        record = proven(subject, only=["s3.checksum.supported"])["s3.checksum.supported"]
    assert record["status"] == "pass" and "request_checksum_calculation=when_required" in record["found"]
    assert subject.facts["checksums"]["when_supported"] == "refused"


def test_versions_are_removed_page_by_page():
    with store(versioning=b"Enabled", page=10) as subject:
        subject.server.versions[:] = [("probe/host/presigned", "old-%d" % number, "Version") for number in range(25)]
        records = proven(subject, only=["s3.object.put_get_delete", "s3.object.removed"])
        assert subject.server.versions == [] and records["s3.object.removed"]["status"] == "pass"


@pytest.mark.parametrize("fault, found", [("kept", r"\d{2} versions that"), ("hidden", "unknown versions that")])
def test_versions_that_the_key_may_not_remove_are_counted(fault, found):
    with store([fault], versioning=b"Enabled") as subject:
        records = proven(subject, skip=[*SKIP, "s3.presigned.expired"])
        assert named(records) == {"s3.object.removed": "warn"} and subject.server.objects == {}
        left = len(subject.server.versions)
    assert re.match(found, records["s3.object.removed"]["found"]) and "s3:DeleteObjectVersion" in records["s3.object.removed"]["advice"]
    assert subject.facts["versions_left"] == (left if fault == "kept" else "unknown") and left > 10


@pytest.mark.parametrize(
    "headers, body, words",
    [
        ({"Server": "nginx", "X-Amz-Id-2": "725a9e27" * 8}, b"", "MinIO"),
        ({"Server": "nginx"}, b"<Error><RequestId>tx000007e8a1-0065-1f-default</RequestId></Error>", "Ceph RADOS gateway"),
        ({"Server": "Ceph Object Gateway (tentacle)"}, b"", "Ceph RADOS gateway"),
        ({}, b"<ListAllMyBucketsResult><Owner><ID>anonymous</ID><DisplayName></DisplayName></Owner>", "Ceph RADOS gateway"),
        ({"Server": "SeaweedFS 30GB 4.48"}, b"", "SeaweedFS 30GB 4.48"),
        ({}, b"", "unknown"),
    ],
)
def test_which_store_it_is_is_known_behind_a_proxy(headers, body, words):
    assert software(Answer(403, list(headers.items()), body)) == words


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
