# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role bucket refuses by its rules, rendered by Ansible as they stand in the role."""

from __future__ import annotations

import functools
import re
import typing as t

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.baremetal.wandb.plugins.module_utils import _s3
from repository import TOP

OURS: dict[str, t.Any] = {
    "wandb_url": "https://wandb.example.com",
    "wandb_minio_endpoints": ["http://192.0.2.21:9000", "http://192.0.2.22:9000"],
    "wandb_minio_root_user": "root-of-minio",
    "wandb_minio_root_password": "p4ssword-of-minio",
    "wandb_s3_secret_key": "s3cret-key-of-wandb",
}
THEIRS: dict[str, t.Any] = {**OURS, "wandb_minio_endpoints": [], "wandb_s3_url": "https://s3.example.com", "wandb_s3_access_key": "AKIAIOSFODNN7EXAMPLE"}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}


@functools.cache
def trusted(path: str) -> t.Any:
    return DataLoader().load_from_file(str(TOP / "roles" / path), trusted_as_template=True)


def refused(**variables: t.Any) -> list[str]:
    everything = {**trusted("wandb/defaults/main.yml"), **trusted("bucket/defaults/main.yml"), **trusted("bucket/vars/main.yml"), **variables}
    (task,) = trusted("bucket/tasks/preflight.yml")
    return Templar(loader=DataLoader(), variables={**everything, **task["vars"]}).template(trust_as_template("{{ __bucket_refusals }}"))


@pytest.mark.parametrize("site", [OURS, THEIRS])
def test_good_input_is_not_refused(site):
    assert refused(**site) == []


def test_the_stores_of_inventories_external_are_not_refused():
    text = (TOP / "inventories/external/group_vars/all/site.yml").read_text(encoding="utf-8")
    stores = [yaml.safe_load("\n".join(re.findall(r"^# ([a-z0-9_]+: .*)$", paragraph, re.MULTILINE))) for paragraph in text.split("\n\n")]
    stores = [store for store in stores if store and "wandb_s3_url" in store]
    assert len(stores) == 5
    for store in stores:
        assert refused(**{**THEIRS, **store, **({"bucket_policy": POLICY} if "bucket_policy" in store else {})}) == []


@pytest.mark.parametrize(
    "variables",
    [
        {"wandb_s3_secret_key": " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~aB3cD4 "},
        {"wandb_s3_secret_key": "8letters"},
        {"wandb_s3_bucket": "1234"},
        {"wandb_s3_bucket": "a" * 63},
        {"wandb_s3_bucket": "wandb.example.com"},
        {"wandb_url": "https://wandb.example.com/"},  # the modules take the slash away
        {"wandb_url": "https://wandb.example.com:8443"},
        {"bucket_policy": POLICY},
        {"bucket_versioning": "enabled"},
        {"bucket_origin": "*"},
    ],
)
def test_what_works_is_not_refused(variables):
    assert refused(**{**OURS, **variables}) == []


@pytest.mark.parametrize(
    ("site", "variables", "words"),
    [
        (OURS, {"wandb_minio_endpoints": []}, "wandb_s3_url is empty and the group wandb_minio has no host"),
        (THEIRS, {"wandb_s3_url": "https://s3.example.com/store"}, "wandb_s3_url must be"),
        (THEIRS, {"wandb_s3_url": "s3.example.com"}, "wandb_s3_url must be"),
        (THEIRS, {"wandb_s3_url": "http://s3.example.com?tls=true"}, "http and tls=true contradict each other"),
        (OURS, {"bucket_endpoints": ["http://192.0.2.21:9000?tls=true"]}, "http and tls=true contradict each other"),
        (THEIRS, {"wandb_s3_url": "https://s3.example.com?tls=true"}, "wandb_s3_url must be"),
        *((OURS, {"wandb_s3_bucket": name}, f'found "{name}"') for name in ("ab", "Local_Files", "a" * 64, "a..b", "-ab", "ab-", "192.168.1.1", "", "a b")),
        *((OURS, {"wandb_s3_bucket": name}, "wandb_s3_bucket must be 3 to 63") for name in ("xn--local", "sthree-local", "local-s3alias", "local--ol-s3")),
        (OURS, {"wandb_s3_region": "us-east1"}, "wandb_s3_region is us-east1, which does not exist: W&B's guide has a typing error there"),
        (OURS, {"wandb_s3_region": ""}, "wandb_s3_region must be"),
        (OURS, {"wandb_s3_region": "US East"}, "wandb_s3_region must be"),
        *(
            (OURS, {"bucket_origin": origin}, f'found "{origin}"')
            for origin in ("", "wandb.example.com", "https://a.example.com, https://b.example.com", "https://a.example.com,https://b.example.com")
        ),
        (OURS, {"bucket_origin": "https://wandb.example.com/app"}, "an origin has no path"),
        (OURS, {"wandb_s3_secret_key": ""}, "wandb_s3_secret_key is empty: W&B needs a key of its own"),
        (THEIRS, {"wandb_s3_secret_key": ""}, "wandb_s3_secret_key is empty: W&B needs a key of its own"),
        (THEIRS, {"wandb_s3_access_key": ""}, "wandb_s3_access_key is empty: set the key that the object store's owner gave you"),
        *((OURS, {"wandb_s3_access_key": key}, f'found "{key}"') for key in ("ab", "a=b", "a,b", "a b", "a" * 21, "root-of-minio")),
        (OURS, {"wandb_s3_secret_key": "7letter"}, "a wandb_s3_secret_key of 8 to 40 printable ASCII characters (found 7)"),
        (OURS, {"wandb_s3_secret_key": "x" * 41}, "a wandb_s3_secret_key of 8 to 40 printable ASCII characters (found 41)"),
        (OURS, {"wandb_s3_secret_key": "s\u00e9cr\u00e8te-cl\u00e9"}, "a wandb_s3_secret_key of 8 to 40 printable ASCII characters"),
        (OURS, {"wandb_s3_secret_key": 12345678}, "wandb_s3_secret_key is empty"),
        *((OURS, {"bucket_policy": policy}, "bucket_policy must be") for policy in ("{'Version'", "Version=2012", [], {"Version": "2012-10-17"}, None)),
        (OURS, {"bucket_abort_incomplete_days": 7}, "MinIO removes unfinished uploads after a day by itself"),
        (OURS, {"bucket_retired_access_keys": ["wandb-local"]}, "bucket_retired_access_keys has a key that is in use, wandb-local"),
        (OURS, {"bucket_retired_access_keys": ["root-of-minio"]}, "bucket_retired_access_keys has a key that is in use"),
        (OURS, {"bucket_retire_after_hours": -1}, "bucket_retire_after_hours must be"),
        (THEIRS, {"bucket_abort_incomplete_days": -1}, "bucket_abort_incomplete_days must be"),
    ],
)
def test_each_wrong_value_is_refused_in_one_sentence_with_an_example(site, variables, words):
    (said,) = refused(**{**site, **variables})
    assert words in said and said.count("for example") == 1
    assert OURS["wandb_s3_secret_key"] not in said


def test_role_and_module_take_the_same_names():
    assert trusted("bucket/vars/main.yml")["_bucket_name"] == _s3.BUCKET_NAME


def test_all_that_is_wrong_is_told_at_once():
    assert len(refused(**{**OURS, "wandb_s3_bucket": "B", "wandb_s3_region": "us-east1", "wandb_s3_access_key": "a=b"})) == 3
