# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: s3_url
short_description: Build the BUCKET connection string of W&B Server
version_added: 0.1.0
author: The baremetal.wandb authors
description:
  - Builds C(s3://ACCESS_KEY:SECRET_KEY@HOST:PORT/BUCKET?tls=true&region=REGION) from its parts.
  - Everything outside the unreserved characters of RFC 3986 is percent-encoded, so any secret key survives.
options:
  _input:
    description:
      - The parts, a dictionary with C(access_key), C(secret_key), C(host) and C(bucket), and optionally C(port) (TCP port, left out when
        not given), C(tls) (boolean, V(true) when left out) and C(region) (left out when not given).
      - C(host) is the name by which W&B clients and browsers reach the object store, since presigned URLs carry it. An IPv6 address is
        put in brackets.
    type: dictionary
    required: true
seealso:
  - plugin: baremetal.wandb.mysql_url
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Build the connection string
  ansible.builtin.set_fact:
    bucket: "{{ parts | baremetal.wandb.s3_url }}"
  vars:
    parts:
      access_key: wandb-local
      secret_key: "{{ wandb_s3_secret_key }}"
      host: "{{ wandb_s3_url | ansible.builtin.urlsplit('hostname') }}"
      bucket: local-files
      region: us-east-1
  no_log: true
"""

RETURN = r"""
_value:
  description: The connection string. It holds the secret key.
  type: string
  sample: s3://wandb-local:s%2Fcret@s3.example.com/local-files?tls=true&region=us-east-1
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.wandb.plugins.module_utils._url import build_url, check_parts


def s3_url(parts: t.Mapping[str, t.Any]) -> str:
    try:
        check_parts(parts, required=["access_key", "secret_key", "host", "bucket"], optional=["port", "tls", "region"])
    except ValueError as error:
        raise AnsibleFilterError("s3_url: %s." % error) from error
    tls = parts.get("tls", True)
    if not isinstance(tls, bool):
        raise AnsibleFilterError("s3_url: the part tls must be true or false, not %r." % (tls,))
    query = {"tls": "true"} if tls else {}
    if parts.get("region"):
        query["region"] = parts["region"]
    return build_url(
        scheme="s3",
        user=parts["access_key"],
        password=parts["secret_key"],
        host=parts["host"],
        port=parts.get("port"),
        path=parts["bucket"],
        query=query,
    )


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"s3_url": s3_url}
