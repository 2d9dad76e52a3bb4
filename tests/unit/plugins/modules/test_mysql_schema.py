# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys

import pytest
from ansible_collections.baremetal.wandb.plugins.modules import mysql_schema

LOGIN = {"login_unix_socket": "/nonexistent/mysqld.sock", "login_user": "root"}
ACCOUNT = {"name": "wandb_local", "password": "s3cr3t", "grants": [{"scope": "wandb_local.*", "grant_option": True}]}
SCHEMA = {**LOGIN, "databases": [{"name": "wandb_local"}], "accounts": [ACCOUNT]}


@pytest.mark.parametrize(
    "options, words",
    [
        ({"login_user": "root"}, "one of the following is required: login_unix_socket, login_host"),
        ({**SCHEMA, "accounts": [{"name": "wandb_local"}]}, "password"),
        ({**SCHEMA, "accounts": [{**ACCOUNT, "grants": [{"scope": "wandb_local"}]}]}, "no scope of a grant; for example wandb_local.*"),
        ({**SCHEMA, "accounts": [{**ACCOUNT, "update_password": "sometimes"}]}, "proven"),
        ({**SCHEMA, "accounts": [{**ACCOUNT, "old_password": "s3cr3t-1"}]}, "retain"),
        ({**SCHEMA, "accounts": [{**ACCOUNT, "resource_limits": {"queries": 5}}]}, "queries_per_hour"),
        ({**SCHEMA, "databases": [{"name": "a", "charset": "utf8"}]}, "charset"),
    ],
)
def test_bad_arguments_are_named(run_module, options, words):
    result = run_module(mysql_schema.main, **options)
    assert result["failed"] and words in result["msg"]
    assert "s3cr3t" not in str({key: value for key, value in result.items() if key != "invocation"})


def plan_of(result):
    return [change["action"] for change in result["changes"]]


def test_check_mode_without_a_server_plans_everything_with_a_warning(run_module):
    result = run_module(mysql_schema.main, check_mode=True, **SCHEMA)
    assert not result["failed"] and result["changed"]
    assert plan_of(result) == ["create_database", "create_account", "grant"]
    assert result["diff"]["before"] == {"databases": {}, "accounts": {}}
    assert any("planned without looking: nothing listens at /nonexistent/mysqld.sock" in str(warning) for warning in result["warnings"])
    assert "s3cr3t" not in str(result)


@pytest.mark.parametrize("library", ["pymysql", "cryptography"])
def test_check_mode_without_the_library_plans_everything_with_a_warning(run_module, monkeypatch, library):
    monkeypatch.setitem(sys.modules, library, None)
    result = run_module(mysql_schema.main, check_mode=True, **SCHEMA)
    assert not result["failed"] and result["changed"] and len(result["changes"]) == 3
    assert any("PyMySQL[rsa] is not installed yet" in str(warning) for warning in result["warnings"])


def test_outside_check_mode_a_missing_library_or_server_fails(run_module, monkeypatch):
    result = run_module(mysql_schema.main, **SCHEMA)
    assert result["failed"] and "no socket /nonexistent/mysqld.sock" in result["msg"]
    monkeypatch.setitem(sys.modules, "pymysql", None)
    result = run_module(mysql_schema.main, **SCHEMA)
    assert result["failed"] and "PyMySQL" in result["msg"]
