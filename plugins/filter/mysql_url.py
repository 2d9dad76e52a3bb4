# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: mysql_url
short_description: Build the MYSQL connection string of W&B Server
version_added: 0.1.0
author: The baremetal.wandb authors
description:
  - Builds C(mysql://USER:PASSWORD@HOST:PORT/DATABASE) from its parts.
  - Everything outside the unreserved characters of RFC 3986 is percent-encoded, so any password survives.
options:
  _input:
    description:
      - The parts, a dictionary with C(user), C(password), C(host) and C(database), and optionally C(port) (TCP port, 3306 when left out)
        and C(parameters) (a dictionary that becomes the query, for example C(tls=preferred)).
      - C(host) is a name, an IPv4 or an IPv6 address; an IPv6 address is put in brackets.
    type: dictionary
    required: true
seealso:
  - plugin: baremetal.wandb.s3_url
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Build the connection string
  ansible.builtin.set_fact:
    mysql: "{{ parts | baremetal.wandb.mysql_url }}"
  vars:
    parts:
      user: wandb_local
      password: "{{ wandb_mysql_password }}"
      host: 10.0.0.12
      database: wandb_local
  no_log: true
"""

RETURN = r"""
_value:
  description: The connection string. It holds the password.
  type: string
  sample: mysql://wandb_local:p%40ss@10.0.0.12:3306/wandb_local
"""

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.wandb.plugins.module_utils._url import build_url, check_parts


def mysql_url(parts: t.Mapping[str, t.Any]) -> str:
    try:
        check_parts(parts, required=["user", "password", "host", "database"], optional=["port", "parameters"])
    except ValueError as error:
        raise AnsibleFilterError("mysql_url: %s." % error) from error
    return build_url(
        scheme="mysql",
        user=parts["user"],
        password=parts["password"],
        host=parts["host"],
        port=parts.get("port") or 3306,
        path=parts["database"],
        query=parts.get("parameters") or {},
    )


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"mysql_url": mysql_url}
