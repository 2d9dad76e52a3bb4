#!/usr/bin/python

# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: s3_check
short_description: Prove that an object store serves W&B, its clients and browsers
version_added: 0.1.0
description:
  - Uses the store as W&B does, with W&B's own key and through the public name, and returns one record per fact.
  - The nodes of MinIO - C(s3.minio.node) (one lost node warns) and C(s3.minio.quorum). They are left out without O(minio_endpoints).
  - The way to the store - C(s3.name), C(s3.port), C(s3.clock), C(s3.tls), C(s3.store), C(s3.addressing).
  - The key and the bucket - C(s3.key), C(s3.bucket.exists), C(s3.bucket.region), C(s3.key.scope), C(s3.anonymous.list), C(s3.anonymous.get).
    What the key may do beyond W&B's need is tried by reads and is one warning.
  - Objects - C(s3.object.put_get_delete), C(s3.object.special_name), C(s3.multipart), C(s3.object.removed), and with O(large_object_mb)
    C(s3.large_object).
  - Checksums - C(s3.checksum.supported), whether the store takes those that current SDKs add by themselves, and C(s3.checksum.refused).
  - Presigned URLs, with plain HTTP and no key - C(s3.presigned.put), C(s3.presigned.get), C(s3.presigned.range),
    C(s3.presigned.authorization), and what they must refuse - C(s3.presigned.tampered), C(s3.presigned.key), C(s3.presigned.method),
    C(s3.presigned.host), C(s3.presigned.expired).
  - CORS as a browser sees it - C(s3.cors.preflight.get), C(s3.cors.preflight.put), C(s3.cors.preflight.head), C(s3.cors.response),
    C(s3.cors.expose_etag), C(s3.cors.foreign).
  - Probe objects are written under C(baremetal-wandb-probe/HOST/) in the bucket, 5 MiB in all and the large one, and deleted at the end. What
    a run that was broken off left there is deleted by the next. Where the bucket keeps versions and the key may not remove them,
    C(s3.object.removed) says how many are left.
requirements:
  - boto3
