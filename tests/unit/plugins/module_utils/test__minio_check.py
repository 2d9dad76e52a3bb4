# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""minio_check against real directories and a real HTTP server that answers as MinIO does."""

from __future__ import annotations

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from ansible_collections.baremetal.wandb.plugins.module_utils import _minio_check
from ansible_collections.baremetal.wandb.plugins.module_utils._minio_check import Node, check

DRIVE_CHECKS = ["minio.drive.*", "minio.volumes"]


@pytest.fixture
def node(tmp_path, monkeypatch):
    """Two empty drives of a cluster of 4 nodes. The file systems of a test's directories are one, so mount points and sizes are given."""
    drives = [str(tmp_path / name) for name in ("disk1", "disk2")]
    for drive in drives:
        (tmp_path / drive).mkdir()
    mounted = set(drives)
    monkeypatch.setattr(_minio_check, "is_mount_point", lambda drive: drive in mounted)
    monkeypatch.setattr(_minio_check, "size", lambda drive: 600 * 2**20)
    return Node(
        drives=drives,
        nodes=4,
        volumes="http://192.0.2.21:9000/mnt/disk1 http://192.0.2.22:9000/mnt/disk1",
        volumes_file=str(tmp_path / "minio"),
        url="http://127.0.0.1:1",
        write_quorum=5,
        timeout=5,
        unit_file=str(tmp_path / "minio.service"),
        binary=str(tmp_path / "server"),
    )


@pytest.fixture
def minio(node):
    """Starts a server with the given answers, {path: (status, headers)}, and returns the node that has it."""
    servers = []

    def start(answers):
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self):
                status, headers = answers[self.path]
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *args):
                pass

        server = HTTPServer(("127.0.0.1", 0), Answer)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return node._replace(url="http://127.0.0.1:%d" % server.server_port)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def bad(node, only=tuple(DRIVE_CHECKS)):
    """Ids of what did not pass, with what was found."""
    return {record["id"]: record["found"] for record in check.records(node, only=only) if record["status"] != "pass"}


def test_empty_drives_pass(node):
    assert bad(node) == {}


def test_a_missing_directory_is_named_and_the_rest_not_tried(node):
    found = bad(node._replace(drives=[*node.drives, "/nonexistent/disk3"]))
    assert found["minio.drive.present"] == "none at /nonexistent/disk3"
    assert set(found) == {"minio.drive.present", "minio.drive.mounted", "minio.drive.size", "minio.drive.data", "minio.volumes"}


def test_a_directory_without_a_mount_is_refused_in_a_cluster(node, monkeypatch):
    monkeypatch.setattr(_minio_check, "is_mount_point", lambda drive: drive == node.drives[0])
    assert bad(node) == {
        "minio.drive.mounted": "no drive is mounted at %s" % node.drives[1],
        "minio.drive.size": "not tried: minio.drive.mounted failed",
    }


def test_a_single_drive_may_be_a_directory_but_warns(node, monkeypatch):
    monkeypatch.setattr(_minio_check, "is_mount_point", lambda drive: False)
    single = node._replace(drives=node.drives[:1], nodes=1)
    statuses = {record["id"]: record["status"] for record in check.records(single, only=DRIVE_CHECKS)}
    assert statuses.pop("minio.drive.mounted") == "warn"
    assert set(statuses.values()) == {"pass"}


@pytest.mark.parametrize(("second", "passes"), [(600, True), (596, True), (590, False), (700, False)])
def test_sizes_may_differ_by_one_percent(node, monkeypatch, second, passes):
    sizes = {node.drives[0]: 600 * 2**20, node.drives[1]: second * 2**20}
    monkeypatch.setattr(_minio_check, "size", sizes.__getitem__)
    assert (bad(node) == {}) == passes


@pytest.mark.parametrize(("first", "second", "status"), [(600, 600, "pass"), (600, 700, "warn"), (600, 590, "fail")])
def test_a_later_drive_may_be_larger_and_not_smaller(node, tmp_path, monkeypatch, first, second, status):
    (tmp_path / "disk1" / ".minio.sys").mkdir()
    sizes = {node.drives[0]: first * 2**20, node.drives[1]: second * 2**20}
    monkeypatch.setattr(_minio_check, "size", sizes.__getitem__)
    (record,) = check.records(node, only=["minio.drive.size"])
    assert record["status"] == status and (status == "fail" or record["found"] == sizes)
    (record,) = check.records(node, only=["minio.drive.data"])
    assert record["found"] == {node.drives[0]: "data of MinIO", node.drives[1]: "empty"}


def test_sizes_are_returned_in_bytes(node):
    (record,) = check.records(node, only=["minio.drive.size"])
    assert record["found"] == dict.fromkeys(node.drives, 600 * 2**20)


