# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.wandb.plugins.filter.erasure_layout import FilterModule

erasure_layout = FilterModule().filters()["erasure_layout"]


@pytest.mark.parametrize(
    "nodes, drives, set_size, sets, parity, read, write, lost_read, lost_write",
    [
        (1, 1, 1, 1, 0, 1, 1, 0, 0),
        (1, 4, 4, 1, 2, 2, 3, 0, 0),
        (2, 1, 2, 1, 1, 1, 2, 1, 0),
        (3, 1, 3, 1, 1, 2, 2, 1, 1),
        (4, 1, 4, 1, 2, 2, 3, 2, 1),
        (4, 2, 8, 1, 4, 4, 5, 2, 1),
        (4, 4, 16, 1, 4, 12, 12, 1, 1),
        (6, 2, 12, 1, 4, 8, 8, 2, 2),
        # 9 divides 18 as well, but does not spread over 2 nodes.
        (2, 9, 6, 3, 3, 3, 4, 1, 0),
        (32, 1, 16, 2, 4, 12, 12, 4, 4),
    ],
)
def test_layout(nodes, drives, set_size, sets, parity, read, write, lost_read, lost_write):
    assert erasure_layout(nodes, drives) == {
        "drives": nodes * drives,
        "sets": sets,
        "set_size": set_size,
        "parity": parity,
        "read_quorum": read,
        "write_quorum": write,
        "nodes_lost_read": lost_read,
        "nodes_lost_write": lost_write,
    }


@pytest.mark.parametrize("nodes, drives", [(1, 17), (17, 1), (19, 2)])
def test_drives_that_form_no_set(nodes, drives):
    with pytest.raises(AnsibleFilterError, match="form no erasure set.*minio_drives, for example 4"):
        erasure_layout(nodes, drives)


@pytest.mark.parametrize("nodes, drives, name", [(0, 1, "nodes"), (4, 0, "drives_per_node"), ("4", 1, "nodes"), (True, 1, "nodes")])
def test_numbers_that_are_none(nodes, drives, name):
    with pytest.raises(AnsibleFilterError, match="%s must be a number from 1 on" % name):
        erasure_layout(nodes, drives)
