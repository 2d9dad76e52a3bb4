#!/usr/bin/python

# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: minio_admin
short_description: Keep users, policies and settings of MinIO through its admin API
version_added: 0.1.0
description:
  - Talks to the admin API by MinIO's Python SDK. The client C(mc) is not needed, and no secret reaches a command line.
  - Repairs what differs - a policy that was changed, a user that is disabled, has other policies or another secret key, a changed setting.
  - Whether a user's secret key is the wanted one is proven by signing a request with it.
  - Leaves alone what is not named, and removes no policy or setting, and no user but those of O(retired_users).
  - In check mode, a server that cannot be reached or a missing library is no error, since on a fresh host they come later in the same run.
    Without a server the module plans for an empty one and warns. Without the library it is skipped and warns, since nothing is known of the server.
requirements:
  - minio
options:
  endpoints:
    description:
      - URLs of the MinIO nodes, for example V(http://192.0.2.21:9000). The first that accepts a connection is used, so one lost node does
        not matter.
    type: list
    elements: str
    required: true
  access_key:
    description: The root user of MinIO, or a user with the right to administer.
  policies:
    description: Policies to keep as written here.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the policy.
        type: str
        required: true
      policy:
        description: The whole policy, as JSON or a dictionary with C(Version) and C(Statement).
        type: json
        required: true
  users:
    description: Users to keep.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Access key of the user, 3 or more ASCII characters without C(=) and comma.
        type: str
        required: true
      secret_key:
        description: Secret key of the user, 8 or more ASCII characters.
        type: str
        required: true
      policies:
        description: Exactly the policies to attach to the user. Others are detached.
        type: list
        elements: str
        required: true
      enabled:
        description: Whether the user may sign in.
        type: bool
        default: true
  replace_secrets:
    description:
      - What to do with a user that is there and has another secret key. V(true) sets the wanted one.
      - V(false) fails. MinIO keeps one secret for each user, so that URLs which a user signed with the earlier one end at once. For a change
        without that, make another user and retire the earlier one.
    type: bool
    default: true
  retired_users:
    description:
      - Users to remove, each with the policy of its name if no other user has that. The URLs that they signed end at once.
      - They are kept while O(retire_after_hours) are not over, with a warning that says until when.
    type: list
    elements: str
    default: []
  retire_after_hours:
    description: For how long after the last of O(users) got its secret key the retired ones are kept, as long as URLs that they signed may be about.
    type: int
    default: 24
  config:
    description:
      - Settings by subsystem, for example V(cors_allow_origin) of V(api). All nodes take them at once.
      - Of the origins in that one a space around and a slash at the end are taken away, since MinIO would never match them.
      - A setting that the environment of the server overrides cannot be kept here; the module then says which variable it is.
    type: dict
    default: {}
extends_documentation_fragment:
  - baremetal.wandb.s3
attributes:
  check_mode:
    support: full
    description: Reads, and returns what it would do.
  diff_mode:
    support: full
    description: Shows policies, users and settings before and after, without secrets.
seealso:
  - module: baremetal.wandb.s3_bucket
  - module: baremetal.wandb.s3_check
author:
  - The baremetal.wandb authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: W&B's own user, who may use its bucket and nothing else
  baremetal.wandb.minio_admin:
    endpoints: "{{ wandb_minio_endpoints }}"
    access_key: "{{ wandb_minio_root_user }}"
    secret_key: "{{ wandb_minio_root_password }}"
    policies:
      - name: wandb-local
        policy:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Action: [s3:GetBucketLocation, s3:ListBucket, s3:ListBucketMultipartUploads]
              Resource: ["arn:aws:s3:::local-files"]
            - Effect: Allow
              Action: [s3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload, s3:ListMultipartUploadParts]
              Resource: ["arn:aws:s3:::local-files/*"]
    users:
      - name: wandb-local
        secret_key: "{{ wandb_s3_secret_key }}"
        policies: [wandb-local]
    config:
      api:
        cors_allow_origin: https://wandb.example.com
  vars:
    ansible_python_interpreter: "{{ tools_python }}"
"""

RETURN = r"""
steps:
  description: What was done, or would be in check mode, in order.
  returned: unless skipped
  type: list
  elements: str
  sample: [write policy wandb-local, set the secret key of user wandb-local, set configuration api]
endpoint:
  description: The node that was used.
  returned: when one accepts connections
  type: str
  sample: http://192.0.2.21:9000
"""

from datetime import datetime, timezone

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.baremetal.wandb.plugins.module_utils import _libraries, _minio, _s3
from ansible_collections.baremetal.wandb.plugins.module_utils._endpoint_http import Endpoint, bundle, first_answering


def main():
    module = AnsibleModule(
        argument_spec=dict(
            endpoints=dict(type="list", elements="str", required=True),
            policies=dict(
                type="list", elements="dict", default=[], options=dict(name=dict(type="str", required=True), policy=dict(type="json", required=True))
            ),
            users=dict(
                type="list",
                elements="dict",
                default=[],
                options=dict(
                    name=dict(type="str", required=True),
                    secret_key=dict(type="str", required=True, no_log=True),
                    policies=dict(type="list", elements="str", required=True),
                    enabled=dict(type="bool", default=True),
                ),
            ),
            replace_secrets=dict(type="bool", default=True, no_log=False),
            retired_users=dict(type="list", elements="str", default=[]),
            retire_after_hours=dict(type="int", default=24),
            config=dict(type="dict", default={}),
            **_s3.CONNECTION,
        ),
        supports_check_mode=True,
    )
    params = module.params
    complaint = _minio.complaint(params)
    if complaint:
        module.fail_json(msg=complaint)
    try:
        for url in params["endpoints"]:
            Endpoint(url)
    except ValueError as error:
        module.fail_json(msg="endpoints: %s" % error)
    want = _minio.wanted(params)
    secret_keys = {user["name"]: user["secret_key"] for user in params["users"]}

    url = first_answering(params["endpoints"], params["timeout"], module.check_mode, params["ca_file"])
    if module.check_mode and url is None:
        have = _minio.empty(want)
        module.warn("planned without looking: nothing answers yet at %s" % ", ".join(params["endpoints"]))
        module.exit_json(changed=True, steps=list(map(_minio.described, _minio.plan(have, want))), diff=dict(before=have, after=want))
    if module.check_mode and not _libraries.available("minio"):
        _libraries.not_looked(module, "minio")
    minio = _libraries.minio(module)
    if url is None:
        module.fail_json(msg="no endpoint accepts a connection: %s" % ", ".join(params["endpoints"]))
    try:
        trusted = bundle(params["ca_file"], module.tmpdir)
    except OSError as error:
        module.fail_json(msg="ca_file: %s" % error)

    def signed_in(access_key, secret_key):
        return _minio.Admin(minio, url, access_key, secret_key, params["timeout"], trusted)

    def sign_in(name):
        try:
            signed_in(name, secret_keys[name])("account_info")
        except _minio.AdminError as error:
            return error.code
        return "accepted"

    admin = signed_in(params["access_key"], params["secret_key"])
    try:
        before = _minio.read(admin, want, sign_in)
        others = _minio.other_secrets(before, want)
        if others and not params["replace_secrets"]:
            module.fail_json(
                msg="MinIO has another secret key for %s, and keeps one for each user: with it would end the URLs in use. Give the new secret to a new "
                "access key, for example %s-2, and retire the earlier one then" % (", ".join(others), others[0])
            )
        steps = _minio.plan(before, want)
        if any(before["retired"].values()):
            until = _minio.in_use_until(admin, before, params["retire_after_hours"])
            if until > datetime.now(timezone.utc):
                names = ", ".join(name for name, found in before["retired"].items() if found)
                module.warn("kept until %s, since URLs that it signed may be in use: %s" % (until.strftime("%Y-%m-%d %H:%M UTC"), names))
                want["retired"] = {}
                steps = _minio.plan(before, want)
        after = want
        if steps and not module.check_mode:
            for step in steps:
                _minio.apply(admin, step, secret_keys)
            after = _minio.read(admin, want, sign_in)
            left = _minio.plan(after, want)
            if left:
                module.fail_json(msg="MinIO accepted but does not keep: %s" % ", ".join(map(_minio.described, left)), diff=dict(before=before, after=after))
    except _minio.AdminError as error:
        module.fail_json(msg="%s answers %s" % (url, error))
    module.exit_json(changed=bool(steps), steps=list(map(_minio.described, steps)), endpoint=url, diff=dict(before=before, after=after if steps else before))


if __name__ == "__main__":
    main()
