# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ready inventories name what a user must set, each with what it is, and nothing that has a default which works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

TOP = Path(__file__).resolve().parents[3]
NAMES = {"wandb_url", "wandb_s3_url", "wandb_license"}
OWN_STORE = {"minio_source", "minio_sha256", "minio_drives"}
OTHERS_STORES = {"wandb_mysql_host", "wandb_mysql_password", "wandb_s3_access_key", "wandb_s3_secret_key"}
MUST = {"single": NAMES | OWN_STORE, "cluster": NAMES | OWN_STORE, "external": NAMES | OTHERS_STORES}
# What playbooks/secrets.yml writes is named, and not to be filled in by hand.
GENERATED = {"wandb_mysql_password", "wandb_s3_secret_key", "wandb_minio_root_user", "wandb_minio_root_password"}


@pytest.mark.parametrize("name", MUST)
def test_an_inventory_has_what_must_be_set_and_no_more(name):
    text = (TOP / "inventories" / name / "group_vars/all/site.yml").read_text(encoding="utf-8")
    assert set(yaml.safe_load(text)) == MUST[name]
    assert set(re.findall(r"^# ([a-z_]+):", text, re.MULTILINE)) == {"ansible_user"}
    assert all(paragraph.startswith(("#", "---\n#")) for paragraph in text.split("\n\n"))
    assert (GENERATED <= set(re.findall(r"\w+", text))) == (name != "external")


def test_the_ready_inventories_are_all_looked_at():
    assert {path.name for path in (TOP / "inventories").iterdir() if path.is_dir()} >= set(MUST)
