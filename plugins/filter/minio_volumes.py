# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: minio_volumes
short_description: Write the nodes and drives of a MinIO cluster as its command line has them
version_added: 0.1.0
author: The baremetal.wandb authors
description:
  - One pool is listed in full, so its nodes may have any names and addresses. Nodes vary fastest, so that an erasure set spans as many as it can.
  - Of several pools MinIO reads each as one pattern, whose nodes and whose drives are numbered without a gap. It expands to the same
    order, so a pool that was listed can be written as a pattern later.
  - When one of several pools cannot be written so, RV(_value) says it in C(refusal).
positional: drives, port, scheme
options:
  _input:
    description: The pools, in the order in which they were added, each a list of the addresses of its nodes in their order.
    type: list
    elements: list
    required: true
  drives:
    description: Directories at which the drives of every node are mounted.
    type: list
    elements: string
    required: true
  port:
    description: TCP port of the S3 API.
    type: integer
    default: 9000
  scheme:
    description: Scheme of the nodes' URLs.
    type: string
    default: http
"""

EXAMPLES = r"""
- name: Show MINIO_VOLUMES of two pools
  ansible.builtin.debug:
    msg: "{{ ([['10.0.0.21', '10.0.0.22'], ['10.0.0.31', '10.0.0.32']] | baremetal.wandb.minio_volumes(['/mnt/disk1', '/mnt/disk2'])).volumes }}"
"""

RETURN = r"""
_value:
  description:
    - C(volumes) is what goes into C(MINIO_VOLUMES).
    - C(refusal) is a sentence that says why MinIO would not start with it, and empty when it would.
    - C(patterns) has each pool as one pattern, or nothing for one that cannot be written so - which another pool can never join.
  type: dictionary
  sample:
    volumes: http://10.0.0.{21...22}:9000/mnt/disk{1...2} http://10.0.0.{31...32}:9000/mnt/disk{1...2}
    refusal: ""
    patterns: ["http://10.0.0.{21...22}:9000/mnt/disk{1...2}", "http://10.0.0.{31...32}:9000/mnt/disk{1...2}"]
"""

import os
import re
import typing as t


def ellipses(names: t.Sequence[str]) -> str:
    """Names as one pattern of MinIO's that expands to them in their order, C(disk{1...4}), or nothing."""
    if len(names) == 1:
        return names[0]
    start = os.path.commonprefix(names)
    end = os.path.commonprefix([name[len(start) :][::-1] for name in names])[::-1]
    # Digits that all numbers share belong to them.
    start = start[: len(start) - len(re.findall(r"[0-9]*$", start)[0])]
    end = end[len(re.findall(r"^[0-9]*", end)[0]) :]
    numbers = [name[len(start) : len(name) - len(end)] for name in names]
    if not all(re.fullmatch("[0-9]+", number) for number in numbers):
        return ""
    first = int(numbers[0])
    # A leading zero makes MinIO pad all numbers to the length of the last.
    padded = len(numbers[0]) > 1 and numbers[0].startswith("0")
    if numbers != [str(count).zfill(len(numbers[-1]) if padded else 0) for count in range(first, first + len(names))]:
        return ""
    return "%s{%s...%s}%s" % (start, numbers[0], numbers[-1], end)


def minio_volumes(pools: list[list[str]], drives: list[str], port: int = 9000, scheme: str = "http") -> dict[str, t.Any]:
    patterns = []
    for nodes in pools:
        hosts, folders = ellipses(nodes), ellipses(drives)
        pattern = "%s://%s:%d%s" % (scheme, hosts, port, folders)
        # MinIO takes a pool without an ellipsis only when it is the whole cluster.
        patterns.append(pattern if hosts and folders and "{" in pattern else "")
    refusal = ""
    if len(pools) > 1:
        if "" in patterns:
            place = patterns.index("")
            refusal = (
                "Pool %d of minio_pools, the nodes %s with the drives %s, cannot be written as one pattern, as MinIO demands of every pool "
                "once there are several: number nodes and drives without a gap and in their order, for example wandb_address: minio5.example.com "
                "to minio8.example.com and minio_drives: [/mnt/disk1, /mnt/disk2]%s."
            ) % (
                place + 1,
                ", ".join(pools[place]),
                ", ".join(drives),
                "; the first pool keeps the order in which it was formed, so it may be that no other can join it" if place == 0 else "",
            )
        volumes = patterns
    elif len(pools[0]) > 1:
        volumes = ["%s://%s:%d%s" % (scheme, node, port, drive) for drive in drives for node in pools[0]]
    else:
        volumes = drives
    return {"volumes": " ".join(volumes), "patterns": patterns, "refusal": refusal}


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"minio_volumes": minio_volumes}
