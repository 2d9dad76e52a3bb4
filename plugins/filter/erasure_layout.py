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
  - Further pools of nodes take the size of the first one's sets, since parity is one for all of them.
  - Parity is MinIO's default for the size of the set - none for 1 drive, 1 for 2 and 3, 2 for 4 and 5, 3 for 6 and 7, 4 from 8 on.
  - When the drives form no such set, for example 17 on one node, or the parity is none that a set can have, RV(_value) says why in C(refusal).
positional: drives_per_node, parity, drive_bytes
options:
  _input:
    description: Number of nodes, or a list of the numbers of nodes of each pool.
    type: raw
    required: true
  drives_per_node:
    description: Number of drives in each node.
    type: integer
    required: true
  parity:
    description: Drives of a set that hold parity, at most half of them; 0 takes MinIO's default.
    type: integer
    default: 0
  drive_bytes:
    description: Size of a drive, or a list of the sizes of the drives of each pool; of different ones the smallest.
    type: raw
    default: 0
"""

EXAMPLES = r"""
- name: Refuse a layout in which one lost node stops writes
  ansible.builtin.assert:
    that: layout.nodes_lost_write >= 1
    fail_msg: "{{ layout.refusal or 'MinIO needs ' ~ layout.write_quorum ~ ' of the ' ~ layout.set_size ~ ' drives of a set to write.' }}"
  vars:
    layout: "{{ groups['wandb_minio'] | length | baremetal.wandb.erasure_layout(minio_drives | length) }}"

- name: Say what a second pool of four nodes adds
  ansible.builtin.debug:
    msg: "{{ ([4, 4] | baremetal.wandb.erasure_layout(2, drive_bytes=4000787030016)).usable_bytes | human_readable }}"
"""

RETURN = r"""
_value:
  description:
    - The layout. C(refusal) is a sentence that says why MinIO would not start with it, and empty when it would. The figures are 0 beside a sentence.
    - C(drives) is their number in all, C(sets) that of erasure sets, C(set_size) the drives of one set, C(parity) those of them
      that hold parity.
    - C(read_quorum) and C(write_quorum) are the drives of one set that must be there.
    - C(nodes_lost_read) and C(nodes_lost_write) are the nodes that may be lost, whichever they are, while reads and writes still work;
      C(drives_lost_read) and C(drives_lost_write) the drives.
    - C(raw_bytes) is the size of all drives, C(usable_bytes) what is left of it without parity.
  type: dictionary
  sample:
    refusal: ""
    drives: 8
    sets: 1
    set_size: 8
    parity: 4
    read_quorum: 4
    write_quorum: 5
    nodes_lost_read: 2
    nodes_lost_write: 1
    drives_lost_read: 4
    drives_lost_write: 3
    raw_bytes: 32006296240128
    usable_bytes: 16003148120064
"""

import typing as t

from ansible.errors import AnsibleFilterError

# cmd/endpoint-ellipses.go of MinIO.
SET_SIZES = range(16, 1, -1)
FIGURES = (
    "drives",
    "sets",
    "set_size",
    "parity",
    "read_quorum",
    "write_quorum",
    "nodes_lost_read",
    "nodes_lost_write",
    "drives_lost_read",
    "drives_lost_write",
    "raw_bytes",
    "usable_bytes",
)


def default_parity(set_size: int) -> int:
    """Drives of a set that hold parity (DefaultParityBlocks in internal/config/storageclass of MinIO)."""
    if set_size == 1:
        return 0
    return 1 if set_size <= 3 else 2 if set_size <= 5 else 3 if set_size <= 7 else 4


def spreads(nodes: int, drives_per_node: int, set_size: int) -> bool:
    """Whether sets of that size take in all drives, and as many of each node."""
    return nodes * drives_per_node % set_size == 0 and (set_size % nodes == 0 or nodes % set_size == 0)


def number(name: str, value: t.Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise AnsibleFilterError("erasure_layout: %s must be a number from 1 on, for example 4, not %r." % (name, value))


def refusal(pools: list[int], drives_per_node: int, parity: int, set_size: int) -> str:
    """Why MinIO would not start with the layout, as a sentence; nothing when it would."""
    if not set_size:
        return (
            "%d nodes with %d drives each form no erasure set: a set has 2 to 16 drives, must divide all %d and spread evenly "
            "over the nodes; give each node another number of drives in minio_drives, for example 4."
        ) % (pools[0], drives_per_node, pools[0] * drives_per_node)
    for place, pool in enumerate(pools[1:], 2):
        if not spreads(pool, drives_per_node, set_size):
            return (
                "Pool %d of minio_pools, %d nodes with %d drives each, forms no erasure sets of %d drives as the first pool has, since "
                "parity is one for all pools: give it another number of nodes, for example %d."
            ) % (place, pool, drives_per_node, set_size, pools[0])
    if not 0 <= parity <= set_size // 2:
        return (
            "minio_parity is %d, and of the %d drives of an erasure set 0 to %d can hold parity; for example minio_parity: 0 takes MinIO's default, %d."
        ) % (parity, set_size, set_size // 2, default_parity(set_size))
    return ""


def erasure_layout(nodes: int | list[int], drives_per_node: int, parity: int = 0, drive_bytes: int | list[int] = 0) -> dict[str, int | str]:
    pools = nodes if isinstance(nodes, list) and nodes else [nodes]
    for pool in pools:
        number("nodes", pool)
    number("drives_per_node", drives_per_node)
    sizes = drive_bytes if isinstance(drive_bytes, list) else [drive_bytes] * len(pools)
    if pools == [1] and drives_per_node == 1:
        set_size = 1
    else:
        set_size = next((size for size in SET_SIZES if spreads(pools[0], drives_per_node, size)), 0)
    refused = refusal(pools, drives_per_node, parity, set_size)
    if refused:
        return {"refusal": refused, **dict.fromkeys(FIGURES, 0)}
    parity = parity or default_parity(set_size)
    read_quorum = set_size - parity
    # Half the drives could be written twice, differently; then one more decides.
    write_quorum = read_quorum + 1 if read_quorum == parity else read_quorum
    # The most drives that one set has in one node.
    of_a_node = max(max(1, set_size // pool) for pool in pools)
    raw = sum(pool * drives_per_node * size for pool, size in zip(pools, sizes))
    figures = (
        sum(pools) * drives_per_node,
        sum(pools) * drives_per_node // set_size,
        set_size,
        parity,
        read_quorum,
        write_quorum,
        (set_size - read_quorum) // of_a_node,
        (set_size - write_quorum) // of_a_node,
        set_size - read_quorum,
        set_size - write_quorum,
        raw,
        raw * (set_size - parity) // set_size,
    )
    return {"refusal": "", **dict(zip(FIGURES, figures))}


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"erasure_layout": erasure_layout}
