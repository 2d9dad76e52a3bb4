#!/usr/bin/python
# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: firewall_ports
short_description: Let TCP ports in through the firewall that a host runs
version_added: 0.1.0
author: The baremetal.wandb authors (!UNKNOWN)
description:
  - Opens TCP ports for certain sources in firewalld, ufw or nftables, whichever runs (asked in this order), at once and after a reboot.
  - Switches no firewall on or off, and touches no rule but those that it made itself. Its own rules that are no longer in O(ports) are removed.
  - With firewalld it keeps rich rules, running and permanent, in the zones that are bound to an interface or to sources and in the default zone, save
    zones that accept all, and zones of mere sources that refuse all. Rich rules carry no comment, so its own are known by their priority, a positive
    number that is made of O(comment); rules of yours that refuse somebody go before them.
  - With ufw a rule of yours for the same port and source is kept as it is; one that refuses it is warned of.
  - With nftables it inserts the rules at the head of each chain at the hook input that drops or rejects what no rule names. They are kept in a file
    in C(/etc/baremetal-wandb/nftables), for which it adds one line C(include) to the end of the file that C(nftables.service) reads. Where no chain shuts
    anything there is nothing to open and nothing changes. A chain that iptables keeps is refused.
  - Ports of containers that Docker publishes are forwarded and not let in, so rules for them have no effect; those of Podman are let in.
options:
  ports:
    description: The ports that shall be open, all that O(comment) stands for. Without any, the rules with this comment are removed.
    type: list
    elements: dict
    required: true
    suboptions:
      port:
        description: TCP port.
        type: int
        required: true
      sources:
        description: IP addresses and networks from which it is open, for example V(10.0.0.12) or V(10.0.0.0/24), or V(any) for everybody.
        type: list
        elements: str
        required: true
  comment:
    description: Marks the rules as those of this task, for example V(baremetal.wandb mysql). Each task that runs on a host needs one of its own.
    type: str
    required: true
attributes:
  check_mode:
    support: full
    description: Nothing is changed, and the result tells what would be.
  diff_mode:
    support: full
    description: Shows the rules and files that differ before and after.
"""

EXAMPLES = r"""
- name: Open MySQL for two hosts
  baremetal.wandb.firewall_ports:
    comment: baremetal.wandb mysql
    ports:
      - port: 3306
        sources: [10.0.0.11, 10.0.0.12]

- name: Open the proxy for everybody
  baremetal.wandb.firewall_ports:
    comment: baremetal.wandb nginx
    ports:
      - {port: 80, sources: [any]}
      - {port: 443, sources: [any]}

- name: Remove what was opened for MySQL
  baremetal.wandb.firewall_ports:
    comment: baremetal.wandb mysql
    ports: []
"""

RETURN = r"""
firewall:
  description: The firewall that runs, V(firewalld), V(ufw) or V(nftables).
  returned: success
  type: str
  sample: ufw
msg:
  description: Says when there is nothing to open, since no chain of nftables shuts a port; else empty.
  returned: success
  type: str
  sample: ""
changes:
  description: The differences that were found.
  returned: success
  type: list
  elements: dict
  contains:
    how:
      description: V(add) or V(remove) for a rule, V(write) for a file.
      type: str
      returned: always
      sample: add
    where:
      description: The zone of firewalld, V(ufw), the chain of nftables, or the path of the file.
      type: str
      returned: always
      sample: inet filter input
    rule:
      description: The rule in the words of that firewall, or the lines of the file.
      type: str
      returned: always
      sample: ip saddr 10.0.0.11 tcp dport 3306 accept
  sample:
    - how: add
      where: ufw
      rule: allow from 10.0.0.11 to any port 3306 proto tcp
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.baremetal.wandb.plugins.module_utils import _firewall_ports


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "ports": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "port": {"type": "int", "required": True},
                    "sources": {"type": "list", "elements": "str", "required": True},
                },
            },
            "comment": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    _firewall_ports.run(module)


if __name__ == "__main__":
    main()
