# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.wandb.plugins.filter.junit import junit
from ansible_collections.baremetal.wandb.plugins.filter.report import report


def record(id, status="pass", **values):
    return {"id": id, "title": f"title of {id}", "status": status, "expected": "this", "found": "that", "advice": "", "seconds": 0.1, **values}


def order(**records):
    return [(check["host"], check["id"]) for check in report(records)["checks"]]


def test_the_cause_comes_before_what_it_breaks():
    # nginx is stopped: the store's public name fails too, and all that the client does.
    assert order(
        client1=[record("wandb.verify.cors"), record("edge.wandb.port"), record("edge.wandb.ready"), record("host.memory")],
        app1=[record("server.ready"), record("s3.port"), record("s3.minio.quorum"), record("mysql.login")],
    ) == [
        ("client1", "host.memory"),
        ("app1", "mysql.login"),
        ("app1", "s3.minio.quorum"),
        ("client1", "edge.wandb.port"),
        ("app1", "s3.port"),
        ("app1", "server.ready"),
        ("client1", "edge.wandb.ready"),
        ("client1", "wandb.verify.cors"),
    ]


def test_records_of_equal_rank_keep_the_order_in_which_they_ran():
    assert order(db1=[record("mysql.login"), record("mysql.write"), record("mysql.clock")], app1=[record("mysql.login")]) == [
        ("db1", "mysql.login"),
        ("db1", "mysql.write"),
        ("db1", "mysql.clock"),
        ("app1", "mysql.login"),
    ]


def test_an_unknown_topic_comes_last():
    assert order(a=[record("new.thing"), record("wandb.verify.sweeps")])[-1] == ("a", "new.thing")


@pytest.mark.parametrize("its", ([], None))
def test_a_host_without_records_has_failed(its):
    made = report({"minio3": its, "app1": [record("mysql.login", "fail")]})
    assert made["checks"][0] | {"advice": ""} == made["checks"][0] | {"host": "minio3", "id": "host.examined", "status": "fail", "advice": ""}
    assert made["sentence"].startswith("minio3: the host was examined (host.examined): ")
    assert made["sentence"].endswith("1 more failed, most likely in consequence.")


def test_the_sentence_has_host_fact_and_remedy():
    failed = record("mysql.login", "fail", expected="a login", found="Access denied.", advice="set wandb_mysql_password.")
    assert report({"app1": [record("host.memory"), failed]})["sentence"] == (
        "app1: title of mysql.login (mysql.login): expected a login, found Access denied. Remedy: set wandb_mysql_password."
    )


def test_no_failure_no_sentence():
    assert report({"app1": [record("host.memory", "warn"), record("mysql.login", "skip")]})["sentence"] == ""


def test_counts():
    made = report({"app1": [record("mysql.a"), record("mysql.b", "fail"), record("s3.a", "warn")]})
    assert made["summary"] == {"pass": 1, "warn": 1, "fail": 1, "skip": 0}
    assert made["topics"]["mysql"] == {"pass": 1, "warn": 0, "fail": 1, "skip": 0}


def test_lines_name_failures_first_and_a_reason_to_skip_once():
    lines = report(
        {
            "app1": [record("mysql.a", "warn"), record("s3.a", "fail"), record("s3.b", "skip", found="not tried: s3.a failed")],
            "c1": [record("wandb.a", "skip", found="no key"), record("wandb.b", "skip", found="no key")],
            "c2": [record("wandb.a", "skip", found="no key")],
        }
    )["lines"]
    assert [line.split()[0] for line in lines] == ["mysql", "s3", "wandb", "FAIL", "WARN", "SKIP"]
    assert lines[1].split() == ["s3", "1", "fail", "1", "skip"]
    assert lines[-1] == "SKIP wandb.a and 1 more on c1, c2: no key"


def test_values_that_are_no_text_are_shown_as_json():
    assert "expected [1, 2], found null." in report({"a": [record("s3.a", "fail", expected=[1, 2], found=None)]})["sentence"]


def test_a_list_in_place_of_hosts_is_refused():
    with pytest.raises(AnsibleFilterError, match="takes a dictionary of host names"):
        report([record("s3.a")])


def test_junit_has_a_suite_for_each_topic_and_a_case_for_each_record():
    checks = report(
        {
            "app1": [
                record("mysql.a"),
                record("mysql.b", "fail", found="a\x00<b> & 'c'", advice="do it"),
                record("mysql.c", "skip", found="no key"),
                record("s3.a", "warn"),
            ]
        }
    )["checks"]
    root = ElementTree.fromstring(junit(checks).encode())
    mysql, s3 = root.findall("testsuite")
    assert mysql.attrib == {"name": "mysql", "tests": "3", "failures": "1", "skipped": "1"}
    cases = mysql.findall("testcase")
    assert [case.attrib["classname"] for case in cases] == ["app1"] * 3
    assert cases[0].attrib["name"] == "mysql.a: title of mysql.a" and list(cases[0]) == []
    assert cases[1].find("failure").attrib["message"] == "expected this, found a\N{REPLACEMENT CHARACTER}<b> & 'c'. do it"
    assert cases[2].find("skipped").attrib["message"] == "no key. "
    assert s3.find("testcase/system-out").text.startswith("warning: expected this")
