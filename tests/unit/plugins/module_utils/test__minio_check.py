# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""minio_check against real directories and a real HTTP server that answers as MinIO does."""

from __future__ import annotations

import hashlib
import json
import ssl
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from ansible_collections.baremetal.wandb.plugins.module_utils import _minio_check
from ansible_collections.baremetal.wandb.plugins.module_utils._minio_check import Node, check
from authority import CA

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
        ca_file=None,
        certificate_file=str(tmp_path / "public.crt"),
        access_key="",
        secret_key="",
        region="us-east-1",
        known={},
    )


@pytest.fixture
def minio(node):
    """Starts a server with the given answers, {path: (status, headers, body)}, over TLS when it has a leaf, and returns the node that has it."""
    servers = []

    def start(answers, leaf=None):
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self):
                status, headers, *body = answers[self.path]
                self.send_response_only(status)
                for name, value in {"Date": formatdate(usegmt=True), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"".join(body))

            def log_message(self, *args):
                pass

        server = HTTPServer(("127.0.0.1", 0), Answer)
        if leaf:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(leaf)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return node._replace(url="http%s://127.0.0.1:%d" % ("s" if leaf else "", server.server_port))

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
    assert found["minio.health.live"] == "connection refused"
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
    answers = {"/minio/health/live": (200, {}), "/minio/health/cluster": cluster, "/minio/health/cluster/read": (200, {})}
    assert bad(minio(answers), only=["minio.health.*"]) == found


def test_read_quorum(minio):
    answers = {"/minio/health/live": (200, {}), "/minio/health/cluster/read": (503, {})}
    assert bad(minio(answers), only=["minio.health.live", "minio.health.read_quorum"]) == {"minio.health.read_quorum": 503}


def test_something_else_on_the_port(minio):
    found = bad(minio({"/minio/health/live": (404, {})}), only=["minio.health.*"])
    assert found["minio.health.live"] == 404


LIVE = {"/minio/health/live": (200, {}), "/minio/health/cluster": (200, {"X-Minio-Write-Quorum": "5"})}
RUNNING = ("minio.health.live", "minio.health.write_quorum", "minio.tls.*")


@pytest.fixture(scope="module")
def ca(tmp_path_factory):
    return CA(tmp_path_factory.mktemp("ca"), "ours")


@pytest.mark.parametrize(
    ("names", "days", "installed", "found"),
    [
        (["127.0.0.1", "s3.example.com"], 365, "the same", {}),
        (["127.0.0.1"], 10, "the same", {"minio.tls.expiry": "9 days left"}),
        (["127.0.0.1"], 365, "another", {"minio.tls.certificate"}),
        (["127.0.0.1"], 365, "none", {"minio.tls.certificate"}),
        (["localhost"], 365, "the same", {"minio.health.live": "IP address mismatch"}),
        (["127.0.0.1"], 0, "the same", {"minio.health.live": "certificate has expired"}),
    ],
)
def test_the_certificate_of_a_node(minio, ca, names, days, installed, found):
    leaf = ca.leaf(begin=-1, end=days, names=names)
    node = minio(LIVE, leaf)._replace(ca_file=str(ca.path))
    if installed != "none":
        with open(node.certificate_file, "wb") as file:
            file.write((leaf if installed == "the same" else ca.leaf(names=names)).read_bytes())
    else:
        open(node.certificate_file, "wb").close()
    wrong = {id: text for id, text in bad(node, only=RUNNING).items() if not str(text).startswith("not tried")}
    assert set(wrong) == set(found)
    assert not isinstance(found, dict) or all(words in wrong[id] for id, words in found.items())


def test_a_certificate_of_another_ca_and_a_node_without_tls(minio, ca, tmp_path):
    other = CA(tmp_path, "theirs")
    (record,) = check.records(minio(LIVE, other.leaf(names=["127.0.0.1"]))._replace(ca_file=str(ca.path)), only=["minio.health.live"])
    assert record["status"] == "fail" and "of a CA in %s" % ca.path in record["advice"]
    node = minio(LIVE)
    assert bad(node, only=RUNNING) == dict.fromkeys(("minio.tls.certificate", "minio.tls.expiry"), "no TLS at %s" % node.url)
    (record,) = check.records(node._replace(url=node.url.replace("http:", "https:")), only=["minio.health.live"])
    assert record["status"] == "fail" and "it speaks no TLS yet" in record["advice"]


def formed(tmp_path, disk, this, sets, cluster="c"):
    folder = tmp_path / disk / ".minio.sys"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "format.json").write_text(json.dumps({"id": cluster, "xl": {"this": this, "sets": sets}}))


