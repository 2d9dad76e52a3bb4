# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: secret_values
short_description: The secrets of the inventory
version_added: 0.1.0
author: The baremetal.wandb authors (!UNKNOWN)
description:
  - Returns the values of all variables of all hosts whose names say that they are secret, for example C(wandb_mysql_password), also within dictionaries such
    as C(server_environment), and the passwords of URLs in any variable.
  - Use it with C(no_log) only, or for options that mask themselves.
"""

EXAMPLES = r"""
- name: Gather logs without them
  baremetal.wandb.log_bundle:
    path: /var/tmp/logs.tar.gz
    prefix: "{{ inventory_hostname }}"
    secrets: "{{ lookup('baremetal.wandb.secret_values', wantlist=true) }}"
"""

RETURN = r"""
_raw:
  description: Each secret once.
  type: list
  elements: str
"""

import re
import typing as t
from urllib.parse import unquote

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

SECRET = re.compile(r"password|passwd|passphrase|secret|licen[sc]e|token|api_key|private_key|_pw$|credential", re.IGNORECASE)
# Names of what is about a secret.
ABOUT = re.compile(r"_(file|files|dir|path|url|sha256|names|rotation|hours|days|source)$", re.IGNORECASE)
IN_URL = re.compile(r"://[^\s:/@]*:([^\s/@]+)@")


def secrets_in(name: str, value: t.Any, secret: bool = False) -> t.Iterator[str]:
    """The secrets of a variable's value: all text of one whose name says so, and passwords in URLs."""
    secret = secret or bool(SECRET.search(name) and not ABOUT.search(name))
    if isinstance(value, t.Mapping):
        for key, inner in value.items():
            yield from secrets_in(str(key), inner, secret)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from secrets_in(name, inner, secret)
    elif isinstance(value, str):
        if secret and value.lower() not in ("true", "false", "yes", "no", "none", ""):
            yield value
        for password in IN_URL.findall(value):
            yield from (password, unquote(password))


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: t.Mapping[str, t.Any] | None = None, **kwargs: t.Any) -> list[str]:
        hostvars = (variables or {})["hostvars"]
        found: dict[str, None] = {}
        for host in hostvars:
            for name in hostvars[host]:
                if name in ("hostvars", "groups", "vars", "ansible_facts"):
                    continue
                try:
                    found.update(dict.fromkeys(secrets_in(str(name), hostvars[host][name])))
                except AnsibleError:  # made of a variable that does not exist
                    continue
        return list(found)
