# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.wandb.plugins.filter.erasure_layout import FilterModule

erasure_layout = FilterModule().filters()["erasure_layout"]


@pytest.mark.parametrize(
    ("nodes", "drives", "own_parity", "set_size", "sets", "parity", "read", "write", "lost_read", "lost_write"),
    [
        (1, 1, 0, 1, 1, 0, 1, 1, 0, 0),
        (1, 4, 0, 4, 1, 2, 2, 3, 0, 0),
        (2, 1, 0, 2, 1, 1, 1, 2, 1, 0),
        (3, 1, 0, 3, 1, 1, 2, 2, 1, 1),
        (4, 1, 0, 4, 1, 2, 2, 3, 2, 1),
        (4, 2, 0, 8, 1, 4, 4, 5, 2, 1),
        (4, 4, 0, 16, 1, 4, 12, 12, 1, 1),
        (4, 4, 8, 16, 1, 8, 8, 9, 2, 1),
        (4, 4, 2, 16, 1, 2, 14, 14, 0, 0),
        (6, 2, 0, 12, 1, 4, 8, 8, 2, 2),
        # 9 divides 18 as well, but does not spread over 2 nodes.
        (2, 9, 0, 6, 3, 3, 3, 4, 1, 0),
        (32, 1, 0, 16, 2, 4, 12, 12, 4, 4),
        # Several pools: the one with fewer nodes decides.
        ([4, 4], 2, 0, 8, 2, 4, 4, 5, 2, 1),
        ([4, 8], 2, 0, 8, 3, 4, 4, 5, 2, 1),
    ],
)
def test_layout(nodes, drives, own_parity, set_size, sets, parity, read, write, lost_read, lost_write):
    all_nodes = sum(nodes) if isinstance(nodes, list) else nodes
    assert erasure_layout(nodes, drives, own_parity, 1000) == {
        "refusal": "",
        "drives": all_nodes * drives,
        "sets": sets,
        "set_size": set_size,
        "parity": parity,
        "read_quorum": read,
        "write_quorum": write,
        "nodes_lost_read": lost_read,
        "nodes_lost_write": lost_write,
        "drives_lost_read": set_size - read,
        "drives_lost_write": set_size - write,
        "raw_bytes": all_nodes * drives * 1000,
        "usable_bytes": all_nodes * drives * 1000 * (set_size - parity) // set_size,
    }


def test_each_pool_may_have_drives_of_its_own_size():
    found = erasure_layout([4, 4], 2, 0, [1000, 3000])
    assert (found["raw_bytes"], found["usable_bytes"]) == (32000, 16000)


def refusal(*layout):
    found = erasure_layout(*layout)
    assert set(found.values()) == {found["refusal"], 0}
    assert found["refusal"].count("for example") == 1
    return found["refusal"]


def test_a_pool_that_forms_no_sets_of_the_size_of_the_first():
    said = refusal([8, 4], 2)
    assert said.startswith("Pool 2 of minio_pools, 4 nodes with 2 drives each, forms no erasure sets of 16 drives") and said.endswith("for example 8.")


@pytest.mark.parametrize(("nodes", "drives", "parity", "most"), [(4, 2, 5, 4), (4, 2, 9, 4), (4, 2, -1, 4), (3, 1, 2, 1), (1, 1, 1, 0)])
def test_parity_that_a_set_cannot_have(nodes, drives, parity, most):
    said = refusal(nodes, drives, parity)
    assert said.startswith(f"minio_parity is {parity}, ") and f" 0 to {most} can hold parity; for example minio_parity: 0" in said


@pytest.mark.parametrize("nodes, drives", [(1, 17), (17, 1), (19, 2)])
def test_drives_that_form_no_set(nodes, drives):
    assert refusal(nodes, drives).startswith(f"{nodes} nodes with {drives} drives each form no erasure set: ")


@pytest.mark.parametrize("nodes, drives, name", [(0, 1, "nodes"), (4, 0, "drives_per_node"), ("4", 1, "nodes"), (True, 1, "nodes"), ([4, 0], 1, "nodes")])
def test_numbers_that_are_none(nodes, drives, name):
    with pytest.raises(AnsibleFilterError, match="%s must be a number from 1 on" % name):
        erasure_layout(nodes, drives)
