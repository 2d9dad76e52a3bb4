# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import types

import pytest
from ansible_collections.baremetal.wandb.plugins.module_utils import _mysql
from ansible_collections.baremetal.wandb.plugins.modules import mysql_fingerprint

LOGIN = {"login_host": "192.0.2.1", "login_user": "wandb_local", "login_password": "s3cr3t"}


class Server:
    """A database with one table besides that of the migrations."""

    pymysql = types.SimpleNamespace(err=types.SimpleNamespace(MySQLError=KeyError))

    def __init__(self, columns, migration):
        self.answers = {"TABLES": [("runs", "InnoDB"), ("schema_migrations", "InnoDB")], "COLUMNS": columns, "STATISTICS": []}
        self.migration = migration

    def rows(self, statement, *arguments):
        if "schema_migrations" in statement:
            assert statement == "SELECT * FROM `wandb_local`.`schema_migrations`"
            return [self.migration]
        assert arguments == ("wandb_local",)
        return self.answers[statement.split("information_schema.")[1].split()[0]]


def fingerprint(run_module, monkeypatch, columns=(("runs", "id"),), migration=(4, 0)):
    monkeypatch.setattr(_mysql, "server", lambda module: Server(list(columns), migration))
    result = run_module(mysql_fingerprint.main, **LOGIN)
    assert result["tables"] == 2 and result["changed"] is False
    return result["fingerprint"]


@pytest.mark.parametrize("other", [{"columns": [("runs", "id"), ("runs", "name")]}, {"migration": (5, 0)}, {"migration": (4, 1)}])
def test_another_schema_and_a_migration_that_has_begun_are_another_fingerprint(run_module, monkeypatch, other):
    first = fingerprint(run_module, monkeypatch)
    assert fingerprint(run_module, monkeypatch) == first
    assert fingerprint(run_module, monkeypatch, **other) != first


def test_a_server_that_is_not_there_is_named(run_module):
    result = run_module(mysql_fingerprint.main, **{**LOGIN, "login_host": "127.0.0.1", "login_port": 1})
    assert result["failed"] and result["msg"].startswith("Could not read the schema of wandb_local at 127.0.0.1:1 as wandb_local (")
    assert "s3cr3t" not in str(result)
