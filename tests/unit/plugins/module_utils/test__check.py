# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.baremetal.wandb.plugins.module_utils import _check
from ansible_collections.baremetal.wandb.plugins.module_utils._check import Checks, at_least, equal, failed, passed, skipped, warned

SUBJECT = {"login": True, "size": 4}


@pytest.fixture
def check():
    check = Checks()

    @check("db.login", "a login works")
    def login(subject):
        return equal(True, subject["login"], advice="correct the password")

    @check("db.size", "the buffer is large", needs=["db.login"])
    def size(subject):
        return at_least(8, subject["size"], advice="raise size")

    @check("db.depends.on_size", "what depends on the size", needs=["db.size"])
    def on_size(subject):
        return passed("reached")

    @check("clock", "the clocks agree")
    def clock(subject):
        return warned("0 s", "90 s", advice="run chrony")

    return check


def statuses(records):
    return {record["id"]: record["status"] for record in records}


def test_records_come_in_the_order_written_with_all_their_keys(check):
    records = check.records(SUBJECT)
    assert [record["id"] for record in records] == ["db.login", "db.size", "db.depends.on_size", "clock"]
    assert all(set(record) == {"id", "title", "status", "expected", "found", "advice", "seconds"} for record in records)
    assert records[1]["expected"] == "at least 8" and records[1]["found"] == 4 and records[1]["advice"] == "raise size"
    assert records[0]["advice"] == "" and records[0]["title"] == "a login works"


def test_a_check_whose_need_failed_is_not_tried_and_says_why(check):
    records = check.records({"login": False, "size": 9})
    assert statuses(records) == {"db.login": "fail", "db.size": "skip", "db.depends.on_size": "skip", "clock": "warn"}
    assert records[1]["found"] == "not tried: db.login failed"
    assert records[2]["found"] == "not tried: db.size was skipped"


def test_a_check_left_out_hands_its_needs_on(check):
    records = check.records({"login": False, "size": 9}, skip=["db.size"])
    assert statuses(records) == {"db.login": "fail", "db.depends.on_size": "skip", "clock": "warn"}
    assert records[1]["found"] == "not tried: db.login failed"
    assert statuses(check.records(SUBJECT, skip=["db.size"])) == {"db.login": "pass", "db.depends.on_size": "pass", "clock": "warn"}


def test_a_warning_does_not_stop_what_needs_it():
    check = Checks()
    check("first", "warns")(lambda: warned("a", "b", "c"))
    check("second", "runs", needs=["first"])(passed)
    assert statuses(check.records()) == {"first": "warn", "second": "pass"}


@pytest.mark.parametrize(
    "only, skip, expected",
    [
        (["db.*"], [], ["db.login", "db.size", "db.depends.on_size"]),
        (["db.size", "clock"], [], ["db.size", "clock"]),
        ([], ["db.*"], ["clock"]),
        (["db.*"], ["*.size"], ["db.login", "db.depends.on_size"]),
        (["DB.*"], [], []),
    ],
)
def test_only_and_skip_take_globs_of_ids(check, only, skip, expected):
    assert [record["id"] for record in check.records(SUBJECT, only=only, skip=skip)] == expected


def test_a_need_that_was_filtered_out_holds_nothing_back(check):
    assert statuses(check.records({"size": 9}, only=["db.size"])) == {"db.size": "pass"}


def test_a_check_that_raises_has_failed_and_the_others_still_run(check):
    records = check.records({"login": True})
    assert statuses(records)["db.size"] == "fail" and statuses(records)["clock"] == "warn"
    assert records[1]["found"] == "KeyError: 'size'"


def test_not_installed_contacts_nothing(check):
    def explode(*subjects):
        raise AssertionError("contacted")

    check("db.probe", "a probe")(explode)
    records = check.records(None, installed=False)
    assert {(record["status"], record["found"]) for record in records} == {("skip", "not installed yet")}
    assert len(records) == 5


def test_summary_counts_every_status(check):
    assert _check.summary(check.records(SUBJECT)) == {"pass": 1, "warn": 1, "fail": 1, "skip": 1}
    assert _check.summary([]) == {"pass": 0, "warn": 0, "fail": 0, "skip": 0}


def test_sentence_tells_the_first_and_names_the_others(check):
    text = _check.sentence(check.records(SUBJECT), ("fail", "warn"))
    assert text == "the buffer is large (db.size): expected at least 8, found 4. raise size. Also: clock."
    assert _check.sentence(check.records(SUBJECT), ("nothing",)) == ""


def test_verdicts():
    assert equal(1, 1, "advice") == passed(1, 1)
    assert equal(1, 2, "advice") == failed(1, 2, "advice")
    assert at_least(3, 3, "advice").status == "pass" and at_least(3, 2, "advice").status == "fail"
    assert passed("x").expected == "x"
    assert skipped("why").status == "skip"


@pytest.mark.parametrize("fail_on, size, fails", [("fail", 4, True), ("fail", 8, False), ("warn", 8, True), ("never", 4, False)])
def test_fail_on_decides_whether_the_module_fails(check, run_module, fail_on, size, fails):
    def main():
        _check.run(AnsibleModule(argument_spec=_check.ARGUMENTS), check, {"login": True, "size": size})

    result = run_module(main, fail_on=fail_on)
    assert result["failed"] is fails and result["changed"] is False
    assert len(result["checks"]) == 4 and sum(result["summary"].values()) == 4
    assert ("msg" in result) is fails and "warnings" not in result


@pytest.mark.parametrize(("repairing", "check_mode", "ends"), [(True, True, "skip"), (False, True, "fail"), (True, False, "fail")])
def test_a_dry_run_does_not_fail_for_what_its_run_changes(check, run_module, repairing, check_mode, ends):
    def main(*lasting):
        module = AnsibleModule(argument_spec=_check.ARGUMENTS, supports_check_mode=True)
        _check.run(module, check, {"login": True, "size": 4}, lasting=lasting)

    result = run_module(main, repairing=repairing, check_mode=check_mode)
    (record,) = (one for one in result["checks"] if one["id"] == "db.size")
    assert record["status"] == ends and result["failed"] is (ends == "fail")
    assert record["found"] == (4 if ends == "fail" else "would be repaired by this run, and is now: 4")
    assert [one["status"] for one in result["checks"] if one["id"] == "clock"] == ["warn"], "what warns now is told"
    # What no run changes stays what it is.
    assert run_module(lambda: main("db.*"), repairing=repairing, check_mode=check_mode)["failed"]


@pytest.mark.parametrize(("fail_on", "warned"), [("fail", True), ("warn", False), ("never", False)])
def test_what_warns_is_heard_unless_it_fails_or_the_playbook_looks_at_it(check, run_module, fail_on, warned):
    def main():
        _check.run(AnsibleModule(argument_spec=_check.ARGUMENTS), check, {"login": True, "size": 8}, aloud=True)

    warnings = run_module(main, fail_on=fail_on).get("warnings", [])
    assert ["the clocks agree (clock): expected 0 s, found 90 s. run chrony." in str(one) for one in warnings] == [True] * warned