def test_foreign_data_is_named(node, tmp_path):
    (tmp_path / "disk2" / "thesis.tex").write_text("precious")
    assert bad(node) == {"minio.drive.data": "%s holds thesis.tex" % node.drives[1]}


def test_what_mkfs_and_minio_made_is_no_foreign_data(node, tmp_path):
    (tmp_path / "disk1" / "lost+found").mkdir()
    (tmp_path / "disk2" / ".minio.sys").mkdir()
    (tmp_path / "disk2" / "local-files").mkdir()
    assert bad(node) == {}


@pytest.mark.parametrize(
    ("recorded", "formed", "passes"),
    [
        ('MINIO_VOLUMES="http://192.0.2.21:9000/mnt/disk1 http://192.0.2.22:9000/mnt/disk1"', True, True),
        ("MINIO_VOLUMES='https://192.0.2.{21...22}:9000/mnt/disk1'", True, True),
        # The order counts.
        ('MINIO_VOLUMES="http://192.0.2.22:9000/mnt/disk1 http://192.0.2.21:9000/mnt/disk1"', True, False),
        ("# MINIO_VOLUMES\nMINIO_VOLUMES=http://192.0.2.21:9000/mnt/disk1", True, False),
        ("MINIO_VOLUMES=http://192.0.2.21:9000/mnt/disk1", False, True),
        ("MINIO_OPTS=--quiet", True, True),
    ],
)
def test_the_volumes_of_a_formed_cluster_stay(node, tmp_path, recorded, formed, passes):
    (tmp_path / "minio").write_text(recorded + "\n")
    if formed:
        (tmp_path / "disk1" / ".minio.sys").mkdir()
    assert (bad(node) == {}) == passes


@pytest.mark.parametrize(
    ("recorded", "wanted", "reason"),
    [
        # Another pool after those that are there, which may be written in another way then.
        ("http://m1:9000/d1 http://m2:9000/d1 http://m1:9000/d2 http://m2:9000/d2", "http://m{1...2}:9000/d{1...2} http://m{3...4}:9000/d{1...2}", ""),
        ("/mnt/disk1 /mnt/disk2", "http://127.0.0.1:1/mnt/disk{1...2} http://m2:9000/mnt/disk{1...2}", ""),
        ("/mnt/disk{1...2}", "/mnt/disk1 /mnt/disk2", ""),
        ("http://m{09...10}:9000/d1", "http://m09:9000/d1 http://m10:9000/d1", ""),
        ("http://m{1...2}/d{1...2} http://m{3...4}/d{1...2}", "http://m{3...4}/d{1...2} http://m{1...2}/d{1...2}", "the order of its pools is fixed for ever"),
        ("http://m1:9000/d1 http://m2:9000/d1", "http://m2:9000/d1 http://m1:9000/d1", "the order of its drives is fixed for ever"),
        ("http://m1:9000/d1 http://m2:9000/d1", "http://m{3...4}:9000/d1 http://m{1...2}:9000/d1", "one that is added comes last in minio_pools"),
        ("http://m1:9000/d1 http://m2:9000/d1", "http://m1:9000/d1 http://m2:9000/d1 http://m3:9000/d1", "the size of its erasure sets is fixed for ever"),
        ("http://m1:9000/d1 http://m2:9000/d1", "http://m1:9000/d1 http://m3:9000/d1", "MinIO would not start with other drives"),
        ("http://m{1...2}:9000/d{1...2} http://m{3...4}:9000/d{1...2}", "http://m{1...2}:9000/d{1...2}", "MinIO would not start with other drives"),
    ],
)
def test_another_layout_than_recorded_is_refused_with_the_reason(node, tmp_path, recorded, wanted, reason):
    (tmp_path / "minio").write_text(f'MINIO_VOLUMES="{recorded}"\n')
    (tmp_path / "disk1" / ".minio.sys").mkdir()
    (record,) = check.records(node._replace(volumes=wanted), only=["minio.volumes"])
    assert (record["status"] == "pass") is (reason == "")
    assert reason in record["advice"] and ("for example" in record["advice"]) is bool(reason)


@pytest.fixture(name="process")
def fixture_process(tmp_path, monkeypatch):
    """Adds a process to a /proc of the test's: its program and its unit."""
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "self").mkdir()
    (tmp_path / "proc" / "2").mkdir()  # as the kernel's threads, without a program
    monkeypatch.setattr(_minio_check, "PROCESSES", str(tmp_path / "proc"))

    def add(number, program, unit, environment=""):
        folder = tmp_path / "proc" / str(number)
        folder.mkdir()
        (folder / "exe").symlink_to(program)
        (folder / "cgroup").write_text(f"0::/system.slice/{unit}\n")
        (folder / "environ").write_text(environment)

    return add


