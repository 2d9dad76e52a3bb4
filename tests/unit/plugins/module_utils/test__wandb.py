# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files in wandb_verify/ are what the client 0.31.0 printed against a site that was broken in the way their names say."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest
from ansible_collections.baremetal.wandb.plugins.module_utils import _wandb

IDS = [
    "wandb.verify." + name for name in "logged_in signed_url_upload large_payload base_url_https signed_url_https cors version metrics artifacts sweeps".split()
]


def printed(name):
    return (Path(__file__).parent / "wandb_verify" / (name + ".txt")).read_text(encoding="utf-8")


def statuses(verify_code, output, login_code=0, login_output="", **more):
    outcome = _wandb.Outcome(login_code, login_output, verify_code, output, **more)
    return {record["id"]: record for record in _wandb.check.records(outcome)}


def not_passed(records):
    return {id: record["status"] for id, record in records.items() if record["status"] != "pass"}


def test_ten_records_with_stable_ids():
    assert list(statuses(0, printed("good"))) == IDS


def test_a_whole_site():
    assert not_passed(statuses(0, printed("good"))) == {}


def test_a_proxy_with_a_body_limit():
    records = statuses(1, printed("body_limit"))
    assert not_passed(records) == {"wandb.verify.large_payload": "fail"}
    assert "proxy-body-size" in records["wandb.verify.large_payload"]["found"]
    assert "client_max_body_size" in records["wandb.verify.large_payload"]["advice"]
    assert "\x1b" not in records["wandb.verify.large_payload"]["found"]


def test_closed_cors_fails_although_the_client_ends_with_0():
    records = statuses(0, printed("closed_cors"))
    assert not_passed(records) == {"wandb.verify.cors": "fail"}
    assert "you must allow GET and PUT to Origin: https://wandb.example.com" in records["wandb.verify.cors"]["found"]


def test_a_traceback_fails_its_check_and_all_after_it():
    records = statuses(1, printed("traceback_in_cors"))
    assert not_passed(records) == dict.fromkeys(IDS[5:], "fail")
    assert "certificate verify failed: unable to get local issuer certificate" in records["wandb.verify.cors"]["found"]
    assert records["wandb.verify.sweeps"]["found"] == "wandb verify ended in wandb.verify.cors, before this check"


def test_a_lost_object_store():
    records = statuses(None, printed("lost_store"))
    assert records["wandb.verify.signed_url_upload"]["status"] == "fail"
    assert records["wandb.verify.cors"]["status"] == records["wandb.verify.signed_url_https"]["status"] == "skip"
    assert records["wandb.verify.logged_in"]["status"] == "pass"
    assert all(record["status"] in ("fail", "skip") for id, record in records.items() if id != "wandb.verify.logged_in")


def test_a_refused_key():
    records = statuses(None, "", 1, printed("wrong_key_login"))
    assert not_passed(records) == {"wandb.verify.logged_in": "fail", **dict.fromkeys(IDS[1:], "skip")}
    assert "returned error 401" in records["wandb.verify.logged_in"]["found"]
    assert "wandb_api_key" in records["wandb.verify.logged_in"]["advice"]


def test_a_newer_client_warns_and_an_outdated_one_fails():
    line = "Checking wandb package version is up to date............................\u2705"
    for colour, status in (("33", "warn"), ("31", "fail")):
        output = printed("good").replace(line, line[:-1] + "\u274c\n\x1b[%sm\x1b[1mwandb version ...\x1b[0m" % colour)
        assert not_passed(statuses(0, output)) == {"wandb.verify.version": status}


def test_unencrypted_requests_fail_although_the_client_only_warns():
    line = "Checking requests to base url...........................................\u2705"
    output = printed("good").replace(line, line[:-1] + "\u274c\n\x1b[33m\x1b[1mConnections are not made over https.\x1b[0m")
    assert not_passed(statuses(0, output)) == {"wandb.verify.base_url_https": "fail"}


def test_an_exit_code_without_a_cross_is_not_lost():
    records = statuses(7, printed("good"))
    assert not_passed(records) == {"wandb.verify.sweeps": "fail"}
    assert records["wandb.verify.sweeps"]["found"].startswith("7: ")


def test_output_that_nobody_knows():
    records = statuses(0, "everything is fine, trust me\n")
    assert records["wandb.verify.logged_in"]["status"] == "fail"
    assert "trust me" in records["wandb.verify.logged_in"]["found"]


def test_no_key_skips_all_and_says_how_to_get_one():
    records = statuses(None, "", skipped="no API key was given", remedy="set wandb_api_key")
    assert set(not_passed(records).values()) == {"skip"} and len(records) == 10
    assert "wandb_api_key" in records["wandb.verify.logged_in"]["advice"]


@pytest.fixture
def client(tmp_path):
    """Writes an executable in place of the client."""

    def write(script):
        path = tmp_path / "wandb"
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)

    return write


def test_the_key_is_in_the_environment_only_and_masked(client, tmp_path):
    path = client('echo "$@ $WANDB_API_KEY $HOME"; test -n "$SSL_CERT_FILE" -a "$SSL_CERT_FILE" = "$REQUESTS_CA_BUNDLE"\n')
    ca = tmp_path / "ca.crt"
    ca.write_text("CERTIFICATE\n")
    outcome = _wandb.run(path, "https://wandb.example.com", "local-secret", str(ca), 10, str(tmp_path))
    assert (outcome.login_code, outcome.verify_code) == (0, 0)
    assert outcome.login_output.startswith("login --host https://wandb.example.com *** ")
    home = outcome.login_output.split()[-1]
    assert home.startswith(str(tmp_path)) and not os.path.exists(home)


def test_a_client_that_hangs_is_ended_with_its_children(client, tmp_path):
    started = time.monotonic()
    outcome = _wandb.run(client("echo begin; sleep 60 & wait\n"), "https://wandb.example.com", "key", None, 1, str(tmp_path))
    assert outcome.login_code is None and "begin" in outcome.login_output
    assert time.monotonic() - started < 10
    assert "no end in time" in statuses(None, "", *outcome[:2])["wandb.verify.logged_in"]["found"]


def test_both_commands_share_the_time(client, tmp_path):
    started = time.monotonic()
    outcome = _wandb.run(client('test "$1" = verify || exec sleep 1.5\nsleep 60 & wait\n'), "https://wandb.example.com", "key", None, 2, str(tmp_path))
    assert outcome.login_code == 0 and outcome.verify_code is None
    assert time.monotonic() - started < 3
