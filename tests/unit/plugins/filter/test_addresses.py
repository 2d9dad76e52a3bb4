# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.wandb.plugins.filter.addresses import addresses

HOSTVARS = {
    "minio1": {"wandb_address": "10.0.0.21", "ansible_host": "203.0.113.21"},
    "minio2": {"wandb_address": "", "ansible_host": "203.0.113.22"},
    "minio3": {},
}


def test_data_network_first_then_ansible_host_then_the_name_in_the_order_given():
    assert addresses(["minio3", "minio1", "minio2"], HOSTVARS) == ["minio3", "10.0.0.21", "203.0.113.22"]


def test_no_hosts_no_addresses():
    assert addresses([], HOSTVARS) == []


def test_a_name_in_place_of_a_list_is_refused():
    with pytest.raises(AnsibleFilterError, match="takes a list of host names"):
        addresses("minio1", HOSTVARS)


def test_an_unknown_host_is_named():
    with pytest.raises(AnsibleFilterError, match="no host 'minio9'"):
        addresses(["minio1", "minio9"], HOSTVARS)
