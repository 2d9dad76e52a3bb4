# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.baremetal.wandb.plugins.module_utils import _minio

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::local-files"]}]}


def options(**changed):
    base = {
        "access_key": "root",
        "policies": [{"name": "wandb", "policy": POLICY}],
        "users": [{"name": "wandb-local", "secret_key": "a secret of 19 chars", "policies": ["wandb"], "enabled": True}],
        "config": {"api": {"cors_allow_origin": "https://wandb.example.com"}},
        "retired_users": [],
    }
    return {**base, **changed}


def converged():
    return json.loads(json.dumps(_minio.wanted(options())))


def test_nothing_to_do_when_all_is_there():
    assert _minio.plan(converged(), _minio.wanted(options())) == []


def test_an_empty_server_gets_everything_in_order():
    want = _minio.wanted(options())
    assert [(step.what, step.name) for step in _minio.plan(_minio.empty(want), want)] == [
        ("policy", "wandb"),
        ("user", "wandb-local"),
        ("attach", "wandb-local"),
        ("config", "api"),
    ]


@pytest.mark.parametrize(
    "section, name, change, steps",
    [
        ("policies", "wandb", {"Version": "2012-10-17", "Statement": []}, ["policy"]),
        ("users", "wandb-local", {"policies": ["readwrite", "wandb"]}, ["attach"]),
        ("users", "wandb-local", {"policies": []}, ["attach"]),
        ("users", "wandb-local", {"secret_key": "SignatureDoesNotMatch"}, ["user"]),
        # Setting the secret enables the user, one call does both.
        ("users", "wandb-local", {"enabled": False, "secret_key": "disabled"}, ["user"]),
        ("config", "api", {"cors_allow_origin": "*"}, ["config"]),
    ],
)
def test_each_difference_is_repaired_alone(section, name, change, steps):
    have = converged()
    have[section][name].update(change)
    assert [step.what for step in _minio.plan(have, _minio.wanted(options()))] == steps


def test_origins_are_kept_as_minio_compares_them():
    config = {"api": {"cors_allow_origin": "https://wandb.example.com/, https://*.example.com"}}
    want = _minio.wanted(options(config=config))
    assert want["config"]["api"]["cors_allow_origin"] == "https://wandb.example.com,https://*.example.com"


def test_a_retired_user_is_removed_last_of_the_users():
    user = {**options()["users"][0], "name": "wandb-local-2"}
    want = _minio.wanted(options(users=[user], retired_users=["wandb-local", "long-gone"]))
    have = {**_minio.empty(want), "retired": {"wandb-local": "present", "long-gone": None}}
    assert [(step.what, step.name) for step in _minio.plan(have, want)][1:4] == [
        ("user", "wandb-local-2"),
        ("attach", "wandb-local-2"),
        ("remove", "wandb-local"),
    ]


@pytest.mark.parametrize(
    "secret_key, others", [("accepted", []), ("SignatureDoesNotMatch", ["wandb-local"]), ("disabled", []), ("XMinioAdminAccountNotEligible", ["wandb-local"])]
)
def test_a_user_with_another_secret_is_found(secret_key, others):
    have = converged()
    have["users"]["wandb-local"]["secret_key"] = secret_key
    want = _minio.wanted(options())
    assert _minio.other_secrets(have, want) == others
    assert _minio.other_secrets(_minio.empty(want), want) == []


def test_urls_may_be_in_use_until_hours_after_the_last_new_secret():
    times = {"a": "2026-11-29T12:44:30.337715575Z", "b": "2026-11-29T15:00:00+02:00"}

    def admin(call, name):
        return json.dumps({"updatedAt": times[name]})

    have = {"users": {"a": {}, "b": {}}}
    assert _minio.in_use_until(admin, have, 24).isoformat() == "2026-11-30T15:00:00+02:00"
    before = datetime.now(timezone.utc)
    assert _minio.in_use_until(admin, {"users": {"a": {}, "c": None}}, 1) >= before + timedelta(hours=1)


def test_a_policy_may_be_json():
    assert _minio.wanted(options(policies=[{"name": "wandb", "policy": json.dumps(POLICY)}])) == _minio.wanted(options())


def test_a_user_that_may_not_sign_in():
    user = dict(options()["users"][0], enabled=False)
    want = _minio.wanted(options(users=[user]))
    have = converged()
    have["users"]["wandb-local"]["secret_key"] = "untried"
    assert [step.what for step in _minio.plan(have, want)] == ["disable"]
    assert [step.what for step in _minio.plan(_minio.empty(want), want)][1:4] == ["user", "attach", "disable"]


def test_no_state_and_no_step_holds_a_secret():
    want = _minio.wanted(options())
    steps = _minio.plan(_minio.empty(want), want)
    assert "a secret of" not in json.dumps([want, steps, [_minio.described(step) for step in steps]])


def test_policies_are_equal_however_minio_writes_them():
    rewritten = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": ["arn:aws:s3:::b/*"], "Sid": ""},
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b"},
        ],
    }
    written = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::b"]},
            {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["arn:aws:s3:::b/*"]},
        ],
    }
    assert _minio.canonical(rewritten) == _minio.canonical(written)
    wider = json.loads(json.dumps(written).replace("s3:GetObject", "s3:*"))
    assert _minio.canonical(wider) != _minio.canonical(written)


def test_config_as_minio_prints_it():
    text = 'api requests_max=0 cors_allow_origin=* comment="two words" \n'
    assert _minio.parsed_config(text, "api") == ({"requests_max": "0", "cors_allow_origin": "*", "comment": "two words"}, {})


def test_an_environment_variable_wins_over_the_stored_setting():
    text = "# MINIO_API_CORS_ALLOW_ORIGIN=https://env.example.com\napi cors_allow_origin=* \n"
    settings, overridden = _minio.parsed_config(text, "api")
    assert settings["cors_allow_origin"] == "https://env.example.com"
    assert overridden == {"cors_allow_origin": "MINIO_API_CORS_ALLOW_ORIGIN"}


@pytest.mark.parametrize(
    "changed, words",
    [
        ({"policies": [{"name": "p", "policy": {}}]}, "p has no list named Statement"),
        ({"policies": [{"name": "p", "policy": "{'Version': 1}"}]}, "policies: p is not JSON (Expecting property name"),
        ({"policies": [{"name": "p", "policy": "Version=2012"}]}, "policies: p is not JSON"),
        ({"config": {"api": {"cors_allow_origin": "https://a.example.com,,https://b.example.com"}}}, "config.api.cors_allow_origin: '' is no origin"),
        ({"config": {"api": {"cors_allow_origin": "https://a.example.com/app"}}}, "'https://a.example.com/app' is no origin"),
        ({"users": [{"name": "ab", "secret_key": "x" * 20, "policies": []}]}, "must be 3 or more ASCII characters"),
        ({"users": [{"name": "a=b", "secret_key": "x" * 20, "policies": []}]}, "without = and comma"),
        ({"users": [{"name": "wandb-local", "secret_key": "short", "policies": []}]}, "must be 8 or more ASCII characters"),
        ({"users": [{"name": "wandb-local", "secret_key": "sécrète-clé", "policies": []}]}, "must be 8 or more ASCII characters"),
        ({"retired_users": ["wandb-local"]}, "retired_users: wandb-local is also in users"),
        ({"users": [{"name": "root", "secret_key": "x" * 20, "policies": []}]}, "root is the account that signs in"),
    ],
)
def test_what_minio_would_refuse_is_named(changed, words):
    assert words in _minio.complaint(options(**changed))
    assert _minio.complaint(options()) == ""
