# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules for the object store, the public names and the client answer without any of them."""

from __future__ import annotations

import http.server
import sys
import threading

import pytest
from ansible_collections.baremetal.wandb.plugins.modules import endpoint_check, minio_admin, s3_bucket, s3_check, wandb_check

NOBODY = "http://127.0.0.1:1"
SECRET = "not-to-be-seen-anywhere"

MINIO = {
    "endpoints": [NOBODY],
    "access_key": "root",
    "secret_key": "root-" + SECRET,
    "users": [{"name": "wandb-local", "secret_key": SECRET, "policies": ["readwrite"]}],
    "config": {"api": {"cors_allow_origin": "https://wandb.example.com"}},
}
BUCKET = {"endpoints": [NOBODY], "access_key": "key", "secret_key": SECRET, "buckets": [{"name": "local-files", "versioning": "enabled"}]}
STORE = {"endpoint_url": NOBODY, "access_key": "key", "secret_key": SECRET, "bucket": "local-files", "origin": "https://wandb.example.com"}
EDGE = {"url": "https://wandb.invalid", "s3_url": "https://s3.invalid"}
CLIENT = {"client": "/nonexistent/wandb", "url": "https://wandb.invalid"}


@pytest.mark.parametrize(
    "module, options, words",
    [
        (minio_admin, {**MINIO, "endpoints": ["db1:9000"]}, "endpoints: db1:9000 is not a URL"),
        (minio_admin, {**MINIO, "policies": [{"name": "p", "policy": {}}]}, "policies: p has no list named Statement"),
        (minio_admin, {**MINIO, "users": [{"name": "x", "secret_key": SECRET, "policies": []}]}, "users: the name x must be"),
        (s3_bucket, {**BUCKET, "region": "us-east1"}, "write us-east-1"),
        (s3_bucket, {**BUCKET, "endpoints": ["https://s3.example.com/bucket"]}, "endpoints: https://s3.example.com/bucket has a path"),
        (s3_bucket, {**BUCKET, "buckets": [{"name": "b", "versioning": "on"}]}, "versioning"),
        (s3_bucket, {**BUCKET, "buckets": [{"name": "Local_Files"}]}, "buckets: Local_Files is no name for a bucket"),
        (s3_bucket, {**BUCKET, "buckets": [{"name": "local-files", "policy": "no JSON"}]}, "buckets: policy of local-files: is not JSON"),
        (s3_bucket, {**BUCKET, "endpoints": ["http://s3.example.com?tls=true"]}, "with http and tls=true: write https://s3.example.com"),
        (minio_admin, {**MINIO, "policies": [{"name": "p", "policy": "no JSON"}]}, "policies: p is not JSON"),
        (minio_admin, {**MINIO, "endpoints": ["http://s3.example.com?tls=true"]}, "with http and tls=true: write https://s3.example.com"),
        (s3_check, {**STORE, "region": "us-east1"}, "write us-east-1"),
        (s3_check, {**STORE, "minio_endpoints": ["minio1"]}, "minio1 is not a URL"),
        (s3_check, {**STORE, "probe": "delete"}, "probe"),
        (s3_check, {**STORE, "large_object_mb": 5121}, "large_object_mb must be from 0 to 5120, for example 1024, and is 5121"),
        (endpoint_check, {**EDGE, "url": "http://wandb.example.com"}, "url: http://wandb.example.com is not https"),
        (endpoint_check, {**EDGE, "s3_url": "https://s3.example.com/s3"}, "s3_url: https://s3.example.com/s3 has a path"),
        (endpoint_check, {"url": "https://wandb.example.com"}, "s3_url"),
        (wandb_check, {**CLIENT, "api_key": SECRET}, "client: there is no file /nonexistent/wandb"),
        (wandb_check, {**CLIENT, "timeout": 0}, "timeout must be a number of seconds from 1 on, for example 300, not 0"),
        (wandb_check, {**CLIENT, "url": "https://wandb.example.com/app"}, "url must be http or https and a host name without a path, for example"),
    ],
)
def test_bad_arguments_are_named(run_module, module, options, words):
    result = run_module(module.main, **options)
    assert result["failed"] and words in result["msg"]
    assert SECRET not in str(result)


@pytest.mark.parametrize("module, options", [(minio_admin, MINIO), (s3_bucket, BUCKET)])
def test_state_modules_plan_without_looking_on_a_fresh_host(run_module, module, options):
    result = run_module(module.main, check_mode=True, **options)
    assert not result["failed"] and result["changed"] and result["diff"]["after"]
    assert any("planned without looking: nothing answers yet at %s" % NOBODY in str(warning) for warning in result["warnings"])
    assert SECRET not in str(result)


@pytest.mark.parametrize("module, options", [(minio_admin, MINIO), (s3_bucket, BUCKET)])
def test_state_modules_plan_without_looking_before_tls_is_switched_on(run_module, module, options):
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        url = "https://127.0.0.1:%d" % server.server_address[1]
        result = run_module(module.main, check_mode=True, **{**options, "endpoints": [url]})
        server.shutdown()
    assert not result["failed"] and result["changed"]
    assert any("planned without looking: nothing answers yet at %s" % url in str(warning) for warning in result["warnings"])


