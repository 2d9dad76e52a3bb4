# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a node asks of its cluster, against a real HTTP server that answers as MinIO does; and its signatures against those of MinIO's own library."""

from __future__ import annotations

import json
import threading
import time
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

import pytest
from ansible_collections.baremetal.wandb.plugins.module_utils import _minio_api
from ansible_collections.baremetal.wandb.plugins.module_utils._endpoint_http import Endpoint
from ansible_collections.baremetal.wandb.plugins.module_utils._minio_api import (
    FIRST_CONTENT,
    Api,
    ApiError,
    Cluster,
    Progress,
    heal,
    keep,
    lacking,
    last_healing,
)
from ansible_collections.baremetal.wandb.plugins.modules import minio_heal
from minio.credentials import Credentials
from minio.signer import sign_v4_s3

NO_BUCKET = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message></Error>'


def server(endpoint, state="online", uptime=1000, **drives):
    """One of info's servers; drives by name: their state."""
    found = [{"endpoint": f"http://{endpoint}/mnt/{name}", "state": what, "uuid": "u" if what == "ok" else ""} for name, what in drives.items()]
    return {"endpoint": endpoint, "state": state, "drives": found, **({"uptime": uptime} if state == "online" else {})}


WHOLE = [server("n1:9000", d1="ok"), server("n2:9000", d1="ok")]


def item(name, before, after):
    return {
        "bucket": "local-files",
        "object": name,
        "before": {"drives": [{"endpoint": "a", "state": "ok"}, {"endpoint": "b", "state": before}]},
        "after": {"drives": [{"endpoint": "a", "state": "ok"}, {"endpoint": "b", "state": after}]},
    }


@pytest.fixture(name="store")
def fixture_store():
    """A store: its objects (None without the bucket), the runs of healing that it has in store, each a list of polls, and what was asked."""

    class Store:
        objects: dict[str, bytes] | None = None
        runs: list[list[dict]] = []
        servers = WHOLE
        single = False
        refuses = False
        asked: list[str] = []
        scan = 0

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def answer(self, status, body=b""):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            path = urlsplit(self.path).path
            if path == "/minio/admin/v3/info":
                self.answer(200, json.dumps({"servers": Store.servers}).encode())
            elif Store.objects is None:
                self.answer(404, NO_BUCKET)
            elif path in Store.objects:
                self.answer(200, Store.objects[path])
            else:
                self.answer(404, NO_BUCKET.replace(b"NoSuchBucket", b"NoSuchKey"))

        def do_PUT(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/baremetal-wandb":
                Store.objects = {}
            else:
                Store.objects[self.path] = body
            self.answer(200)

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            Store.asked.append(self.path.partition("?")[2])
            if Store.refuses:
                self.answer(403, b'{"Code": "InvalidAccessKeyId", "Message": "no such key"}')
            elif Store.single:
                self.answer(426, b'{"Code": "XMinioAdminVersionMismatch", "Message": "not supported by server in mode-server-xl-single"}')
            elif "forceStart=true" in self.path:
                assert json.loads(body)["remove"] is False
                Store.scan = json.loads(body)["scanMode"]
                self.answer(200, b'{"clientToken": "token:0"}')
            elif not Store.runs:
                self.answer(400, b'{"Code": "XMinioHealNoSuchProcess", "Message": "no such"}')
            else:
                self.answer(200, json.dumps(Store.runs[0].pop(0)).encode())
                Store.runs = [polls for polls in Store.runs if polls]

        def log_message(self, *args):
            pass

    http = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
    Store.url = f"http://127.0.0.1:{http.server_port}"
    Store.api = Api(Endpoint(Store.url), "root-of-minio", "p4ssword of minio", "us-east-1")
    Store.asked = []
    yield Store
    http.shutdown()
    http.server_close()


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [("GET", "/minio/admin/v3/info", "", b""), ("POST", "/minio/admin/v3/heal/", "clientToken=abc%3A0", b""), ("PUT", "/bucket/key", "", b"content")],
)
def test_requests_are_signed_as_minio_s_own_library_does(method, path, query, body):
    now = datetime(2026, 11, 29, 12, 0, tzinfo=timezone.utc)
    api = Api(Endpoint("http://192.0.2.21:9000"), "root-of-minio", "p4ssword of minio", "us-east-1")
    ours = api._signed(method, path, query, body, now)
    headers = {"Host": "192.0.2.21:9000", "x-amz-content-sha256": ours["X-Amz-Content-Sha256"], "x-amz-date": ours["X-Amz-Date"]}
    url = urlsplit(f"http://192.0.2.21:9000{path}?{query}")
    theirs = sign_v4_s3(
        method=method,
        url=url,
        region="us-east-1",
        headers=headers,
        credentials=Credentials("root-of-minio", "p4ssword of minio"),
        content_sha256=ours["X-Amz-Content-Sha256"],
        date=now,
    )
    assert ours["Authorization"] == theirs["Authorization"].replace(", ", ",")


