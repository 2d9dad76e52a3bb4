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
# The stores of others, each with its lines behind a # as they stand in inventories/external.
STORES = {
    paragraph[2:].split(":")[0]: yaml.safe_load("\n".join(re.findall(r"^# ([a-z0-9_]+: .*)$", paragraph, re.MULTILINE)))
    for paragraph in (TOP / "inventories/external/group_vars/all/site.yml").read_text(encoding="utf-8").split("\n\n")
    if "\n# wandb_s3_url: " in paragraph
}
# What playbooks/secrets.yml writes is named, and not to be filled in by hand.
GENERATED = {"wandb_mysql_password", "wandb_s3_secret_key", "wandb_minio_root_user", "wandb_minio_root_password"}


@pytest.mark.parametrize("name", MUST)
def test_an_inventory_has_what_must_be_set_and_no_more(name):
    text = (TOP / "inventories" / name / "group_vars/all/site.yml").read_text(encoding="utf-8")
    assert set(yaml.safe_load(text)) == MUST[name]
    vendors = set().union(*STORES.values()) if name == "external" else set()
    assert set(re.findall(r"^# ([a-z0-9_]+):", text, re.MULTILINE)) == {"ansible_user"} | vendors
    assert all(paragraph.startswith(("#", "---\n#")) for paragraph in text.split("\n\n"))
    assert (GENERATED <= set(re.findall(r"\w+", text))) == (name != "external")


@pytest.mark.parametrize("store", ["Amazon S3", "AWS Outposts", "NetApp StorageGRID", "Pure Storage FlashBlade", "Ceph RADOS gateway"])
def test_the_lines_of_a_store_are_variables_that_exist(store):
    defaults = [path.read_text(encoding="utf-8") for path in (TOP / "roles").glob("*/defaults/main.yml")]
    assert {"wandb_s3_url", "wandb_s3_region", "wandb_s3_access_key"} <= STORES[store].keys()
    assert [name for name in STORES[store] if not any(re.search(rf"^{name}:", text, re.MULTILINE) for text in defaults)] == []


def test_the_ready_inventories_are_all_looked_at():
    assert {path.name for path in (TOP / "inventories").iterdir() if path.is_dir()} >= set(MUST)
