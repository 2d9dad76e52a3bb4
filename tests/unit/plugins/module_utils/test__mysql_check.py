# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql import version_numbers
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql_check import check, covers


@pytest.mark.parametrize(
    "scope, database, covered",
    [
        ("*.*", "wandb_local", True),
        ("`wandb_local`.*", "wandb_local", True),
        ("`wandb\\_local`.*", "wandb_local", True),
        ("`wandb\\_local`.*", "wandbXlocal", False),
        ("`wandb_local`.*", "wandbXlocal", True),
        ("`wandb%`.*", "wandb_local", True),
        ("`wandb`.*", "wandb_local", False),
        ("`wandb_local`.`runs`", "wandb_local", False),
        ("PROCEDURE `wandb_local`.`p`", "wandb_local", False),
        ("`we``ird`.*", "we`ird", True),
        ("`a.b`.*", "axb", False),
    ],
)
def test_a_scope_covers_a_database_as_mysql_matches_names(scope, database, covered):
    assert covers(scope, database) is covered


@pytest.mark.parametrize(
    "version, numbers",
    [("8.0.28", (8, 0, 28)), ("9.7.4-2", (9, 7, 4)), ("8.4.11-0ubuntu0.26.04.1", (8, 4, 11)), ("26.10.0", (26, 10, 0)), ("5.7.22-log", (5, 7, 22))],
)
def test_versions_are_read_as_numbers(version, numbers):
    assert version_numbers(version) == numbers
    assert version_numbers("8.0.4") < version_numbers("8.0.28") < version_numbers("8.4.0")


def test_ids_are_unique_and_not_installed_asks_no_server():
    records = check.records(None, None, installed=False)
    ids = [record["id"] for record in records]
    assert len(set(ids)) == len(ids) == 15 and all(id.startswith("mysql.") for id in ids)
    assert {record["status"] for record in records} == {"skip"}