@pytest.mark.parametrize(
    ("servers", "healed", "found"),
    [
        (WHOLE, 0, Cluster([], [], [])),
        ([server("n1:9000", d1="ok"), server("n2:9000", "offline", d1="offline")], 0, Cluster(["node n2:9000 offline"], [], [])),
        ([server("n1:9000", d1="ok", d2="offline")], 0, Cluster(["drive n1:9000/mnt/d2 offline"], [], [])),
        ([server("n1:9000", d1="unformatted")], 0, Cluster(["drive n1:9000/mnt/d1 unformatted"], [], [])),
        ([server("n1:9000", d1="ok"), server("n2:9000", uptime=945, d1="ok")], 0, Cluster([], [], [])),
        (
            [server("n1:9000", d1="ok"), server("n2:9000", uptime=300, d1="ok")],
            0,
            Cluster([], [], ["node n2:9000, which started 11 minutes after the first"]),
        ),
        ([server("n1:9000", d1="ok"), server("n2:9000", uptime=300, d1="ok")], 9701, Cluster([], [], [])),
        (
            [server("n1:9000", uptime=10, d1="ok"), server("n2:9000", uptime=300, d1="ok")],
            9701,
            Cluster([], [], ["node n1:9000, which started 4 minutes after the first"]),
        ),
    ],
)
def test_what_a_cluster_lacks(servers, healed, found):
    assert lacking({"now": 10000, "servers": servers}, healed) == found


def test_a_drive_that_is_being_filled_is_told():
    filled = server("n1:9000", d1="ok")
    filled["drives"][0]["healing"] = True
    assert lacking({"now": 10000, "servers": [filled]}, 0) == Cluster([], ["drive n1:9000/mnt/d1"], [])


def test_the_bucket_and_its_object_are_made_once(store):
    assert last_healing(store.api) is None
    assert keep(store.api, 1000.5) is True
    assert store.objects["/baremetal-wandb/installed"] == FIRST_CONTENT and last_healing(store.api) == 1000.5
    del store.objects["/baremetal-wandb/installed"]
    assert keep(store.api, 2000.0) is False
    assert list(store.objects) == ["/baremetal-wandb/healed"] and last_healing(store.api) == 2000.0
    store.objects.clear()
    assert last_healing(store.api) == 0


def test_runs_follow_each_other_until_one_leaves_nothing(store, monkeypatch):
    monkeypatch.setattr(_minio_api.time, "sleep", lambda seconds: None)
    store.runs = [
        [{"Summary": "running", "Items": [item("a", "offline", "offline")]}, {"Summary": "finished", "Items": [item("b", "ok", "ok")]}],
        [{"Summary": "running", "Items": [item("a", "missing", "ok")]}, {"Summary": "finished"}],
    ]
    finished, progress = heal(store.api, Progress(first=time.time()), 60)
    assert finished and (progress.seen, progress.repaired, progress.left) == (1, 1, [])
    assert store.asked == ["forceStart=true", "clientToken=token%3A0", "clientToken=token%3A0"] * 2


