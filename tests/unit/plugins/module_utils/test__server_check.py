# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks of the container, asked of a real HTTP server; what systemctl and journalctl print was seen on a lab host."""

from __future__ import annotations

import http.server
import threading

import pytest
from ansible_collections.baremetal.wandb.plugins.module_utils._server_check import Server, check

WANTED = {"HOST": "https://wandb.example.com", "MYSQL": "mysql://wandb_local:a=b%23@192.0.2.1:3306/wandb_local"}
LOG = (
    "connected to MySQL 9.7.0",
    "fatal: Error 1045 (28000): Access denied for user 'wandb_local'@'192.0.2.2' (using password: YES)",
    "127.0.0.1 GET /ready 503",
)


@pytest.fixture
def container(tmp_path):
    """Makes a Server of which paths answer 200, the others 503; systemd says that the unit is I(state)."""
    servers = []

    def make(paths=("/healthz", "/ready"), state=("active", "running"), log=LOG, lines=None):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200 if self.path in paths else 503)
                self.end_headers()

            def log_message(self, *words):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        file = tmp_path / "wandb-local"
        if lines is None:
            lines = ["# Managed by Ansible", *("%s=%s" % pair for pair in WANTED.items()), "EXTRA=1"]
        file.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        answers = {"systemctl": "ActiveState=%s\nSubState=%s\n" % state, "journalctl": "".join(line + "\n" for line in log)}
        return Server("http://127.0.0.1:%d" % server.server_port, str(file), WANTED, lambda words: answers[words[0]])

    yield make
    for server in servers:
        server.shutdown()
        server.server_close()


def failed(server):
    return {record["id"]: record for record in check.records(server) if record["status"] == "fail"}


def test_a_whole_container_passes(container):
    records = check.records(container())
    assert [(record["id"], record["status"]) for record in records] == [(id, "pass") for id in check.ids()]
    assert len(records) == 4


def test_another_and_a_missing_value_are_named_and_not_shown(container):
    record = failed(container(lines=["MYSQL=mysql://wandb_local:other@192.0.2.1:3306/wandb_local"]))["server.environment"]
    assert record["found"] == "HOST is missing, MYSQL is another"
    assert "other@" not in str(record)
    assert "run site.yml" in record["advice"] and "/wandb-local anew" in record["advice"]


def test_a_missing_file_is_named(container):
    server = container()._replace(file="/nonexistent/wandb-local")
    assert failed(server)["server.environment"]["found"] == "/nonexistent/wandb-local: No such file or directory"


def test_a_unit_that_does_not_run_fails_alone_and_its_log_is_quoted(container):
    found = failed(container(state=("activating", "auto-restart")))
    assert list(found) == ["server.running"]
    assert found["server.running"]["found"].startswith("activating (auto-restart); its log says: fatal: Error 1045")


def test_not_ready_quotes_the_line_that_says_why(container):
    record = failed(container(paths=["/healthz"]))["server.ready"]
    assert record["found"] == "503; its log says: " + LOG[1]
    assert "correct wandb_mysql_user and wandb_mysql_password" in record["advice"]


def test_not_ready_for_an_unknown_cause_quotes_what_looks_like_it(container):
    record = failed(container(paths=["/healthz"], log=("one", "panic: all is lost", "two")))["server.ready"]
    assert record["found"] == "503; its log says: panic: all is lost"
    assert "migrates" in record["advice"]


def test_without_a_complaint_the_newest_line_is_quoted(container):
    assert failed(container(paths=[], log=("one", "two")))["server.healthz"]["found"] == "503; its log says: two"


def test_an_empty_log_and_a_closed_port(container):
    server = container(log=())._replace(url="http://127.0.0.1:1")
    assert failed(server)["server.healthz"]["found"] == "connection refused; its log says: nothing"
