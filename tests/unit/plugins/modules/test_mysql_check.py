# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.baremetal.wandb.plugins.modules import mysql_check

LOGIN = {"login_unix_socket": "/nonexistent/mysqld.sock", "login_user": "wandb_local", "login_password": "s3cr3t"}


@pytest.mark.parametrize(
    "options, words",
    [
        ({"login_user": "u"}, "one of the following is required: login_unix_socket, login_host"),
        ({**LOGIN, "login_host": "db1"}, "mutually exclusive"),
        ({"login_user": "u", "login_host": ""}, "login_host is empty"),
        ({**LOGIN, "login_port": 70000}, "TCP port"),
        ({**LOGIN, "connect_timeout": 0}, "connect_timeout must be from 1"),
        ({**LOGIN, "ssl_verify_name": True}, "ssl_verify_name needs ssl_ca"),
        ({**LOGIN, "ssl_cert": "/c.pem"}, "ssl_cert and ssl_key belong together"),
        ({**LOGIN, "ssl_key": "/c.key"}, "for example ssl_cert: /etc/ssl/wandb/client.pem"),
        ({**LOGIN, "minimum_version": "eight"}, "minimum_version must be numbers"),
        ({**LOGIN, "expected": {"Max-Connections": 5}}, "expected: variables: 'Max-Connections' is no name of a variable"),
        ({**LOGIN, "expected": {"sort_buffer_size": "big"}}, "expected: variables.sort_buffer_size must be a number or a size, for example 32M"),
        ({**LOGIN, "profile": "newest"}, "guide, current"),
        ({**LOGIN, "tls": "on"}, "preferred"),
        ({**LOGIN, "probe": "always"}, "probe"),
        ({"login_host": "db1"}, "login_user"),
    ],
)
def test_bad_arguments_are_named(run_module, options, words):
    result = run_module(mysql_check.main, **options)
    assert result["failed"] and words in result["msg"]


def test_a_server_that_is_not_there_fails_by_its_login_alone(run_module):
    result = run_module(mysql_check.main, **LOGIN)
    assert result["failed"] and result["msg"].startswith("the account can log in (mysql.login): expected a login as wandb_local")
    assert "no socket /nonexistent/mysqld.sock" in result["checks"][0]["advice"]
    assert result["summary"] == {"pass": 0, "warn": 0, "fail": 1, "skip": 25}
    assert "s3cr3t" not in str(result)


def test_not_installed_needs_no_library(run_module, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pymysql", None)
    assert run_module(mysql_check.main, **LOGIN, installed=False)["summary"]["skip"] == 26
    missing = run_module(mysql_check.main, **LOGIN)
    assert missing["failed"] and "PyMySQL" in missing["msg"]
