#!/usr/bin/python

# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: s3_bucket
short_description: Create S3 buckets and keep their CORS, versioning, lifecycle and policy
version_added: 0.1.0
description:
  - Works on any S3 store. Creates what is missing and repairs what differs.
  - Never deletes a bucket or an object.
  - In check mode, a store that cannot be reached or a missing library is no error, since on a fresh host they come later in the same run.
    Without a store the module plans for an empty one and warns. Without the library it is skipped and warns, since nothing is known of the store.
requirements:
  - boto3
options:
  endpoints:
    description:
      - URLs of the store. The first that accepts a connection is used, so one lost node of MinIO does not matter.
      - For example V(https://s3.example.com), or V(http://192.0.2.21:9000) for each node.
    type: list
    elements: str
    required: true
  region:
    description: Region of the buckets, W&B's C(AWS_REGION). The C(us-east1) of W&B's guide is a typing error for V(us-east-1).
    type: str
    default: us-east-1
  buckets:
    description: The buckets.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the bucket.
        type: str
        required: true
      cors:
        description:
          - All CORS rules of the bucket. An empty list removes them.
          - Leave it out to leave CORS alone.
        type: list
        elements: dict
        suboptions:
          allowed_origins:
            description:
              - Origins that may use the bucket, for example V(https://wandb.example.com). One for each item, a scheme and a name without a path.
              - A slash at the end is taken away, since browsers send none and it would never match.
            type: list
            elements: str
            required: true
          allowed_methods:
            description: HTTP methods that they may use.
            type: list
            elements: str
            default: [GET, PUT, HEAD]
          allowed_headers:
            description: Request headers that they may send.
            type: list
            elements: str
            default: ["*"]
          expose_headers:
            description: Response headers that they may read. Uploads in parts need C(ETag).
            type: list
            elements: str
            default: [ETag]
          max_age_seconds:
            description: How long a browser may keep the answer to a preflight request, in seconds.
            type: int
            default: 3000
      versioning:
        description:
          - V(enabled) keeps old versions of objects, V(suspended) does not.
          - V(unmanaged) leaves it alone.
        type: str
        choices: [enabled, suspended, unmanaged]
        default: unmanaged
      abort_incomplete_multipart_days:
        description:
          - Remove the parts of an upload that was not completed after so many days, by one lifecycle rule; others stay.
          - V(0) removes that rule. Leave it out to leave it alone. MinIO has no such rule, it removes them after a day by itself.
        type: int
      policy:
        description:
          - The whole policy of the bucket, as JSON or a dictionary with C(Version) and C(Statement). An empty one removes it.
          - Leave it out to leave it alone.
        type: json
  cors_fallback:
    description:
      - What it means that a store has no CORS for each bucket, as community MinIO, or that the key may not set it.
      - V(none) fails.
      - V(global) accepts it, because CORS is kept elsewhere, by M(baremetal.wandb.minio_admin) or by the bucket's owner. RV(buckets.cors) says
        whether it answers browsers as wanted.
    type: str
    choices: [none, global]
    default: none
extends_documentation_fragment:
  - baremetal.wandb.s3
attributes:
  check_mode:
    support: full
    description: Reads, and returns what it would do.
  diff_mode:
    support: full
    description: Shows the state of each bucket before and after.
seealso:
  - module: baremetal.wandb.s3_check
author:
  - The baremetal.wandb authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: W&B's bucket with the CORS rule of its guide
  baremetal.wandb.s3_bucket:
    endpoints: [https://s3.example.com]
    access_key: wandb-local
    secret_key: "{{ wandb_s3_secret_key }}"
    buckets:
      - name: local-files
        cors:
          - allowed_origins: [https://wandb.example.com]
        abort_incomplete_multipart_days: 7
        policy: "{{ lookup('ansible.builtin.file', 'bucket-policy.json') }}"
  vars:
    ansible_python_interpreter: "{{ tools_python }}"

- name: The same on MinIO, whose CORS setting is global
  baremetal.wandb.s3_bucket:
    endpoints: "{{ wandb_minio_endpoints }}"
    access_key: "{{ wandb_minio_root_user }}"
    secret_key: "{{ wandb_minio_root_password }}"
    cors_fallback: global
    buckets:
      - name: local-files
        cors:
          - allowed_origins: [https://wandb.example.com]
  vars:
    ansible_python_interpreter: "{{ tools_python }}"
"""

RETURN = r"""
buckets:
  description: The buckets, in the order of the option.
  returned: when the store could be read
  type: list
  elements: dict
  contains:
    name:
      description: Name of the bucket.
      type: str
      sample: local-files
    steps:
      description: What was done, or would be in check mode. C(create), or the name of an option.
      type: list
      elements: str
      sample: [create, cors]
    cors:
      description:
        - V(bucket) when the bucket has its own rules, V(global) when the store's global setting answers browsers as wanted.
        - V(not_implemented) when it does not and the store has no rules for each bucket. V(unmanaged) without the option.
      type: str
      sample: bucket
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.baremetal.wandb.plugins.module_utils import _libraries, _s3, _s3_bucket
from ansible_collections.baremetal.wandb.plugins.module_utils._endpoint_http import Endpoint, bundle, first_answering

BUCKET = dict(
    name=dict(type="str", required=True),
    cors=dict(
        type="list",
        elements="dict",
        options=dict(
            allowed_origins=dict(type="list", elements="str", required=True),
            allowed_methods=dict(type="list", elements="str", default=["GET", "PUT", "HEAD"]),
            allowed_headers=dict(type="list", elements="str", default=["*"]),
            expose_headers=dict(type="list", elements="str", default=["ETag"]),
            max_age_seconds=dict(type="int", default=3000),
        ),
    ),
    versioning=dict(type="str", choices=["enabled", "suspended", "unmanaged"], default="unmanaged"),
    abort_incomplete_multipart_days=dict(type="int"),
    policy=dict(type="json"),
)


def main():
    module = AnsibleModule(
        argument_spec=dict(
            endpoints=dict(type="list", elements="str", required=True),
            region=dict(type="str", default="us-east-1"),
            buckets=dict(type="list", elements="dict", required=True, options=BUCKET),
            cors_fallback=dict(type="str", choices=["none", "global"], default="none"),
            **_s3.CONNECTION,
        ),
        supports_check_mode=True,
    )
    params = module.params
    complaint = _s3.wrong_region(params["region"]) or _s3_bucket.complaint(params["buckets"])
    if complaint:
        module.fail_json(msg=complaint)
    try:
        for url in params["endpoints"]:
            Endpoint(url)
    except ValueError as error:
        module.fail_json(msg="endpoints: %s" % error)
    want = {bucket["name"]: _s3_bucket.wanted(bucket) for bucket in params["buckets"]}

    url = first_answering(params["endpoints"], params["timeout"], module.check_mode, params["ca_file"])
    if module.check_mode and url is None:
        module.warn("planned without looking: nothing answers yet at %s" % ", ".join(params["endpoints"]))
        module.exit_json(changed=True, diff=dict(before=_s3_bucket.described(dict.fromkeys(want)), after=want))
    if module.check_mode and not _libraries.available("boto3"):
        _libraries.not_looked(module, "boto3")
    boto3 = _libraries.boto3(module)
    if url is None:
        module.fail_json(msg="no endpoint accepts a connection: %s" % ", ".join(params["endpoints"]))
    try:
        s3 = _s3.client(boto3, url, params, params["region"], bundle(params["ca_file"], module.tmpdir))
    except OSError as error:
        module.fail_json(msg="ca_file: %s" % error)
    endpoint = Endpoint(url, params["ca_file"], params["timeout"])
    buckets = _s3_bucket.Buckets(s3, endpoint, params["region"], params["cors_fallback"])

    try:
        before = {name: buckets.read(name, state) for name, state in want.items()}
        steps = {name: _s3_bucket.plan(before[name], want[name]) for name in want}
        after = {name: dict(before[name] or {}, **want[name]) for name in want}
        if not module.check_mode:
            steps = {name: [step for step in todo if buckets.apply(name, step, want[name])] for name, todo in steps.items()}
            after = {name: buckets.read(name, want[name]) for name in want}
    except _s3_bucket.BucketError as error:
        module.fail_json(msg=str(error))
    if not module.check_mode:
        for name in want:
            left = [step for step in _s3_bucket.plan(after[name], want[name]) if not (step == "cors" and buckets.cors[name] == "not_implemented")]
            if left:
                module.fail_json(msg="bucket %s: the store accepted %s but does not keep it" % (name, ", ".join(left)))
    module.exit_json(
        changed=any(steps.values()),
        buckets=[dict(name=name, steps=todo, cors=buckets.cors.get(name, "unmanaged")) for name, todo in steps.items()],
        diff=dict(before=_s3_bucket.described(before), after=_s3_bucket.described(after)),
    )


if __name__ == "__main__":
    main()
