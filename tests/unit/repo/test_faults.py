# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every check is seen to fail: a scenario breaks what it proves, and the shared task that compares cannot pass when it was not named."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from repository import TOP, load

NAMED = "molecule/shared/tasks/named.yml"


@pytest.fixture(scope="module")
def docs():
    spec = importlib.util.spec_from_file_location("docs_under_test", TOP / "tests/docs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def ids(docs):
    found = [one.id for checks in docs.registered().values() for one in checks]
    assert len(found) > 90 and len(found) == len(set(found))
    return set(found)


def test_every_check_is_broken_by_a_scenario_or_says_why_not(docs, ids):
    broken = {fault.id for fault in docs.faults()}
    assert sorted(ids - broken - docs.UNBROKEN.keys()) == []
    assert sorted(broken - ids) == [], "no such check"
    assert sorted(docs.UNBROKEN.keys() & broken) == [], "is broken, so it is no exception"
    assert sorted((docs.UNBROKEN.keys() | docs.BY_EXPECTATION.keys()) - ids) == [], "no such check"


def test_every_fault_says_words(docs):
    assert [fault for fault in docs.faults() if not isinstance(fault.words, str) or len(fault.words) < 6] == []


def test_every_scenario_with_faults_compares_them(docs):
    for scenario in {fault.scenario for fault in docs.faults()}:
        texts = [path.read_text(encoding="utf-8") for path in (TOP / "molecule" / scenario).glob("**/*.yml")]
        assert any(re.search(r"include_tasks: (\.\./)+shared/tasks/(named|elsewhere)\.yml", text) for text in texts), scenario
    assert "include_tasks: named.yml" in (TOP / "molecule/shared/tasks/elsewhere.yml").read_text(encoding="utf-8")


def test_faults_are_found_wherever_they_are(docs):
    data = [{"vars": {"faults": [{"name": "a", "fails": {"x.y": "words of x"}}, {"warns": {"x.z": "words of z"}}]}}, {"warns": "{{ some }}"}]
    assert list(docs.faults_in("sample", data)) == [("sample", "x.y", "words of x"), ("sample", "x.z", "words of z")]


RECORDS = [
    {"id": "a.pass", "status": "pass", "found": 1, "advice": ""},
    {"id": "a.skip", "status": "skip", "found": "not tried", "advice": ""},
    {"id": "a.fail", "status": "fail", "found": ["listed"], "advice": "set the_variable to 4"},
    {"id": "a.warn", "status": "warn", "found": "too small", "advice": "enlarge it"},
]
BOTH = {"fails": {"a.fail": "set the_variable"}, "warns": {"a.warn": "too small"}}
CASES = {
    "holds": (True, BOTH, {}),
    "words_found": (True, {**BOTH, "fails": {"a.fail": "listed"}}, {}),
    "aside": (True, {"fails": BOTH["fails"]}, {"named_aside": ["a.warn"]}),
    "nothing": (True, {}, {"named_checks": RECORDS[:2]}),
    "passed": (False, {**BOTH, "fails": {"a.fail": "set the_variable", "a.pass": "1"}}, {}),
    "skipped": (False, {**BOTH, "fails": {"a.fail": "set the_variable", "a.skip": "not tried"}}, {}),
    "unknown": (False, {**BOTH, "fails": {"a.fail": "set the_variable", "a.other": "other words"}}, {}),
    "only_warned": (False, {"fails": {"a.fail": "set the_variable", "a.warn": "too small"}}, {}),
    "not_expected": (False, {"fails": BOTH["fails"]}, {}),
    "other_words": (False, {**BOTH, "fails": {"a.fail": "set another_variable"}}, {}),
    "words_of_another": (False, {**BOTH, "fails": {"a.fail": "too small"}}, {}),
    "no_words": (False, {**BOTH, "fails": {"a.fail": ""}}, {}),
    "no_records": (False, {}, {"named_checks": []}),
}


def test_the_shared_task_fails_when_a_fault_was_not_named(tmp_path):
    """One host a case; the task that failed says which."""
    hosts = {name: {"named_checks": RECORDS, "fault": {"name": name, **fault}, **more} for name, (_good, fault, more) in CASES.items()}
    (tmp_path / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    (task,) = load(TOP / NAMED)
    play = {"hosts": "all", "gather_facts": False, "tasks": [{"ansible.builtin.include_tasks": str(TOP / NAMED)}]}
    (tmp_path / "play.json").write_text(json.dumps([play]), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "--inventory", str(tmp_path / "hosts.json"), str(tmp_path / "play.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_HOME": str(tmp_path)})
    recap = dict(re.findall(r"^(\w+) +: ok=\d+ .* failed=(\d)", done.stdout, re.MULTILINE))
    assert task["ansible.builtin.assert"]["quiet"] is True
    assert recap == {name: str(int(not good)) for name, (good, _fault, _more) in CASES.items()}, done.stdout + done.stderr
    assert "other_words: named were" in done.stdout and "a.fail lacks the words 'set another_variable'" in done.stdout
