#!/usr/bin/python

# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: wandb_check
short_description: Prove a W&B site with the real client
version_added: 0.1.0
description:
  - Runs C(wandb login) and C(wandb verify) of an installed client and returns one record for each of the ten checks that C(wandb verify) makes.
  - C(wandb.verify.logged_in), C(wandb.verify.signed_url_upload), C(wandb.verify.large_payload), C(wandb.verify.base_url_https),
    C(wandb.verify.signed_url_https), C(wandb.verify.cors), C(wandb.verify.version), C(wandb.verify.metrics), C(wandb.verify.artifacts),
    C(wandb.verify.sweeps).
  - The client ends with 0 although it complained about https or CORS. Here these fail. Only its opinion that it is newer than the server warns.
  - C(wandb verify) takes about 45 seconds and deletes nothing. It leaves a project C(verify) with 13 runs, 2 artifact collections and a sweep in
    the default entity of the key's owner.
  - The client gets a home of its own, which is removed afterwards, and the key by its environment. The user's own login is not touched.
options:
  client:
    description: Path of the C(wandb) command on this host, for example V(/opt/baremetal-wandb/client/bin/wandb).
    type: path
    required: true
  url:
    description: Public URL of W&B, for example V(https://wandb.example.com).
    type: str
    required: true
  api_key:
    description:
      - API key of a user of the site.
      - Without it every record is V(skip).
    type: str
  ca_file:
    description:
      - File on this host with the certificate of a private CA (PEM), which the client trusts in addition to the system's.
      - Leave it out when the certificates come from a public CA.
    type: path
  timeout:
    description: >-
      How long C(wandb login) and C(wandb verify) may take together, in seconds. What runs then is ended, and what it did not say has failed.
    type: int
    default: 300
  skip_reason:
    description: Why the client is not run now. Given, every record is V(skip) for that reason, and I(client_found) tells whether it could be.
    type: str
extends_documentation_fragment:
  - baremetal.wandb.check
author:
  - The baremetal.wandb authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Prove the site as a client does
  baremetal.wandb.wandb_check:
    client: /opt/baremetal-wandb/client/bin/wandb
    url: https://wandb.example.com
    api_key: "{{ wandb_api_key }}"
    ca_file: /etc/ssl/baremetal-wandb/ca.crt
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
      sample: wandb.verify.cors
    title:
      description: What the check proves.
      type: str
      sample: browsers may use the bucket
    status:
      description: V(pass), V(warn), V(fail) or V(skip).
      type: str
      sample: fail
    expected:
      description: What should be there.
      type: raw
      sample: browsers may use the bucket
    found:
      description: What the client said.
      type: raw
      sample: "Your object store does not have a valid CORs configuration, you must allow GET and PUT to Origin: https://wandb.example.com"
    advice:
      description: What to do about it.
      type: str
      sample: let the store allow the origin in wandb_url; see s3.cors.* of s3_check
    seconds:
      description: How long reading the record took. The client itself runs before the first.
      type: float
      sample: 0.001
summary:
  description: How many records have each status.
  returned: always
  type: dict
  sample: {pass: 9, warn: 0, fail: 1, skip: 0}
client_found:
  description: Whether I(client) is there.
  returned: always
  type: bool
  sample: true
"""

import os
import re

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.baremetal.wandb.plugins.module_utils import _check, _wandb


def main():
    module = AnsibleModule(
        argument_spec=dict(
            client=dict(type="path", required=True),
            url=dict(type="str", required=True),
            api_key=dict(type="str", no_log=True),
            ca_file=dict(type="path"),
            timeout=dict(type="int", default=300),
            skip_reason=dict(type="str"),
            **_check.ARGUMENTS,
        ),
        supports_check_mode=True,
    )
    params = module.params
    if params["timeout"] < 1:
        module.fail_json(msg="timeout must be a number of seconds from 1 on, for example 300, not %d." % params["timeout"])
    if not re.match("https?://[^/]+/?$", params["url"]):
        module.fail_json(msg="url must be http or https and a host name without a path, for example https://wandb.example.com, not %s." % params["url"])
    reason, remedy = "", "set verify_client to always"
    if not params["api_key"]:
        reason, remedy = "no API key was given", "set wandb_api_key to a key of this site (User settings, API keys) and verify_client to always"
    elif params["skip_reason"]:
        reason = params["skip_reason"]
    elif module.check_mode:
        reason, remedy = "leaves runs behind: not in check mode", "run it without --check"
    if reason or not params["installed"]:
        outcome = _wandb.Outcome(None, "", None, "", reason, remedy)
    else:
        for option in ("client", "ca_file"):
            if params[option] and not os.path.exists(params[option]):
                module.fail_json(msg="%s: there is no file %s on this host" % (option, params[option]))
        outcome = _wandb.run(params["client"], params["url"], params["api_key"], params["ca_file"], params["timeout"], module.tmpdir)
    _check.run(module, _wandb.check, outcome, client_found=os.path.exists(params["client"]))


if __name__ == "__main__":
    main()