options:
  endpoint_url:
    description: URL of the object store by which clients and browsers reach it, for example V(https://s3.example.com).
    type: str
    required: true
  bucket:
    description: W&B's bucket.
    type: str
    required: true
  region:
    description: Region that W&B signs for, its C(AWS_REGION).
    type: str
    default: us-east-1
  origin:
    description: URL of W&B, from whose pages browsers use the store, for example V(https://wandb.example.com).
    type: str
    required: true
  foreign_origin:
    description: Origin that must not be allowed.
    type: str
    default: https://foreign.invalid
  minio_endpoints:
    description: URLs of the MinIO nodes themselves, for example V(http://192.0.2.21:9000). Empty for a store of others.
    type: list
    elements: str
    default: []
  large_object_mb:
    description:
      - Size of the object of C(s3.large_object), in MiB, up to 5120, the most that S3 takes in one upload. It says how fast it went.
      - V(0) leaves it out.
    type: int
    default: 0
  probe:
    description:
      - V(write) writes probe objects.
      - V(read) leaves out what has to write; those checks answer C(skip), as in check mode.
    type: str
    choices: [write, read]
    default: write
extends_documentation_fragment:
  - baremetal.wandb.s3
  - baremetal.wandb.check
author:
  - The baremetal.wandb authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Prove the object store from the application host
  baremetal.wandb.s3_check:
    endpoint_url: https://s3.example.com
    bucket: local-files
    access_key: wandb-local
    secret_key: "{{ wandb_s3_secret_key }}"
    ca_file: /etc/ssl/baremetal-wandb/ca.crt
    origin: https://wandb.example.com
    minio_endpoints:
      - http://192.0.2.21:9000
      - http://192.0.2.22:9000
  vars:
    ansible_python_interpreter: "{{ tools_python }}"
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
      sample: s3.bucket.exists
    title:
      description: What the check proves.
      type: str
      sample: the bucket exists and W&B's key may list it
    status:
      description: V(pass), V(warn), V(fail) or V(skip).
      type: str
      sample: fail
    expected:
      description: What should be there.
      type: raw
      sample: local-files
    found:
      description: What was there.
      type: raw
      sample: "ListObjectsV2: NoSuchBucket: The specified bucket does not exist"
    advice:
      description: What to do about it.
      type: str
      sample: "create the bucket named in wandb_s3_bucket: run the role bucket; W&B does not start without it"
    seconds:
      description: How long the check took.
      type: float
      sample: 0.012
summary:
  description: How many records have each status.
  returned: always
  type: dict
  sample: {pass: 35, warn: 0, fail: 0, skip: 0}
store:
  description: What the store is and can do. What the checks that ran did not come to know is left out.
  returned: always
  type: dict
  contains:
    software:
      description: Which store it is, by what only one writes, else the server's own words, which behind a proxy are the proxy's.
      type: str
      sample: MinIO
    addressing:
      description: Where the bucket's name may be, V(path) or V(virtual) (before the name of the host). W&B uses the path.
      type: list
      elements: str
      sample: [path]
    region:
      description: Region of the bucket.
      type: str
      sample: us-east-1
    versioning:
      description: V(enabled), V(suspended) or V(never enabled), or the code of the error.
      type: str
      sample: never enabled
    cors_rules:
      description: How many CORS rules the bucket has, or the code of the error; community MinIO has none for a bucket.
      type: raw
      sample: NoSuchCORSConfiguration
    beyond_need:
      description: What the key may do and W&B does not need.
      type: list
      elements: str
      sample: []
    checksums:
      description: Whether the store takes uploads without the checksums that SDKs add by themselves, and with them.
      type: dict
      sample: {when_required: accepted, when_supported: accepted}
    checksums_kept:
      description: Whether it keeps them and tells them with the object.
      type: bool
      sample: true
    authorization_beside_presigned:
      description: Whether a presigned URL is V(accepted) or V(refused) beside an Authorization header.
      type: str
      sample: accepted
    large_object:
      description: How fast the large object went, in MiB per second.
      type: dict
      sample: {mb: 1024, up_mb_per_second: 310, down_mb_per_second: 540}
    versions_left:
      description: How many versions of probe objects are left, since the key may not remove them, or V(unknown).
      type: raw
      sample: 0
"""

import functools
import re
import socket

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.baremetal.wandb.plugins.module_utils import _check, _libraries, _s3
from ansible_collections.baremetal.wandb.plugins.module_utils._endpoint_http import Endpoint, bundle
from ansible_collections.baremetal.wandb.plugins.module_utils._s3_check import Store, check

# The largest body of one upload in S3 is 5 GiB.
LARGEST_MB = 5120


def main():
    module = AnsibleModule(
        argument_spec=dict(
            endpoint_url=dict(type="str", required=True),
            bucket=dict(type="str", required=True),
            region=dict(type="str", default="us-east-1"),
            origin=dict(type="str", required=True),
            foreign_origin=dict(type="str", default="https://foreign.invalid"),
            minio_endpoints=dict(type="list", elements="str", default=[]),
            large_object_mb=dict(type="int", default=0),
            probe=dict(type="str", choices=["write", "read"], default="write"),
            **_s3.CONNECTION,
            **_check.ARGUMENTS,
        ),
        supports_check_mode=True,
    )
    params = module.params
    complaint = _s3.wrong_region(params["region"])
    if complaint:
        module.fail_json(msg=complaint)
    try:
        endpoint = Endpoint(params["endpoint_url"], params["ca_file"], params["timeout"])
        nodes = [Endpoint(url, params["ca_file"], params["timeout"]) for url in params["minio_endpoints"]]
    except ValueError as error:
        module.fail_json(msg="endpoint_url or minio_endpoints: %s" % error)
    if not 0 <= params["large_object_mb"] <= LARGEST_MB:
        module.fail_json(msg="large_object_mb must be from 0 to %d, for example 1024, and is %d" % (LARGEST_MB, params["large_object_mb"]))
    if not nodes:
        params["skip"] = params["skip"] + ["s3.minio.*"]
    if not params["large_object_mb"]:
        params["skip"] = params["skip"] + ["s3.large_object"]

    if module.check_mode and not _libraries.available("boto3"):
        params["installed"] = False  # a dry run, whose real run installs it
    client = None
    if params["installed"]:
        boto3 = _libraries.boto3(module)
        try:
            trusted = bundle(params["ca_file"], module.tmpdir)
        except OSError:
            trusted = None  # s3.tls says that the file is missing; nothing is asked after that
        client = functools.partial(_s3.client, boto3, endpoint.url, region=params["region"], bundle=trusted)
    read_only = "writes a probe object: not with probe: read" if params["probe"] == "read" else ""
    if module.check_mode:
        read_only = "writes a probe object: not in check mode"
    store = Store(
        client=client,
        keys={name: params[name] for name in ("access_key", "secret_key", "timeout")},
        endpoint=endpoint,
        bucket=params["bucket"],
        region=params["region"],
        prefix="baremetal-wandb-probe/%s/" % re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname()),
        origin=params["origin"].rstrip("/"),
        foreign_origin=params["foreign_origin"],
        nodes=nodes,
        read_only=read_only,
        large_object_mb=params["large_object_mb"],
    )
    try:
        _check.run(module, check, store, store=store.facts)
    finally:
        store.close()


if __name__ == "__main__":
    main()