def test_a_call_goes_on_where_the_one_before_ended(store):
    store.runs = [[{"Summary": "running", "Items": [item("a", "offline", "offline")]}, {"Summary": "finished", "Items": [item("b", "missing", "ok")]}]]
    finished, progress = heal(store.api, Progress(first=time.time()), 0)
    assert not finished and progress.left == ["local-files/a (offline)"]
    finished, progress = heal(store.api, Progress(**progress._asdict()), 0)
    assert not finished and (progress.seen, progress.repaired, progress.token) == (2, 1, "")
    assert store.asked == ["forceStart=true", "clientToken=token%3A0", "clientToken=token%3A0"]


def test_a_drive_that_is_lost_or_being_filled_is_not_whole(store):
    store.servers = [server("n1:9000", d1="ok", d2="unformatted"), server("n2:9000", d1="ok")]
    store.servers[1]["drives"][0]["healing"] = True
    store.runs = [[{"Summary": "finished"}]]
    finished, progress = heal(store.api, Progress(first=time.time()), 0)
    assert not finished and progress.left == ["drive n1:9000/mnt/d2 unformatted", "drive n2:9000/mnt/d1 is being healed"]


def test_a_single_drive_has_nothing_to_heal_from(run_module, store):
    store.single = True
    result = run_module(minio_heal.main, url=store.url, access_key="root-of-minio", secret_key="p4ssword of minio")
    assert result["finished"] and result["changed"] and store.objects["/baremetal-wandb/installed"] == FIRST_CONTENT


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ([[{"Summary": "stopped", "Detail": "heal stop signaled"}]], "heal stop signaled"),
        ([], "XMinioHealNoSuchProcess: no such"),
        (
            [[{"Summary": "finished", "Items": [item("a", "corrupt", "corrupt")]}]],
            "in 0 s: local-files/a (corrupt). It went through 1 and repaired 0: give it longer",
        ),
    ],
)
def test_what_does_not_end_well_is_told(run_module, store, runs, words):
    store.runs = runs
    result = run_module(minio_heal.main, url=store.url, access_key="root-of-minio", secret_key="p4ssword of minio", wait=0, limit=0)
    assert result["failed"] and words in result["msg"] and "p4ssword" not in str(result)


def test_who_is_not_root_is_told_who_would_be(run_module, store):
    store.refuses = True
    result = run_module(minio_heal.main, url=store.url, access_key="somebody", secret_key="p4ssword of minio")
    assert "InvalidAccessKeyId: no such key: give the root account" in result["msg"] and "{{ wandb_minio_root_user }}" in result["msg"]


def test_the_module_heals_and_notes_it(run_module, store):
    options = {"url": store.url, "access_key": "root-of-minio", "secret_key": "p4ssword of minio"}
    planned = run_module(minio_heal.main, check_mode=True, **options)
    assert planned["changed"] and store.asked == [] and store.objects is None
    for repaired, changed in (("ok", True), ("ok", False), ("missing", True)):  # it made its bucket; nothing; an object
        store.runs = [[{"Summary": "finished", "Items": [item("a", repaired, "ok")]}]]
        result = run_module(minio_heal.main, **options)
        assert result["finished"] and result["changed"] is changed and result["progress"] == {} and result["left"] == []


@pytest.mark.parametrize(("options", "scan"), [({}, 1), ({"deep": True}, 2)])
def test_bytes_are_read_when_asked(run_module, store, options, scan):
    store.runs = [[{"Summary": "finished", "Items": [item("a", "corrupt", "ok")]}]]
    result = run_module(minio_heal.main, url=store.url, access_key="root-of-minio", secret_key="p4ssword of minio", **options)
    assert (store.scan, result["repaired"]) == (scan, 1)


def test_nobody_to_ask(run_module):
    for url, words in (
        ("n1:9000", "url: n1:9000 is not a URL"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1: connection refused: name a node whose MinIO runs (systemctl status minio), for example url: "),
    ):
        result = run_module(minio_heal.main, url=url, access_key="root", secret_key="p4ssword")
        assert result["failed"] and words in result["msg"]


@pytest.mark.parametrize(("body", "code"), [(b"<html>", "HTTP 502"), (b"", "HTTP 502"), (b'{"Code": "AccessDenied"}', "AccessDenied")])
def test_errors_that_are_no_s3(body, code):
    error = _minio_api._error(_minio_api.Answer(502, [], body))
    assert isinstance(error, ApiError) and str(error) == code
