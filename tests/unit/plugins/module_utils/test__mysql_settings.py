# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What mysql_settings makes of values and of what a server runs with."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.wandb.plugins.module_utils import _mysql_settings
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql_settings import Change, Found


def found(variables=None, **rest):
    return Found(**{"variables": variables or {}, "persisted": frozenset(), "plugins": {}, **rest})


@pytest.mark.parametrize(
    ("value", "running", "expected"),
    [
        ("32M", "33554432", True),
        ("32m", "33554432", True),
        ("31M", "33554432", False),
        ("1", "ON", True),
        ("off", "OFF", True),
        ("ON", "OFF", False),
        ("1", "1", True),
        ("2.50", "2.500000", True),
        ("row", "ROW", True),
        ("10.0.0.1,127.0.0.1", "127.0.0.1,10.0.0.1", True),
        ("10.0.0.1", "127.0.0.1,10.0.0.1", False),
        ("/var/lib/mysql", "/var/lib/mysql/", True),
    ],
)
def test_same(value, running, expected):
    assert _mysql_settings.same(value, running) is expected


def test_wanted():
    assert _mysql_settings.wanted({"mysqlx": False, "loose_x": 3, "y": "32M"}) == {"mysqlx": "OFF", "x": "3", "y": "32M"}


@pytest.mark.parametrize("settings", [{"Sort-Buffer": 1}, {"a b": 1}, {"x": None}, {"x": [1]}])
def test_wanted_refuses(settings):
    with pytest.raises(ValueError, match="for example"):
        _mysql_settings.wanted(settings)


@pytest.mark.parametrize(
    ("there", "changes"),
    [
        (found({"sync_binlog": "1"}), []),
        (found({"sync_binlog": "0"}), [Change("sync_binlog", "0", "1", "set")]),
        (found({"sync_binlog": "1"}, persisted=frozenset(["sync_binlog"])), [Change("sync_binlog", "persisted", "from the file", "reset_persisted")]),
        (found({"sync_binlog": "1", "port": "1"}, from_file=frozenset(["sync_binlog", "port"])), [Change("port", "1", "no longer listed", "restart")]),
        (found(), []),
        (found(stale=True), [Change("sync_binlog", None, "1", "restart")]),
        (found(plugins={"sync_binlog": True}), []),
        (found(plugins={"sync_binlog": False}), [Change("sync_binlog", "OFF", "1", "restart")]),
    ],
)
def test_plan(there, changes):
    assert _mysql_settings.plan(there, {"sync_binlog": "1"}) == changes


def test_forecast_knows_what_takes_a_restart():
    changes = [Change("port", "1", "2", "set"), Change("sync_binlog", "0", "1", "set")]
    assert [change.how for change in _mysql_settings.forecast(changes)] == ["restart", "set"]
