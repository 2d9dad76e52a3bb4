# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: erasure_layout
short_description: Tell what MinIO makes of a number of nodes and drives
version_added: 0.1.0
author: The baremetal.wandb authors
description:
  - Computes the erasure sets that MinIO forms at its first start and keeps for ever, and what they survive.
  - A set has 2 to 16 drives. MinIO takes the greatest size that divides all drives and spreads evenly over the nodes.
  - Parity is MinIO's default for the size of the set - none for 1 drive, 1 for 2 and 3, 2 for 4 and 5, 3 for 6 and 7, 4 from 8 on.
  - Fails with one sentence when the drives form no such set, for example 17 on one node.
positional: drives_per_node
options:
  _input:
    description: Number of nodes.
    type: integer
    required: true
  drives_per_node:
    description: Number of drives in each node.
    type: integer
    required: true
"""

EXAMPLES = r"""
- name: Refuse a layout in which one lost node stops writes
  ansible.builtin.assert:
    that: layout.nodes_lost_write >= 1
    fail_msg: "MinIO needs {{ layout.write_quorum }} of {{ layout.set_size }} drives of a set to write."
  vars:
    layout: "{{ groups['wandb_minio'] | length | baremetal.wandb.erasure_layout(minio_drives | length) }}"
"""

RETURN = r"""
_value:
  description:
    - The layout. C(drives) is their number in all, C(sets) that of erasure sets, C(set_size) the drives of one set, C(parity) those of them
      that hold parity.
    - C(read_quorum) and C(write_quorum) are the drives of one set that must be there.
    - C(nodes_lost_read) and C(nodes_lost_write) are the nodes that may be lost, whichever they are, while reads and writes still work.
  type: dictionary
  sample:
    drives: 8
    sets: 1
    set_size: 8
    parity: 4
    read_quorum: 4
    write_quorum: 5
    nodes_lost_read: 2
    nodes_lost_write: 1
"""

import typing as t

from ansible.errors import AnsibleFilterError

# cmd/endpoint-ellipses.go of MinIO.
SET_SIZES = range(16, 1, -1)


def default_parity(set_size: int) -> int:
    """Drives of a set that hold parity (DefaultParityBlocks in internal/config/storageclass of MinIO)."""
    if set_size == 1:
        return 0
    return 1 if set_size <= 3 else 2 if set_size <= 5 else 3 if set_size <= 7 else 4


def erasure_layout(nodes: int, drives_per_node: int) -> dict[str, int]:
    for name, value in (("nodes", nodes), ("drives_per_node", drives_per_node)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise AnsibleFilterError("erasure_layout: %s must be a number from 1 on, for example 4, not %r." % (name, value))
    drives = nodes * drives_per_node
    if drives == 1:
        set_size = 1
    else:
        even = (size for size in SET_SIZES if drives % size == 0 and (size % nodes == 0 or nodes % size == 0))
        set_size = next(even, 0)
    if not set_size:
        raise AnsibleFilterError(
            "erasure_layout: %d nodes with %d drives each form no erasure set: a set has 2 to 16 drives, must divide all %d and spread evenly "
            "over the nodes; give each node another number of drives in minio_drives, for example 4." % (nodes, drives_per_node, drives)
        )
    parity = default_parity(set_size)
    read_quorum = set_size - parity
    # Half the drives could be written twice, differently; then one more decides.
    write_quorum = read_quorum + 1 if read_quorum == parity else read_quorum
    of_a_node = max(1, set_size // nodes)
    return {
        "drives": drives,
        "sets": drives // set_size,
        "set_size": set_size,
        "parity": parity,
        "read_quorum": read_quorum,
        "write_quorum": write_quorum,
        "nodes_lost_read": (set_size - read_quorum) // of_a_node,
        "nodes_lost_write": (set_size - write_quorum) // of_a_node,
    }


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"erasure_layout": erasure_layout}
