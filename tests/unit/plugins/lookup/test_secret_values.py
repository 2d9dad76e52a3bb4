# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which values of an inventory are secrets."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleUndefinedVariable
from ansible_collections.baremetal.wandb.plugins.lookup.secret_values import LookupModule, secrets_in


@pytest.mark.parametrize(
    ("name", "value", "secrets"),
    [
        ("wandb_mysql_password", "p", ["p"]),
        ("vault_wandb_s3_secret_key", "s", ["s"]),
        ("wandb_license", "l", ["l"]),
        ("wandb_api_key", "", []),
        ("server_environment", {"GLOBAL_ADMIN_API_KEY": "k", "GORILLA_INSECURE_ALLOW_API_KEY_ADMIN_ACCESS": "true", "X": "y"}, ["k"]),
        ("server_settings", {"redis": "redis://u:p%40w@h", "local_ldap_bind_pw": "b", "session_length": 24}, ["p%40w", "p@w", "b"]),
        ("bucket_policies", [{"name": "a", "secret_key": ["x", "z"]}], ["x", "z"]),
        ("wandb_s3_access_key", "wandb-local", []),
        ("minio_license_file", "/srv/minio.license", []),
        ("mysql_password_rotation", "retain", []),
        ("wandb_mysql_certificate", True, []),
        ("wandb_url", "https://wandb.example.com", []),
    ],
)
def test_secrets_of_a_variable(name, value, secrets):
    assert list(secrets_in(name, value)) == secrets


class Host(dict):
    def __getitem__(self, name):
        if name == "broken_password":
            raise AnsibleUndefinedVariable("vault_x is undefined")
        return super().__getitem__(name)


def test_those_of_all_hosts_once():
    hosts = {"a": Host(wandb_mysql_password="p", broken_password="{{ vault_x }}"), "b": Host(wandb_mysql_password="p", wandb_license="l")}
    assert LookupModule(None, None).run([], {"hostvars": hosts}) == ["p", "l"]
