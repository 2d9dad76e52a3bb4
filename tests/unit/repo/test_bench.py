# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The benchmark takes its figures from the runs, and none from a run that is not what it should be."""

from __future__ import annotations

import json
import sys

import bench
import mysql_load
import pytest
import store_load


def fake(monkeypatch, noops):
    """Runs that take 1 s for a ping, 2 s for anything else; the no-ops as given."""
    left = list(noops)
    calls = []

    def run(*words):
        calls.append(words)
        if words[0] == "ansible":
            return bench.Run(1.0, 0, {}, {})
        if "site.yml" in words and "verify_client=never" in words and sum("site.yml" in call for call in calls) > 2:
            return left.pop(0)
        return bench.Run(2.0, 7, {}, {"mysql_check": [1.5]})

    monkeypatch.setattr(bench, "run", run)
    return calls


def test_rounds_are_interleaved_and_medians_taken(monkeypatch):
    calls = fake(monkeypatch, [bench.Run(seconds, 0, {"app1": 20}, {}) for seconds in (3.0, 5.0, 4.0)])
    found = bench.measure(bench.Lab("bench"), 3)
    assert found["seconds"]["no-op"] == {"median": 4.0, "min": 3.0, "max": 5.0}
    assert found["remote module executions in a no-op"] == {"app1": 20}
    assert found["seconds of a check in the proof, SSH included"] == {"mysql_check": {"median": 1.5, "min": 1.5, "max": 1.5}}
    assert [words[0] for words in calls[2:]] == ["ansible", *["ansible-playbook"] * 3] * 3
    assert "app1" in bench.table(found) and " 4.0" in bench.table(found)


def test_a_no_op_that_changed_is_none(monkeypatch):
    fake(monkeypatch, [bench.Run(3.0, 1, {"app1": 20}, {})])
    with pytest.raises(SystemExit, match="changed=1"):
        bench.measure(bench.Lab("bench"), 1)


def test_executions_that_vary_are_refused(monkeypatch):
    fake(monkeypatch, [bench.Run(3.0, 0, {"app1": number}, {}) for number in (20, 21)])
    with pytest.raises(SystemExit, match="executions differ"):
        bench.measure(bench.Lab("bench"), 2)


def test_a_check_tells_its_seconds(tmp_path):
    module = "import time\nfrom ansible.module_utils.basic import AnsibleModule\nmodule = AnsibleModule({})\ntime.sleep(0.3)\nmodule.exit_json()\n"
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "sample_check.py").write_text(module, encoding="utf-8")
    play = "- hosts: all\n  gather_facts: false\n  tasks:\n    - sample_check:\n    - ansible.builtin.ping:\n"
    (tmp_path / "play.yml").write_text(play, encoding="utf-8")
    extra = f"ansible_python_interpreter={sys.executable}"
    done = bench.run("ansible-playbook", "-i", "alpha,", "-c", "local", "-e", extra, str(tmp_path / "play.yml"))
    assert done.executions == {"alpha": 2}
    assert list(done.checks) == ["sample_check"] and 0.3 <= done.checks["sample_check"][0] <= done.seconds


def test_a_failed_command_ends_it():
    with pytest.raises(SystemExit, match="exit code 4"):
        bench.run("sh", "-c", "exit 4")


class Pretended:
    """Load whose figures tell the way they were measured."""

    rows = 10

    def __init__(self):
        self.now, self.asked = "tuned", []
        self.root = self

    def select_db(self, name):
        pass

    def ask(self, statement):
        self.asked.append(statement)

    def settings(self):
        return dict.fromkeys(mysql_load.SETTINGS, 1)

    def set(self, values):
        self.now = "default" if "DEFAULT" in values.values() else "tuned"
        self.asked.append(self.now)

    def round(self):
        slow = 4.0 if self.now == "default" else 2.0
        self.asked.append("round")
        return {"insert": slow, "update": slow, "logged by updates": slow, "sort": slow, "merge passes": slow - 2, "error": (slow - 2) * 519}


def test_the_load_alternates_and_the_settings_are_back():
    load = Pretended()
    found = mysql_load.measure(load, 2)
    assert [word for word in load.asked if word in ("default", "tuned")] == ["default", "tuned", "tuned", "default", "tuned"]
    assert load.asked[-1].startswith("DROP DATABASE") and load.now == "tuned"
    assert json.loads(json.dumps(found))["default"]["insert"] == 4.0
    lines = mysql_load.table(found).splitlines()
    assert lines[1].split() == ["insert", "s", "4.0", "2.0", "2.0"] and lines[-1].split()[-3:] == ["error", "1038", "none"]


def test_documents_have_about_the_size_asked_for():
    assert all(0.8 < len(mysql_load.document(1, size)) / size < 1.25 for size in (20 * 1024, 300 * 1024))


def test_the_bucket_of_the_container_is_read_with_its_odd_secret():
    text = "HOST=https://wandb.example.com\nBUCKET=s3://key:%2F%40%3A%25%20x@s3.example.com:8443/local-files?region=eu-1&tls=true\nMYSQL=x\n"
    assert store_load.bucket(text) == ("https://s3.example.com:8443", "local-files", "key", "/@:% x", "eu-1")
    with pytest.raises(SystemExit, match="has no BUCKET"):
        store_load.bucket("HOST=https://wandb.example.com\n")


class Road:
    """A way to the store that takes as long as it is told, twice that in the first round."""

    def __init__(self, name, seconds, log):
        self.name, self.seconds, self.log, self.urls = name, seconds, log, ["https://" + name]

    def share(self, method, body, count):
        self.log.append(self.name)
        return self.seconds * (2 if len(self.log) <= 8 else 1)

    def remove(self, sizes):
        self.log.append(sizes)


def test_both_ways_to_the_store_alternate_and_the_objects_are_gone():
    log = []
    found = store_load.measure({"proxy": Road("proxy", 2.5, log), "direct": Road("direct", 2.0, log)}, 2, 1, 10)
    assert log[::4] == ["direct", "proxy", "proxy", "direct", "direct", "proxy", {2**20: 8, 16384: 10}]
    assert set(found["direct / proxy"].values()) == {0.8} and found["tls"] and found["proxy"]["GET small"] == 2.5
    lines = store_load.table(found).splitlines()
    assert lines[1].split() == ["PUT", "8", "x", "1024", "KiB", "2.00", "2.50", "0.80"]


def test_what_a_node_costs_among_many_is_compared_with_few(monkeypatch):
    few = {"remote module executions in a no-op": {"app1": 20, "minio1": 12}, "seconds": {"no-op": {"median": 30.0}, "ping": {"median": 2.0}}}
    executions = {"app1": 20, "minio1": 12, "minio9": 12}
    monkeypatch.setattr(bench, "run", lambda *words: bench.Run(6.0 if words[0] == "ansible" else 72.0, 0, executions, {}))
    assert bench.scale(bench.Lab("x"), 1, few) == {"no-op / ping, 4 nodes": 15.0, "no-op / ping, 16 nodes": 12.0}
    executions["minio9"] = 13
    with pytest.raises(SystemExit, match="other executions among 16"):
        bench.scale(bench.Lab("x"), 1, few)
