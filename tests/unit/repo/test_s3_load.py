# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The load client sees what fails, what is lost and what is changed, of a store that does all of that."""

from __future__ import annotations

import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import s3_load


@pytest.fixture(name="store")
def fixture_store():
    """Starts a store with a fault, and returns its URL."""
    servers = []

    def start(fault):
        objects, seen = {}, {"PUT": 0, "GET": 0}
        begun = time.time()

        class Store(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, status, body=b"", length=None):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body) if length is None else length))
                self.end_headers()
                self.wfile.write(body)

            def do_PUT(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                seen["PUT"] += 1
                if fault == "stops" and seen["PUT"] == 1:
                    self.answer(499)
                    return
                if fault == "refuses" or fault == "first" and seen["PUT"] == 1 or fault == "later" and time.time() > begun + 1:
                    self.answer(503)
                    return
                objects[self.path] = body
                self.answer(200)

            def do_GET(self):
                seen["GET"] += 1
                body = objects[self.path]
                if fault == "changes" and self.path.endswith("/0"):
                    self.answer(200, b"x" + body[1:])
                elif fault == "loses" and self.path.endswith("/0") or fault == "hides" and self.path.endswith("/0") and time.time() < begun + 1:
                    self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
                elif fault == "breaks" and seen["GET"] == 1:
                    self.close_connection = True
                    self.answer(200, body[:1000], len(body))
                else:
                    self.answer(200, body)

            def do_DELETE(self):
                del objects[self.path]
                self.answer(204)

            def log_message(self, *args):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return "http://127.0.0.1:%d" % server.server_port

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(name="environment")
def fixture_environment(tmp_path):
    (tmp_path / "secret").write_text("a secret")
    return {"STORE_USER": "a-user", "STORE_SECRET_FILE": str(tmp_path / "secret"), "STORE_BUCKET": "a-bucket"}


def loaded(environment, url, retries, seconds=0.5, marked=None):
    load = s3_load.Load(s3_load.store({**environment, "STORE_URL": url}, 2, retries, 5), "a-bucket", "load/")
    load.marked = marked
    threads = [threading.Thread(target=load.client, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    load.stop.set()
    for thread in threads:
        thread.join()
    return load.result()


def test_a_whole_store(store, environment):
    result = loaded(environment, store(""), 0)
    assert result["objects"] >= 4 and result["calls"] == result["attempts"] >= 8
    assert [result[name] for name in ("failed", "attempts_failed", "attempts_later", "lost", "changed")] == [[], 0, 0, [], []]


def test_a_client_removes_its_oldest_object(store, environment, monkeypatch):
    monkeypatch.setattr(s3_load, "KEPT", 2)
    monkeypatch.setattr(s3_load, "PAUSE", 0.01)
    result = loaded(environment, store(""), 0)
    assert result["objects"] <= 4 and result["calls"] > 20
    assert result["failed"] == result["lost"] == result["changed"] == []


@pytest.mark.parametrize(
    ("fault", "examples"), [("first", "HTTP 503"), ("stops", "HTTP 499"), ("breaks", "ResponseStreamingError IncompleteRead IncompleteReadError")]
)
def test_an_attempt_that_fails_and_is_made_again(store, environment, fault, examples):
    result = loaded(environment, store(fault), 2, seconds=2)
    assert (result["failed"], result["attempts_failed"], result["lost"]) == ([], 1, [])
    assert result["examples"][0].split(" after ")[0] in examples


def test_a_call_that_fails_with_all_its_attempts(store, environment):
    result = loaded(environment, store("refuses"), 1)
    assert result["failed"] and result["attempts_failed"] == 2 * len(result["failed"]) and result["objects"] == result["calls"] == 0


@pytest.mark.parametrize("fault", ["loses", "changes"])
def test_objects_that_are_gone_or_others(store, environment, fault, monkeypatch):
    monkeypatch.setattr(s3_load, "ABSENT", 1)
    result = loaded(environment, store(fault), 0)
    assert (len(result["lost"]), len(result["changed"])) == ((2, 0) if fault == "loses" else (0, 2))


def test_an_object_that_is_absent_for_a_while_is_told_of(store, environment):
    result = loaded(environment, store("hides"), 0, seconds=2.5)
    assert [result[name] for name in ("failed", "lost", "changed")] == [[], [], []] and 1 <= len(result["absent"]) <= 2


def test_attempts_that_begin_later_are_told_apart(store, environment, monkeypatch):
    monkeypatch.setattr(s3_load, "LATER", 1)
    result = loaded(environment, store("later"), 0, seconds=1.5, marked=time.time() + 0.2)
    assert 0 < len(result["attempts_later_failed"]) < result["attempts_later"] < result["attempts"]
    assert "HTTP 503 after 0." in result["attempts_later_failed"][0] and " s after the mark" in result["attempts_later_failed"][0]


def test_it_runs_until_it_is_told_to_stop(store, environment, tmp_path):
    words = [sys.executable, s3_load.__file__, "--clients", "1", "--remove", str(tmp_path / "result")]
    with subprocess.Popen(words, env={**os.environ, **environment, "STORE_URL": store("")}) as process:
        while not (tmp_path / "result").exists():
            time.sleep(0.1)
        time.sleep(1)
        process.send_signal(signal.SIGUSR1)
        process.terminate()
        assert process.wait(30) == 0
    result = json.loads((tmp_path / "result").read_text())
    assert result["objects"] and not result["lost"]
