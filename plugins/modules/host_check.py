#!/usr/bin/python
# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_check
short_description: Prove that a host can carry a part of W&B Server
version_added: 0.1.0
author: The baremetal.wandb authors (!UNKNOWN)
description:
  - Checks system, architecture, size, clock, names and ports of the host on which it runs, before anything is installed there.
  - Changes nothing and needs nothing but the system's Python.
extends_documentation_fragment:
  - baremetal.wandb.check
options:
  architectures:
    description: Processor architectures that can run what is to be installed, as packages name them. Empty takes any.
    type: list
    elements: str
    default: []
  cores:
    description:
      - Processor cores that the host should have. Less is a warning.
      - The installation guide of W&B asks for 4 on the application host and 4 on the database host.
    type: int
    default: 0
  memory_gib:
    description:
      - Memory in GiB that the host should have. More than a tenth less is a warning.
      - The installation guide of W&B asks for 8 on the application host and 32 on the database host.
    type: float
    default: 0
  disk_gb:
    description:
      - Size in GB (10^9 bytes) of the file system at O(disk_path). More than a tenth less is a warning.
      - The installation guide of W&B asks for 100 on the application host and 1000 on the database host.
    type: float
    default: 0
  disk_path:
    description: Absolute path whose file system O(disk_gb) is about. It need not exist yet.
    type: str
    default: /
  network_gbps:
    description:
      - Speed in Gb/s that the network card should have through which O(address) is reached. Less is a warning.
      - It is skipped where the kernel does not know the speed, as of most virtual cards. Of bonded cards the kernel tells the sum.
      - The installation guide of W&B asks for two cards of 10 on the application host and on the database host.
    type: float
    default: 0
  address:
    description: Address of the host on the network that O(network_gbps) is about, or a name of it. Without one it is the network of the default route.
    type: str
    default: ""
  names:
    description: Host names that must resolve on the host, such as the public names of the site.
    type: list
    elements: str
    default: []
  ports:
    description: TCP ports that must be free, or held only by the processes that should hold them.
    type: list
    elements: dict
    default: []
    suboptions:
      port:
        description: The TCP port.
        type: int
        required: true
      used_by:
        description: Names of processes that may hold it, as C(/proc/PID/comm) has them. A process whose name cannot be seen is none of them.
        type: list
        elements: str
        default: []
"""

EXAMPLES = r"""
- name: Prove the application host
  baremetal.wandb.host_check:
    architectures: [amd64]
    cores: 4
    memory_gib: 8
    disk_gb: 100
    disk_path: /var/lib/docker
    network_gbps: 10
    address: 192.0.2.11
    names: [wandb.example.com, s3.example.com]
    ports:
      - port: 8080
        used_by: [docker-proxy, conmon]
"""

RETURN = r"""
checks:
  description:
    - One record for each check, in a fixed order.
    - The ids are C(host.system), C(host.architecture), C(host.python), C(host.cores), C(host.memory), C(host.disk),
      C(host.network), C(host.clock.synchronized), C(host.names.resolve) and C(host.ports).
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: Stable name of the check.
      type: str
      returned: always
      sample: host.memory
    title:
      description: The fact that is checked.
      type: str
      returned: always
      sample: there is enough memory
    status:
      description: One of C(pass), C(warn), C(fail) and C(skip).
      type: str
      returned: always
      sample: warn
    expected:
      description: What should have been found.
      type: raw
      returned: always
      sample: at least 32 GiB
    found:
      description: What was found.
      type: raw
      returned: always
      sample: 15.6 GiB
    advice:
      description: What to do about it. Empty when the check passed.
      type: str
      returned: always
      sample: give the host 32 GiB of memory, which the guide of W&B asks for
    seconds:
      description: How long the check took.
      type: float
      returned: always
      sample: 0.001
  sample:
    - id: host.memory
      title: there is enough memory
      status: pass
      expected: at least 8 GiB
      found: 15.6 GiB
      advice: ""
      seconds: 0.001
summary:
  description: How many checks have each status.
  returned: always
  type: dict
  sample: {pass: 8, warn: 0, fail: 0, skip: 1}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.baremetal.wandb.plugins.module_utils import _check, _host_check

PORT = {
    "port": {"type": "int", "required": True},
    "used_by": {"type": "list", "elements": "str", "default": []},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **_check.ARGUMENTS,
            "architectures": {"type": "list", "elements": "str", "default": []},
            "cores": {"type": "int", "default": 0},
            "memory_gib": {"type": "float", "default": 0},
            "disk_gb": {"type": "float", "default": 0},
            "disk_path": {"type": "str", "default": "/"},
            "network_gbps": {"type": "float", "default": 0},
            "address": {"type": "str", "default": ""},
            "names": {"type": "list", "elements": "str", "default": []},
            "ports": {"type": "list", "elements": "dict", "default": [], "options": PORT},
        },
        supports_check_mode=True,
    )
    _host_check.run(module)


if __name__ == "__main__":
    main()