@pytest.mark.parametrize("module, options, library", [(minio_admin, MINIO, "minio"), (s3_bucket, BUCKET, "boto3")])
@pytest.mark.parametrize("there", [True, False])
def test_a_dry_run_without_the_library(run_module, monkeypatch, module, options, library, there):
    """Of a server that is there it says that it did not look; what a fresh one would get is known without it."""
    monkeypatch.setitem(sys.modules, library, None)
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        endpoint = "http://127.0.0.1:%d" % server.server_address[1] if there else NOBODY
        result = run_module(module.main, check_mode=True, **{**options, "endpoints": [endpoint]})
        server.shutdown()
    assert not result["failed"] and result["changed"] is not there and result.get("skipped", False) is there
    assert ("diff" in result) is not there
    words = "did not look at what is there: the library %s is not installed yet" % library if there else "planned without looking"
    assert words in str(result["warnings"])
    assert SECRET not in str(result)


def test_a_dry_run_proves_nothing_without_the_library(run_module, monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)
    result = run_module(s3_check.main, check_mode=True, **STORE)
    assert not result["failed"] and set(result["summary"].items()) >= {("fail", 0), ("pass", 0)}
    assert {record["found"] for record in result["checks"]} == {"not installed yet"}


@pytest.mark.parametrize("module, options", [(minio_admin, MINIO), (s3_bucket, BUCKET)])
def test_state_modules_fail_without_a_store(run_module, module, options):
    result = run_module(module.main, **options)
    assert result["failed"] and result["msg"] == "no endpoint accepts a connection: %s" % NOBODY


@pytest.mark.parametrize("module, options, library", [(minio_admin, MINIO, "minio"), (s3_bucket, BUCKET, "boto3"), (s3_check, STORE, "boto3")])
def test_a_missing_library_is_named(run_module, monkeypatch, module, options, library):
    monkeypatch.setitem(sys.modules, library, None)
    result = run_module(module.main, **options)
    assert result["failed"] and library in result["msg"] and "tools_python" in result["msg"]


@pytest.mark.parametrize(
    "module, options, number",
    [
        (s3_check, STORE, 33),
        (s3_check, {**STORE, "minio_endpoints": [NOBODY], "large_object_mb": 1}, 36),
        (endpoint_check, EDGE, 31),
        (wandb_check, CLIENT, 10),
    ],
)
def test_checks_of_what_is_not_installed_yet(run_module, module, options, number):
    result = run_module(module.main, installed=False, **options)
    assert not result["failed"] and not result["changed"]
    assert result["summary"] == {"pass": 0, "warn": 0, "fail": 0, "skip": number}
    assert {record["found"] for record in result["checks"]} == {"not installed yet"}


def test_a_lost_store_is_named_first(run_module):
    result = run_module(s3_check.main, **STORE, minio_endpoints=[NOBODY])
    assert result["failed"] and "(s3.minio.node): expected 1 of 1 nodes" in result["msg"]
    assert SECRET not in str(result)


def test_the_client_is_not_run_without_a_key_and_not_in_check_mode(run_module):
    for options, reason, remedy in (
        ({"skip_reason": "nothing changed"}, "no API key was given", "set wandb_api_key"),
        ({"api_key": SECRET, "check_mode": True}, "not in check mode", "without --check"),
        ({"api_key": SECRET, "skip_reason": "nothing changed"}, "nothing changed", "set verify_client to always"),
    ):
        result = run_module(wandb_check.main, **CLIENT, **options)
        assert not result["failed"] and result["summary"]["skip"] == 10
        assert reason in result["checks"][0]["found"] and remedy in result["checks"][0]["advice"]
        assert result["client_found"] is False


def test_a_client_that_is_there_but_not_run_is_found(run_module):
    assert run_module(wandb_check.main, **CLIENT | {"client": sys.executable}, skip_reason="nothing changed")["client_found"] is True


@pytest.mark.parametrize("check_mode, repairing, status", [(True, True, "skip"), (True, False, "fail"), (False, True, "fail")])
def test_a_dry_run_does_not_fail_for_what_its_run_would_repair(run_module, check_mode, repairing, status):
    options = {"url": "https://127.0.0.1:1", "s3_url": "https://s3.invalid", "check_mode": check_mode, "repairing": repairing}
    result = run_module(endpoint_check.main, **options, only=["edge.wandb.port"])
    (record,) = result["checks"]
    assert record["status"] == status and result["failed"] == (status == "fail")
    assert record["found"].startswith("would be repaired by this run, and is now: ") == (status == "skip")
    # No run mends a name that does not resolve.
    result = run_module(endpoint_check.main, **options, only=["edge.s3.resolve"])
    assert result["failed"] and result["checks"][0]["status"] == "fail"
