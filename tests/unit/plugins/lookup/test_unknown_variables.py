# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names are taken for misspelled ones."""

from __future__ import annotations

import pytest
from ansible_collections.baremetal.wandb.plugins.lookup.unknown_variables import known_variables, unknown

KNOWN = {"wandb_url", "wandb_s3_bucket", "mysql_settings"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("wandb_s3_bukket", "did you mean wandb_s3_bucket?"),
        ("mysql_setting", "did you mean mysql_settings?"),
        ("mysql_zzzzzzzzzzzzzzzzzz", "preflight_foreign_variables"),
    ],
)
def test_unknown(name, words):
    sentences = unknown([name, "wandb_url"], KNOWN)
    assert len(sentences) == 1 and name in sentences[0] and words in sentences[0]


@pytest.mark.parametrize("name", ["wandb_url", "ansible_host", "other_thing", "__mysql_installed", "mysql"])
def test_not_ours(name):
    assert unknown([name], KNOWN) == []


def test_foreign():
    assert unknown(["mysql_users", "mysql_dbs"], KNOWN, ["mysql_*"]) == []


def test_known_variables_are_those_of_all_roles():
    assert {"wandb_url", "tools_venv", "mysql_settings", "preflight_fail_on"} <= known_variables()