@pytest.mark.parametrize(
    ("disks", "wrong"),
    [
        ({}, []),
        ({"disk1": ("a", [["a", "b", "c", "d"]]), "disk2": ("b", [["a", "b", "c", "d"]])}, []),
        ({"disk1": ("a", [["a", "b"], ["c", "d"]])}, []),
        ({"disk1": ("b", [["a", "b", "c", "d"]])}, ["disk1 has the drive of 127.0.0.1:1", "disk2"]),
        ({"disk2": ("c", [["a", "b"], ["c", "d"]])}, ["disk2 has the drive of 192.0.2.22:9000/mnt/disk1"]),
        ({"disk1": ("x", [["a", "b", "c", "d"]])}, ["disk1 has a drive that has no place"]),
        ({"disk1": ("a", [["a", "b"]])}, ["disk1 is one of 2 drives, and 4 are wanted"]),
        ({"disk1": ("a", [["a", "b", "c", "d"]], "one"), "disk2": ("b", [["a", "b", "c", "d"]], "two")}, ["drives of different clusters, one and two"]),
    ],
)
def test_a_drive_in_the_place_of_another_is_named(node, tmp_path, disks, wrong):
    own = " ".join(node.url + drive for drive in node.drives)
    for disk, place in disks.items():
        formed(tmp_path, disk, *place)
    (record,) = check.records(node._replace(volumes=f"{own} http://192.0.2.22:9000/mnt/disk1 http://192.0.2.22:9000/mnt/disk2"), only=["minio.layout"])
    assert record["status"] == ("fail" if wrong else "pass")
    assert [words for words in wrong if words not in record["found"]] == []


def server(endpoint, state="online", **more):
    drive = {"endpoint": f"http://{endpoint}/mnt/disk1", "state": "ok", "uuid": "u", "totalspace": 1000, "availspace": 500, **more}
    return {"endpoint": endpoint, "state": state, "uptime": more.pop("uptime", 1000), "version": "1", "commitID": more.pop("commit", "a"), "drives": [drive]}


NO_KEY = b"<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>"


@pytest.fixture(name="asked")
def fixture_asked(minio):
    """Starts a node of a cluster of two, which tells of these servers, and returns it as one that is given the account."""

    def start(*servers, login=200, date=None, health=200, healed=b'{"began": 1}', old=_minio_check._minio_api.FIRST_CONTENT, spare=200):
        info = json.dumps({"deploymentID": "c", "servers": servers}).encode() if login == 200 else b'{"Code": "InvalidAccessKeyId", "Message": "no such key"}'
        answers = {
            "/minio/health/live": (200, {"Date": date or formatdate(usegmt=True)}),
            "/minio/health/cluster": (health, {"X-Minio-Write-Quorum": "5"}),
            "/minio/health/cluster/read": (200, {}),
            "/minio/health/cluster?maintenance=true": (spare, {}),
            "/minio/admin/v3/info": (login, {}, info),
            "/baremetal-wandb/healed": (200, {}, healed) if healed else (404, {}, NO_KEY.replace(b"NoSuchKey", b"NoSuchBucket")),
            "/baremetal-wandb/installed": (200, {}, old) if old else (404, {}, NO_KEY),
        }
        node = minio(answers)
        return node._replace(nodes=2, access_key="root", secret_key="p4ssword", known={}, volumes=f"{node.url}/mnt/disk1 http://127.0.0.1:1/mnt/disk1")

    return start


CLUSTER = ["minio.health.live", "minio.cluster.*", "minio.object.*"]
ONE, TWO = server("n1:9000"), server("n2:9000")
SOON = time.time() + 1000


