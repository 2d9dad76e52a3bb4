#!/usr/bin/python

# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: endpoint_check
short_description: Prove that the two public names of a W&B site work from here
version_added: 0.1.0
description:
  - Looks at the W&B name and the object-store name as a client does, and returns one record per fact.
  - For each of the two names, with C(NAME) as V(wandb) or V(s3) - C(edge.NAME.resolve), C(edge.NAME.port), C(edge.NAME.addresses), C(edge.NAME.banner),
    C(edge.NAME.certificate.chain), C(edge.NAME.certificate.name), C(edge.NAME.certificate.expiry), C(edge.NAME.tls.old), C(edge.NAME.tls.current) and
    C(edge.NAME.redirect).
  - Of the W&B name - C(edge.wandb.clock), C(edge.wandb.http2) and C(edge.wandb.hsts).
  - Behind it - C(edge.wandb.upstream), C(edge.wandb.healthz), C(edge.wandb.ready), C(edge.wandb.forwarded), C(edge.wandb.latency) and
    C(edge.wandb.body), a GraphQL request as large as the largest of C(wandb verify).
  - Behind the object-store name - C(edge.s3.upstream), the answer of an S3 store to a request without a key, and C(edge.s3.body).
  - It needs nothing but Python, sends no credentials and writes nothing, so it runs on any client.
options:
  url:
    description: Public URL of W&B, for example V(https://wandb.example.com).
    type: str
    required: true
  s3_url:
    description: Public URL of the object store, for example V(https://s3.example.com).
    type: str
    required: true
  s3_external:
    description:
      - Whether the object store is somebody else's, without a proxy of this site before it.
      - What it answers in the clear on port 80, and that it hangs up on a large body without a key, are then warnings.
    type: bool
    default: false
  ca_file:
    description:
      - File on this host with the certificate of a private CA (PEM), trusted in addition to the system's.
      - Leave it out when the certificates come from a public CA.
    type: path
  warn_days:
    description: Warn when a certificate expires in fewer days than this.
    type: int
    default: 30
  fail_days:
    description: Fail when a certificate expires in fewer days than this.
    type: int
    default: 7
  timeout:
    description: How long each step of a connection may take, in seconds.
    type: int
    default: 10
extends_documentation_fragment:
  - baremetal.wandb.check
author:
  - The baremetal.wandb authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Prove the public names from a client
  baremetal.wandb.endpoint_check:
    url: https://wandb.example.com
    s3_url: https://s3.example.com
    ca_file: /etc/ssl/baremetal-wandb/ca.crt

- name: Report the certificates only, and never fail
  baremetal.wandb.endpoint_check:
    url: https://wandb.example.com
    s3_url: https://s3.example.com
    only: [edge.*.certificate.*, edge.*.port, edge.*.resolve]
    fail_on: never
  register: certificates
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
      sample: edge.wandb.port
    title:
      description: What the check proves.
      type: str
      sample: the W&B name accepts connections
    status:
      description: V(pass), V(warn), V(fail) or V(skip).
      type: str
      sample: fail
    expected:
      description: What should be there.
      type: raw
      sample: a connection to wandb.example.com:443
    found:
      description: What was there.
      type: raw
      sample: connection refused
    advice:
      description: What to do about it.
      type: str
      sample: "nginx does not listen on 192.0.2.10:443: start nginx on the wandb_proxy host (systemctl status nginx), or open the port in its firewall"
    seconds:
      description: How long the check took.
      type: float
      sample: 0.002
summary:
  description: How many records have each status.
  returned: always
  type: dict
  sample: {pass: 30, warn: 0, fail: 1, skip: 0}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.baremetal.wandb.plugins.module_utils import _check
from ansible_collections.baremetal.wandb.plugins.module_utils._endpoint import Site, check
from ansible_collections.baremetal.wandb.plugins.module_utils._endpoint_http import Endpoint


def main():
    module = AnsibleModule(
        argument_spec=dict(
            url=dict(type="str", required=True),
            s3_url=dict(type="str", required=True),
            s3_external=dict(type="bool", default=False),
            ca_file=dict(type="path"),
            warn_days=dict(type="int", default=30),
            fail_days=dict(type="int", default=7),
            timeout=dict(type="int", default=10),
            **_check.ARGUMENTS,
        ),
        supports_check_mode=True,
    )
    names = {}
    for option in ("url", "s3_url"):
        try:
            names[option] = Endpoint(module.params[option], ca_file=module.params["ca_file"], timeout=module.params["timeout"], any_time=True)
        except ValueError as error:
            module.fail_json(msg="%s: %s" % (option, error))
        if not names[option].secure:
            module.fail_json(msg="%s: %s is not https, for example https://wandb.example.com" % (option, module.params[option]))
    site = Site(names["url"], names["s3_url"], module.params["warn_days"], module.params["fail_days"], module.params["s3_external"])
    _check.run(module, check, site, lasting=["*.resolve"])  # a name that does not resolve is nothing that a run mends


if __name__ == "__main__":
    main()
