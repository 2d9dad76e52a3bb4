# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import re

import pytest
from ansible_collections.baremetal.wandb.plugins.filter.minio_volumes import FilterModule, ellipses

minio_volumes = FilterModule().filters()["minio_volumes"]
TWO = ["/mnt/disk1", "/mnt/disk2"]


def expanded(pattern: str) -> list[str]:
    """What MinIO makes of a pattern (argExpander in pkg/v3/ellipses): the last ellipsis is the outermost loop."""
    parts = re.split(r"\{(\d+)\.\.\.(\d+)\}", pattern)
    texts, first, last = parts[::3], parts[1::3], parts[2::3]
    padded = [len(start) > 1 and start.startswith("0") or end.startswith("0") for start, end in zip(first, last)]
    ranges = [[str(n).zfill(len(end) * pad) for n in range(int(start), int(end) + 1)] for start, end, pad in zip(first, last, padded)]
    found = []
    for numbers in itertools.product(*reversed(ranges)):
        found.append("".join(itertools.chain(*zip(texts, [*reversed(numbers), ""]))))
    return found


@pytest.mark.parametrize(
    ("names", "pattern"),
    [
        (["minio1", "minio2", "minio3", "minio4"], "minio{1...4}"),
        (["10.0.0.9", "10.0.0.10", "10.0.0.11"], "10.0.0.{9...11}"),
        (["10.0.0.21", "10.0.0.22"], "10.0.0.{21...22}"),
        (["10.0.0.119", "10.0.0.120"], "10.0.0.{119...120}"),
        (["disk01", "disk02", "disk03"], "disk{01...03}"),
        (["disk009", "disk010"], "disk{009...010}"),
        (["/mnt/disk1/minio", "/mnt/disk2/minio"], "/mnt/disk{1...2}/minio"),
        (["s1.example.com", "s2.example.com"], "s{1...2}.example.com"),
        (["one"], "one"),
        # No sequence, or one that expands to other names.
        (["minio1", "minio3"], ""),
        (["minio2", "minio1"], ""),
        (["minio1", "minio1"], ""),
        (["disk9", "disk010"], ""),
        (["disk09", "disk10", "disk011"], ""),
        (["10.0.0.21", "10.0.1.22"], ""),
        (["a1b1", "a2b2"], ""),
        (["alpha", "beta"], ""),
    ],
)
def test_a_sequence_as_one_pattern(names, pattern):
    assert ellipses(names) == pattern
    assert not pattern or expanded(pattern) == names


def test_one_pool_is_listed_with_nodes_varying_fastest():
    volumes = minio_volumes([["left", "right"]], TWO)["volumes"]
    assert volumes == "http://left:9000/mnt/disk1 http://right:9000/mnt/disk1 http://left:9000/mnt/disk2 http://right:9000/mnt/disk2"
    assert minio_volumes([["left"]], TWO) == {"volumes": "/mnt/disk1 /mnt/disk2", "patterns": ["http://left:9000/mnt/disk{1...2}"], "refusal": ""}


def test_the_pattern_of_a_pool_expands_to_its_list():
    found = minio_volumes([["minio1", "minio2", "minio3"]], TWO, 9100, "https")
    assert expanded(found["patterns"][0]) == found["volumes"].split()
    assert found["patterns"] == ["https://minio{1...3}:9100/mnt/disk{1...2}"]


def test_several_pools_are_patterns():
    found = minio_volumes([["10.0.0.21", "10.0.0.22"], ["10.0.0.31", "10.0.0.32"]], TWO)
    assert found["volumes"] == "http://10.0.0.{21...22}:9000/mnt/disk{1...2} http://10.0.0.{31...32}:9000/mnt/disk{1...2}"
    assert minio_volumes([["a"], ["b"]], TWO)["volumes"] == "http://a:9000/mnt/disk{1...2} http://b:9000/mnt/disk{1...2}"


@pytest.mark.parametrize(
    ("pools", "drives", "words"),
    [
        ([["minio1", "minio2"], ["minio5", "minio7"]], TWO, "Pool 2 of minio_pools, the nodes minio5, minio7"),
        ([["left", "right"], ["minio5", "minio6"]], TWO, "Pool 1 of minio_pools.*no other can join it"),
        ([["minio1", "minio2"], ["minio5", "minio6"]], ["/mnt/a", "/mnt/b"], "with the drives /mnt/a, /mnt/b"),
        ([["a"], ["b"]], ["/mnt/disk1"], "Pool 1 of minio_pools"),
    ],
)
def test_a_pool_that_is_no_pattern(pools, drives, words):
    said = minio_volumes(pools, drives)["refusal"]
    assert re.search(words, said) and said.count("for example") == 1


def test_a_single_pool_that_none_can_join_says_so():
    assert minio_volumes([["left", "right"]], TWO)["patterns"] == [""]
    assert minio_volumes([["left"]], ["/mnt/disk1"])["patterns"] == [""]
