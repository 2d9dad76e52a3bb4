# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: addresses
short_description: Addresses of hosts on the data network
version_added: 0.1.0
author: The baremetal.wandb authors
description:
  - Turns inventory names into the addresses by which the hosts reach each other, in the same order.
  - The address of a host is its variable C(wandb_address), else C(ansible_host), else its name in the inventory.
positional: hostvars
options:
  _input:
    description: Names of hosts, for example C(groups['wandb_minio']).
    type: list
    elements: string
    required: true
  hostvars:
    description: The variable C(hostvars).
    type: dictionary
    required: true
"""

EXAMPLES = r"""
- name: Show where the MinIO nodes listen
  ansible.builtin.debug:
    msg: "{{ groups['wandb_minio'] | baremetal.wandb.addresses(hostvars) }}"
"""

RETURN = r"""
_value:
  description: One address for each host, a name or an IP address.
  type: list
  elements: string
  sample: ["10.0.0.21", "10.0.0.22"]
"""

import typing as t

from ansible.errors import AnsibleFilterError


def addresses(hosts: t.Sequence[str], hostvars: t.Mapping[str, t.Mapping[str, t.Any]]) -> list[str]:
    if isinstance(hosts, (str, bytes)) or not isinstance(hosts, t.Sequence):
        raise AnsibleFilterError("addresses takes a list of host names, for example groups['wandb_minio'], not %r" % (hosts,))
    return [_address(host, hostvars) for host in hosts]


def _address(host: str, hostvars: t.Mapping[str, t.Mapping[str, t.Any]]) -> str:
    if host not in hostvars:
        raise AnsibleFilterError("addresses: the inventory has no host %r" % host)
    variables = hostvars[host]
    return str(variables.get("wandb_address") or variables.get("ansible_host") or host)


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"addresses": addresses}
