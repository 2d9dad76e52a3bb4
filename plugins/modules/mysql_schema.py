#!/usr/bin/python
# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_schema
short_description: Databases, accounts and grants of a MySQL server in one call
version_added: 0.1.0
author: The baremetal.wandb authors (!UNKNOWN)
description:
  - Brings databases, accounts and their grants to the listed state, and reads them again to prove it.
  - A password is proven by logging in with it, never by comparing hashes, and set when the server refuses that login.
  - An account ends with exactly the listed grants. What was granted by hand beside them, roles included, is revoked, and the diff shows it.
  - Databases and accounts that are not listed are left alone. Nothing is ever dropped.
  - Needs MySQL 8.0 or newer. MariaDB is refused.
extends_documentation_fragment:
  - baremetal.wandb.mysql
options:
  databases:
    description: The databases that should exist.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the database.
        type: str
        required: true
      encoding:
        description: Default character set. The default is what the installation guide of W&B prescribes.
        type: str
        default: utf8mb4
      collation:
        description:
          - Default collation, of the same O(databases[].encoding). The default is what the installation guide of W&B prescribes.
          - Changing it on an existing database counts for new tables only; existing tables keep theirs, and a warning says so.
        type: str
        default: utf8mb4_general_ci
  accounts:
    description:
      - The accounts that should exist.
      - Accounts of the server itself (C(root), C(mysql.*), C(debian-sys-maint)) and the one that the module logs in as are refused.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the account.
        type: str
        required: true
      host:
        description:
          - From where the account may log in. A name or address, with C(%) and C(_) as wildcards, or a network.
          - Not V(localhost) unless the application runs beside the server and uses its socket.
        type: str
        default: "%"
      password:
        description: The password, of any characters. Stored by the server for C(caching_sha2_password).
        type: str
        required: true
      update_password:
        description:
          - V(proven) logs in as the account from where the module runs, and sets the password when that is refused. It fails before the first
            change when the host part does not accept such a login, or another account would catch it.
          - V(on_create) sets the password of a new account only and never looks at it again.
        type: str
        choices: [proven, on_create]
        default: proven
      grants:
        description: All that the account may do. Empty leaves it with nothing but the login.
        type: list
        elements: dict
        default: []
        suboptions:
          scope:
            description:
              - A database, V(wandb_local.*), a table, V(wandb_local.runs), or everything, V(*.*).
              - In the name of a whole database C(%) and C(_) are wildcards, as in MySQL itself. A backslash takes that away.
            type: str
            required: true
          privileges:
            description: Names of privileges, or V(ALL). On V(*.*) each must be named.
            type: list
            elements: str
            default: [ALL]
          grant_option:
            description: Whether the account may pass these privileges on.
            type: bool
            default: false
attributes:
  check_mode:
    support: full
    description:
      - Nothing is changed, and the result tells what would be.
      - When the library is missing or nothing listens at the address, as on a fresh host, everything is planned as for an empty server, with a
        warning. A refused login fails as usual.
  diff_mode:
    support: full
    description: Shows databases, accounts and grants before and after; a password only as accepted or refused.
"""

EXAMPLES = r"""
- name: Database and account of W&B Server, as in its installation guide
  baremetal.wandb.mysql_schema:
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root
    databases:
      - name: wandb_local
    accounts:
      - name: wandb_local
        host: "%"
        password: "{{ wandb_mysql_password }}"
        grants:
          - scope: wandb_local.*
            privileges: [ALL]
            grant_option: true
  vars:
    ansible_python_interpreter: /opt/baremetal-wandb/venv/bin/python
"""

RETURN = r"""
changes:
  description: The differences that were found, in the order in which they were applied. In check mode those that would be.
  returned: success
  type: list
  elements: dict
  contains:
    action:
      description:
        - One of C(create_database), C(alter_database), C(create_account), C(set_password), C(unlock_account), C(grant), C(revoke) and
          C(revoke_role).
      type: str
      returned: always
      sample: grant
    database:
      description: Name of the database.
      type: str
      returned: when a database differs
      sample: wandb_local
    encoding:
      description: Its character set.
      type: str
      returned: when a database differs
      sample: utf8mb4
    collation:
      description: Its collation.
      type: str
      returned: when a database differs
      sample: utf8mb4_general_ci
    account:
      description: Name and host of the account.
      type: str
      returned: when an account differs
      sample: wandb_local@%
    scope:
      description: Scope of the grant in SQL.
      type: str
      returned: when a grant differs
      sample: "`wandb_local`.*"
    privileges:
      description: The privileges that are granted or revoked.
      type: list
      elements: str
      returned: when a grant differs
      sample: [ALL]
    grant_option:
      description: Whether the grant option is granted or revoked with them.
      type: bool
      returned: when a grant differs
      sample: true
    role:
      description: The role that is revoked.
      type: str
      returned: when a role differs
      sample: "'dba'@'%'"
  sample:
    - action: set_password
      account: wandb_local@%
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.baremetal.wandb.plugins.module_utils import _mysql, _mysql_schema

GRANT = {
    "scope": {"type": "str", "required": True},
    "privileges": {"type": "list", "elements": "str", "default": ["ALL"]},
    "grant_option": {"type": "bool", "default": False},
}
ACCOUNT = {
    "name": {"type": "str", "required": True},
    "host": {"type": "str", "default": "%"},
    "password": {"type": "str", "required": True, "no_log": True},
    "update_password": {"type": "str", "choices": ["proven", "on_create"], "default": "proven", "no_log": False},
    "grants": {"type": "list", "elements": "dict", "default": [], "options": GRANT},
}
DATABASE = {
    "name": {"type": "str", "required": True},
    "encoding": {"type": "str", "default": "utf8mb4"},
    "collation": {"type": "str", "default": "utf8mb4_general_ci"},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **_mysql.CONNECTION,
            "databases": {"type": "list", "elements": "dict", "default": [], "options": DATABASE},
            "accounts": {"type": "list", "elements": "dict", "default": [], "options": ACCOUNT},
        },
        mutually_exclusive=[["login_unix_socket", "login_host"]],
        required_one_of=[["login_unix_socket", "login_host"]],
        supports_check_mode=True,
    )
    _mysql_schema.run(module)


if __name__ == "__main__":
    main()
