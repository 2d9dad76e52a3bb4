# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import types

import pytest
from ansible_collections.baremetal.wandb.plugins.module_utils import _s3, _s3_bucket
from ansible_collections.baremetal.wandb.plugins.module_utils._endpoint_http import Answer

RULE = {
    "allowed_origins": ["https://wandb.example.com"],
    "allowed_methods": ["GET", "PUT", "HEAD"],
    "allowed_headers": ["*"],
    "expose_headers": ["ETag"],
    "max_age_seconds": 3000,
}


def bucket(**changed):
    return {"name": "local-files", "cors": [RULE], "versioning": "unmanaged", "abort_incomplete_multipart_days": None, "policy": None, **changed}


POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": ["arn:aws:s3:::b/*"]}]}


def test_what_is_left_out_is_not_managed():
    assert _s3_bucket.wanted(bucket(cors=None)) == {}
    assert set(_s3_bucket.wanted(bucket(versioning="enabled"))) == {"cors", "versioning"}


def test_a_policy_is_equal_however_the_store_writes_it():
    statement = {"Effect": "Deny", "Principal": {"AWS": ["*"]}, "Action": ["s3:PutObject"], "Resource": "arn:aws:s3:::b/*", "Sid": ""}
    assert _s3.canonical({"Version": "2012-10-17", "Statement": [statement]}) == _s3.canonical(POLICY)
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    assert _s3.canonical({"Statement": [{**statement, "Condition": insecure}]}) != _s3.canonical(POLICY)
    assert _s3.canonical({"Statement": [{"Condition": insecure}]}) == _s3.canonical({"Statement": [{"Condition": {"Bool": {"aws:SecureTransport": [False]}}}]})


def test_an_origin_is_as_browsers_send_it():
    assert _s3.cleaned_origins([" https://wandb.example.com/ ", "*", "https://*.example.com", "http://localhost:8080"]) == [
        "https://wandb.example.com",
        "*",
        "https://*.example.com",
        "http://localhost:8080",
    ]
    assert _s3_bucket.wanted(bucket(cors=[{**RULE, "allowed_origins": ["https://wandb.example.com/"]}])) == _s3_bucket.wanted(bucket())


@pytest.mark.parametrize(
    "changed, words",
    [
        ({"name": "Local_Files"}, "buckets: Local_Files is no name for a bucket"),
        ({"name": "192.168.1.1"}, "no IP address"),
        ({"name": "xn--files"}, "keeps to itself"),
        ({"cors": [{**RULE, "allowed_origins": ["https://a.example.com, https://b.example.com"]}]}, "buckets: allowed_origins of local-files: 'https://a."),
        ({"cors": [{**RULE, "allowed_origins": ["wandb.example.com"]}]}, "is a scheme and a name and no path"),
        ({"policy": "{'Version'"}, "buckets: policy of local-files: is not JSON (Expecting property name"),
        ({"policy": "[]"}, "policy of local-files: has no list named Statement"),
        ({"abort_incomplete_multipart_days": -1}, "abort_incomplete_multipart_days of local-files must be a number of days"),
    ],
)
def test_what_no_store_takes_is_named(changed, words):
    said = _s3_bucket.complaint([bucket(**changed)])
    assert words in said and "for example" in said
    assert _s3_bucket.complaint([bucket(), bucket(policy="{}"), bucket(policy=json.dumps(POLICY))]) == ""


def test_cors_rules_are_equal_in_any_order():
    stored = [{"ID": "x", "AllowedHeaders": ["*"], "AllowedMethods": ["HEAD", "GET", "PUT"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 3000}]
    stored[0]["AllowedOrigins"] = RULE["allowed_origins"]
    assert _s3_bucket.normalised(stored) == _s3_bucket.wanted(bucket())["cors"]


@pytest.mark.parametrize(
    "have, changed, steps",
    [
        (None, {}, ["create", "cors"]),
        (None, {"cors": [], "versioning": "suspended"}, ["create"]),
        (None, {"cors": None, "versioning": "enabled", "abort_incomplete_multipart_days": 7}, ["create", "versioning", "abort_incomplete_multipart_days"]),
        (None, {"cors": None, "abort_incomplete_multipart_days": 0, "policy": "{}"}, ["create"]),
        (None, {"cors": None, "policy": json.dumps(POLICY)}, ["create", "policy"]),
        ({"policy": _s3.canonical(POLICY)}, {"cors": None, "policy": json.dumps(POLICY)}, []),
        ({"policy": _s3.canonical(POLICY)}, {"cors": None, "policy": "{}"}, ["policy"]),
        ({"abort_incomplete_multipart_days": 7}, {"cors": None, "abort_incomplete_multipart_days": 0}, ["abort_incomplete_multipart_days"]),
        ({"abort_incomplete_multipart_days": 0}, {"cors": None, "abort_incomplete_multipart_days": 7}, ["abort_incomplete_multipart_days"]),
        ({"cors": []}, {}, ["cors"]),
        ({"versioning": "suspended"}, {"cors": None, "versioning": "enabled"}, ["versioning"]),
        ({"versioning": "enabled"}, {"cors": None, "versioning": "enabled"}, []),
    ],
)
def test_plan(have, changed, steps):
    assert _s3_bucket.plan(have, _s3_bucket.wanted(bucket(**changed))) == steps


@pytest.mark.parametrize(("status", "days"), [("Enabled", 7), ("Disabled", 0)])
def test_a_rule_that_was_switched_off_is_none(status, days):
    rule = {"ID": _s3_bucket.RULE_ID, "Status": status, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}
    s3 = types.SimpleNamespace(list_objects_v2=lambda **dummy: {}, get_bucket_lifecycle_configuration=lambda **dummy: {"Rules": [rule]})
    want = {"abort_incomplete_multipart_days": 7}
    assert _s3_bucket.Buckets(s3, None, "us-east-1", "fail").read("local-files", want) == {"abort_incomplete_multipart_days": days}


def answer(**headers):
    return Answer(204, [("Access-Control-" + name.replace("_", "-"), value) for name, value in headers.items()], b"")


GOOD = {"Allow_Origin": "https://wandb.example.com", "Allow_Methods": "PUT", "Allow_Headers": "content-type"}


@pytest.mark.parametrize(
    "changed, words",
    [
        ({}, ""),
        ({"Allow_Origin": "*", "Allow_Methods": "*", "Allow_Headers": "*"}, ""),
        ({"Allow_Origin": "https://other.example.com"}, "Access-Control-Allow-Origin: https://other.example.com"),
        ({"Allow_Methods": "GET, HEAD"}, "Access-Control-Allow-Methods: get, head"),
        ({"Allow_Headers": ""}, "Access-Control-Allow-Headers: absent"),
    ],
)
def test_a_preflight_answer_as_a_browser_judges_it(changed, words):
    assert _s3.allows(answer(**{**GOOD, **changed}), "https://wandb.example.com", "PUT", "content-type") == words


def test_a_204_without_headers_allows_nothing():
    assert _s3.allows(Answer(204, [], b""), "https://wandb.example.com", "GET", "") == "no Access-Control-Allow-Origin header (HTTP 204)"


def test_two_origins_are_one_too_many():
    twice = Answer(200, [("Access-Control-Allow-Origin", "*"), ("access-control-allow-origin", "*")], b"")
    assert "browsers accept one" in _s3.allows_origin(twice, "https://wandb.example.com")


def test_the_typing_error_of_the_guide_is_explained():
    assert "write us-east-1" in _s3.wrong_region("us-east1")
    assert _s3.wrong_region("us-east-1") == ""


def test_a_broken_connection_has_no_code():
    from botocore.exceptions import ConnectionClosedError

    error = ConnectionClosedError(endpoint_url="http://192.0.2.1")
    assert (_s3.code(error), _s3.status(error)) == ("", 0)
    assert "Connection was closed" in _s3.reason(error)


@pytest.mark.parametrize(
    "call, code, words",
    [
        ("ListMultipartUploads", "AccessDenied", "let the key's policy allow s3:ListBucketMultipartUploads"),
        ("HeadObject", "AccessDenied", "let the key's policy allow s3:GetObject on"),
        ("DeleteObject", "AccessDenied", "let the key's policy allow s3:DeleteObject on"),
        ("PutObject", "SlowDown", "the store's log"),
        ("PutObject", "XMinioStorageFull", "the store is full"),
    ],
)
def test_the_right_that_a_key_lacks_is_named_as_policies_name_it(call, code, words):
    from botocore.exceptions import ClientError

    assert words in _s3.advice(ClientError({"Error": {"Code": code}}, call))
