#!/usr/bin/python

# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: minio_heal
short_description: Have MinIO heal all objects, and wait for it
version_added: 0.1.0
description:
  - A MinIO cluster calls itself healthy while objects lack their parts on a node that was away, since nothing was written there meanwhile. This module has
    all of them healed, run after run, until a run leaves nothing and no drive is lost or being filled.
  - It ends another healing that an administrator began. Nothing is removed.
  - It keeps two objects in a bucket of its own, C(baremetal-wandb), which M(baremetal.wandb.minio_check) reads. One is written when the bucket is made, and
    then stays; the other is the time of the last healing.
  - It needs nothing but Python. In check mode it does nothing and says that it would.
options:
  url:
    description: URL of a node, for example V(http://192.0.2.21:9000).
    type: str
    required: true
  access_key:
    description: The root account of MinIO.
  region:
    description: Region of the cluster, which signatures must name.
    type: str
    default: us-east-1
  deep:
    description:
      - Whether MinIO also reads all parts of all objects, and repairs those whose bytes are not what was written. That takes as long as all drives take to
        be read. Without it parts that lack are found, not those that a drive has changed.
    type: bool
    default: false
  wait:
    description: How long this call waits, in seconds. One that ends before all is whole returns O(progress) for the next.
    type: int
    default: 600
  progress:
    description: What the call before returned as RV(progress). Empty begins anew.
    type: dict
    default: {}
  limit:
    description: How many seconds after the first of these calls one fails when all is not whole.
    type: int
    default: 600
extends_documentation_fragment:
  - baremetal.wandb.s3
attributes:
  check_mode:
    support: full
    description: Does nothing, and says that it would.
  diff_mode:
    support: none
    description: There is nothing to show.
seealso:
  - module: baremetal.wandb.minio_check
author:
  - The baremetal.wandb authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Heal what a node has missed
  baremetal.wandb.minio_heal:
    url: http://192.0.2.21:9000
    access_key: "{{ wandb_minio_root_user }}"
    secret_key: "{{ wandb_minio_root_password }}"
    wait: 3600
    limit: 3600
"""

RETURN = r"""
finished:
  description: Whether all is whole.
  returned: always
  type: bool
  sample: true
seen:
  description: How many objects, buckets and files of MinIO's own the last run has looked at.
  returned: always
  type: int
  sample: 702
repaired:
  description: How many of them lacked parts that they have now.
  returned: always
  type: int
  sample: 366
left:
  description: Some of what is not whole yet.
  returned: always
  type: list
  elements: str
  sample: ["local-files/a (offline)"]
progress:
  description: What the next call needs to go on; empty when there is nothing left.
  returned: always
  type: dict
  sample: {}
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.baremetal.wandb.plugins.module_utils import _minio_api, _s3
from ansible_collections.baremetal.wandb.plugins.module_utils._endpoint_http import Endpoint, why


def main():
    module = AnsibleModule(
        argument_spec=dict(
            url=dict(type="str", required=True),
            region=dict(type="str", default="us-east-1"),
            deep=dict(type="bool", default=False),
            wait=dict(type="int", default=600),
            progress=dict(type="dict", default={}, no_log=False),
            limit=dict(type="int", default=600),
            **_s3.CONNECTION,
        ),
        supports_check_mode=True,
    )
    params = module.params
    try:
        endpoint = Endpoint(params["url"], params["ca_file"], params["timeout"])
    except ValueError as error:
        module.fail_json(msg="url: %s" % error)
    if module.check_mode:
        module.exit_json(changed=True, finished=True, seen=0, repaired=0, left=[], progress={})
    api = _minio_api.Api(endpoint, params["access_key"], params["secret_key"], params["region"])
    progress = _minio_api.Progress(**(params["progress"] or {"first": time.time()}))
    made = False
    try:
        finished, progress = _minio_api.heal(api, progress, params["wait"], params["deep"])
        if finished:
            made = _minio_api.keep(api, progress.began)
    except _minio_api.ApiError as error:
        advice = "look at journalctl -u minio, and run the role again, which begins anew"
        if error.status == 403:
            advice = "give the root account with which MinIO runs, for example access_key: \"{{ wandb_minio_root_user }}\""
        module.fail_json(msg="%s answers %s: %s." % (params["url"], error, advice))
    except OSError as error:
        advice = "name a node whose MinIO runs (systemctl status minio), for example url: http://192.0.2.21:9000"
        module.fail_json(msg="%s: %s: %s." % (params["url"], why(error), advice))
    result = dict(
        changed=made or progress.repaired > 0,
        finished=finished,
        seen=progress.seen,
        repaired=progress.repaired,
        left=progress.left,
        progress={} if finished else progress._asdict(),
    )
    if not finished and time.time() - progress.first >= params["limit"]:
        module.fail_json(
            msg="MinIO has not healed all objects in %d s: %s. It went through %d and repaired %d: give it longer, for example minio_heal_timeout: %d"
            % (params["limit"], ", ".join(progress.left) or "the run goes on", progress.seen, progress.repaired, 10 * params["limit"]),
            **result,
        )
    module.exit_json(**result)


if __name__ == "__main__":
    main()
