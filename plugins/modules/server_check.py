#!/usr/bin/python

# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: server_check
short_description: Prove the container of W&B Server on its own host
version_added: 0.1.0
description:
  - Looks at the unit C(wandb-local.service) that the role P(baremetal.wandb.server#role) makes, and returns one record per fact.
  - C(server.environment), whether the file of the container's environment says what it should; C(server.running), whether systemd runs it;
    C(server.healthz) and C(server.ready), what it answers without a proxy in between.
  - A record that fails quotes the newest line of the container's log that says what is wrong, with advice where its cause is a known one.
  - It needs nothing but Python and root, and writes nothing.
options:
  url:
    description: Where the container answers on this host, for example V(http://127.0.0.1:8080).
    type: str
    required: true
  environment_file:
    description: File with a line C(NAME=VALUE) for each variable of the container.
    type: path
    default: /etc/default/wandb-local
  environment:
    description: Variables that the file must have, and their values. What else it has is not looked at.
    type: dict
    default: {}
  secrets:
    description:
      - The same for variables with values that must not be shown, for example C(MYSQL), C(BUCKET) and C(LICENSE).
    type: dict
    default: {}
  masked:
    description: Strings that must not be shown with a line of the log, for example a password as it stands in a URL.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - baremetal.wandb.check
author:
  - The baremetal.wandb authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Prove the container
  baremetal.wandb.server_check:
    url: http://127.0.0.1:8080
    environment:
      HOST: https://wandb.example.com
    secrets:
      LICENSE: "{{ wandb_license }}"
"""

RETURN = r"""
checks:
  description: One record for each check, in the order in which they ran.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: Stable name of the check.
      type: str
      sample: server.ready
    title:
      description: What the check proves.
      type: str
      sample: W&B is ready on its own host
    status:
      description: V(pass), V(warn), V(fail) or V(skip).
      type: str
      sample: fail
    expected:
      description: What should be there.
      type: raw
      sample: 200 from http://127.0.0.1:8080/ready
    found:
      description: What was there.
      type: raw
      sample: "503; its log says: fatal: dial tcp 192.0.2.10:3306: connect: connection refused"
    advice:
      description: What to do about it.
      type: str
      sample: "nothing listens there: start the service whose address the line has, then W&B goes on by itself"
    seconds:
      description: How long the check took.
      type: float
      sample: 0.012
summary:
  description: How many records have each status.
  returned: always
  type: dict
  sample: {pass: 3, warn: 0, fail: 1, skip: 0}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.baremetal.wandb.plugins.module_utils import _check
from ansible_collections.baremetal.wandb.plugins.module_utils._server_check import Server, check


def main():
    module = AnsibleModule(
        argument_spec=dict(
            url=dict(type="str", required=True),
            environment_file=dict(type="path", default="/etc/default/wandb-local"),
            environment=dict(type="dict", default={}),
            secrets=dict(type="dict", default={}, no_log=True),
            masked=dict(type="list", elements="str", default=[], no_log=True),
            **_check.ARGUMENTS,
        ),
        supports_check_mode=True,
    )
    params = module.params
    server = Server(
        params["url"],
        params["environment_file"],
        {name: str(value) for name, value in {**params["environment"], **params["secrets"]}.items()},
        lambda words: module.run_command(list(words), check_rc=True)[1],
    )
    _check.run(module, check, server)


if __name__ == "__main__":
    main()