OURS = "# Managed by Ansible, role baremetal.wandb.minio\n"


@pytest.mark.parametrize(
    ("unit", "environment", "running", "found"),
    [
        (None, None, None, []),
        (OURS, OURS + "MINIO_VOLUMES=/mnt/disk1\n", ("/usr/local/bin/minio (deleted)", "minio.service"), []),
        (OURS, None, ("/usr/local/bin/minio", "docker-12.scope"), ["/usr/local/bin/minio (process 7)"]),
        (None, None, ("/usr/bin/silo", "silo.service"), ["/usr/bin/silo (process 7)"]),
        (None, None, ("/usr/local/bin/minio", "minio.service"), ["/usr/local/bin/minio (process 7)"]),
        ("[Unit]\n", None, None, ["minio.service"]),
        (None, "MINIO_VOLUMES=/srv/minio\n", None, ["minio"]),
        (None, "# MINIO_VOLUMES=/srv/minio\n", None, []),
        (None, None, ("/usr/bin/mysqld", "mysql.service"), []),
    ],
)
def test_a_minio_of_somebody_else_is_seen(node, tmp_path, process, unit, environment, running, found):
    for name, text in (("minio.service", unit), ("minio", environment)):
        if text is not None:
            (tmp_path / name).write_text(text)
    if running:
        process(7, *running)
    (record,) = check.records(node, only=["minio.service.own"])
    assert [str(path).removeprefix(f"{tmp_path}/") for path in record["found"]] == found
    assert (record["status"] == "pass") is (found == [])


def test_the_server_that_runs_is_compared_with_the_one_that_is_installed(node, tmp_path, process):
    (tmp_path / "server").write_text("one")
    (record,) = check.records(node, only=["minio.binary.same"])
    assert record["expected"] == "a process of minio.service"
    process(7, tmp_path / "server", "minio.service")
    (record,) = check.records(node, only=["minio.binary.same"])
    assert (record["status"], record["found"]) == ("pass", hashlib.sha256(b"one").hexdigest())
    (tmp_path / "next").write_text("two")
    (record,) = check.records(node._replace(binary=str(tmp_path / "next")), only=["minio.binary.same"])
    assert record["status"] == "fail" and "systemctl restart minio.service on all nodes at once" in record["advice"]


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ("PATH=/usr/bin\0MINIO_SITE_REGION=us-east-1\0MINIO_OPTS=--address 10.0.0.21:9000\0", ["MINIO_SITE_REGION=us-east-1"]),
        ("MINIO_SITE_REGION=eu-west-1\0MINIO_OPTS=--address 10.0.0.21:9000\0", "others: MINIO_SITE_REGION"),
        ("MINIO_SITE_REGION=us-east-1\0MINIO_OPTS=--address 10.0.0.21:9000\0MINIO_SECRET=x\0", "others: MINIO_SECRET"),
        ("PATH=/usr/bin\0", "others: MINIO_OPTS, MINIO_SITE_REGION"),
    ],
)
def test_the_environment_of_the_process_is_that_of_its_file(node, tmp_path, process, environment, found):
    (tmp_path / "server").write_text("one")
    (tmp_path / "minio").write_text('# MINIO_X\nMINIO_SITE_REGION="us-east-1"\nMINIO_OPTS="--address 10.0.0.21:9000"\n')
    process(7, tmp_path / "server", "minio.service", environment)
    (record,) = check.records(node, only=["minio.environment.same"])
    assert record["found"] == found and (record["status"] == "pass") is isinstance(found, list)


def test_a_node_that_does_not_answer(node):
    found = bad(node, only=["minio.health.*"])
    assert found["minio.health.live"] == "Connection refused"
    assert found["minio.health.write_quorum"] == "not tried: minio.health.live failed"


@pytest.mark.parametrize(
    ("cluster", "found"),
    [
        ((200, {"X-Minio-Write-Quorum": "5"}), {}),
        ((503, {"X-Minio-Write-Quorum": "5"}), {"minio.health.write_quorum": "fewer (503 from /minio/health/cluster)"}),
        ((200, {"X-Minio-Write-Quorum": "3"}), {"minio.health.write_quorum": 3}),
        ((200, {}), {"minio.health.write_quorum": "this release does not tell its write quorum"}),
    ],
)
def test_write_quorum(minio, cluster, found):
    assert bad(minio({"/minio/health/live": (200, {}), "/minio/health/cluster": cluster}), only=["minio.health.*"]) == found


def test_something_else_on_the_port(minio):
    found = bad(minio({"/minio/health/live": (404, {})}), only=["minio.health.*"])
    assert found["minio.health.live"] == 404