@pytest.mark.parametrize(
    ("servers", "more", "found"),
    [
        ((ONE, TWO), {}, {}),
        ((ONE,), {}, {"minio.cluster.nodes": "1 nodes"}),
        ((ONE, server("n2:9000", "offline")), {}, {"minio.cluster.nodes": "n2:9000 offline"}),
        (
            (ONE, server("n2:9000") | {"drives": [{"endpoint": "http://n2:9000/d", "state": "offline"}]}),
            {},
            {"minio.cluster.drives": "n2:9000/d offline"},
        ),
        ((ONE, server("n2:9000", uuid="")), {}, {"minio.cluster.drives": "n2:9000/mnt/disk1 ok"}),
        ((ONE, server("n2:9000", healing=True)), {}, {"minio.cluster.healing": "drive n2:9000/mnt/disk1"}),
        ((ONE, server("n2:9000", uptime=100)), {}, {"minio.cluster.healed": "node n2:9000, which started 15 minutes after the first"}),
        ((ONE, server("n2:9000", uptime=100)), {"healed": json.dumps({"began": SOON}).encode()}, {}),
        ((ONE, server("n2:9000", availspace=99)), {}, {"minio.cluster.capacity": "n2:9000/mnt/disk1 has 9.9 %"}),
        ((ONE, server("n2:9000", availspace=0)), {}, {"minio.cluster.capacity": "n2:9000/mnt/disk1 has 0.0 %"}),
        ((ONE, server("n2:9000", commit="b")), {}, {"minio.cluster.release": "1 a on n1:9000; 1 b on n2:9000"}),
        ((ONE, TWO), {"old": b"other"}, {"minio.object.old": "other"}),
        ((ONE, TWO), {"old": b""}, {"minio.object.old": "NoSuchKey: no such key"}),
        ((ONE, TWO), {"date": formatdate(time.time() - 30, usegmt=True)}, {"minio.cluster.clock": "seconds behind"}),
    ],
)
def test_what_the_cluster_tells(asked, servers, more, found):
    wrong = bad(asked(*servers, **more), only=CLUSTER)
    assert wrong.keys() == found.keys()
    assert [words for name, words in found.items() if words not in wrong[name]] == []


@pytest.mark.parametrize(
    ("more", "failing", "words"),
    [
        ({"login": 403}, "minio.cluster.login", "InvalidAccessKeyId: no such key"),
        ({"date": formatdate(time.time() + 1200, usegmt=True)}, "minio.cluster.clock", "seconds ahead"),
    ],
)
def test_the_cause_is_named_alone(asked, more, failing, words):
    wrong = {record["id"]: (record["status"], record["found"]) for record in check.records(asked(ONE, TWO, **more), only=CLUSTER) if record["status"] != "pass"}
    assert [name for name, (status, _found) in wrong.items() if status != "skip"] == [failing] and words in wrong[failing][1]


def test_only_who_is_given_the_account_asks(asked):
    assert set(bad(asked(ONE, TWO)._replace(access_key=""), only=CLUSTER).values()) == {
        "asked on one node, which is given the admin account",
        "not tried: minio.cluster.clock was skipped",
        "not tried: minio.cluster.login was skipped",
    }


AWAY = "node n2:9000, which started 15 minutes after the first"


@pytest.mark.parametrize(
    ("servers", "more", "found"),
    [
        ((ONE, TWO), {}, {"lost": [], "healing": [], "away": [], "first": False, "spare": True}),
        ((ONE, server("n2:9000", uptime=100)), {"healed": b""}, {"lost": [], "healing": [], "away": [AWAY], "first": True, "spare": True}),
        ((ONE, server("n2:9000", "offline")), {"spare": 412}, {"lost": ["node n2:9000 offline"], "healing": [], "away": [], "first": False, "spare": False}),
        ((ONE, TWO), {"health": 503}, {}),
        # With an account of its own it is seen which nodes answer.
        ((ONE, TWO), {"login": 403}, {"lost": ["node 127.0.0.1:1 offline"], "healing": [], "away": [], "first": False, "spare": True}),
    ],
)
def test_what_a_restart_must_know(asked, servers, more, found):
    assert _minio_check.cluster(asked(*servers, **more)) == found


def test_another_node_is_asked_when_this_one_is_down(asked, tmp_path):
    node = asked(ONE, server("n2:9000", "offline"))
    down = node._replace(url="http://127.0.0.1:1")
    assert _minio_check.cluster(down) == {}  # no MinIO was here yet
    (tmp_path / "minio").write_text(f'MINIO_VOLUMES="{node.volumes}"\n')
    assert _minio_check.cluster(down) == {"lost": ["node n2:9000 offline"], "healing": [], "away": [], "first": False, "spare": False}


def test_a_cluster_that_will_speak_tls_is_asked_as_it_runs(asked, tmp_path):
    node = asked(ONE, TWO)
    wanted = node._replace(url=node.url.replace("http:", "https:"), volumes=node.volumes.replace("http:", "https:"))
    (tmp_path / "minio").write_text(f'MINIO_VOLUMES="{node.volumes}"\nMINIO_OPTS="--address 127.0.0.1:1"\n')
    assert _minio_check.cluster(wanted) == {"lost": [], "healing": [], "away": [], "first": False, "spare": True}
    (tmp_path / "minio").write_text(f'MINIO_VOLUMES="{node.volumes}"\nMINIO_OPTS="--address 127.0.0.1:1 --certs-dir /etc/minio/certs"\n')
    assert _minio_check.cluster(wanted) == {}  # nothing there speaks TLS
