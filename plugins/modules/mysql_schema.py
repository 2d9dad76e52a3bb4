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
  - The defaults are the SQL of W&B's installation guide, so only the password is needed.
  - A password is proven by logging in with it, never by comparing hashes, and set when the server refuses that login. Where an account cannot log in
    from the module's host, since its host part is another one, another account would catch the login, or it needs a client's certificate and O(ssl_cert)
    gives none, O(proof_host) is tried. Where that does not do, the password is set at creation, and afterwards with
    O(accounts[].update_password=always) only, and a warning says so; prove it from a host that matches with M(baremetal.wandb.mysql_check).
  - An account ends with exactly the listed grants, limits and demands, unlocked, and with the plugin C(caching_sha2_password). What was granted by
    hand beside them, roles included, is revoked, and the diff shows it.
  - Databases and accounts that are not listed are left alone. Nothing is ever dropped but what O(hardened) names.
  - Needs MySQL 8.0.28 or newer. MariaDB is refused.
extends_documentation_fragment:
  - baremetal.wandb.mysql
options:
  databases:
    description: The databases that should exist. The default is that of the installation guide of W&B.
    type: list
    elements: dict
    default: [{name: wandb_local}]
    suboptions:
      name:
        description:
          - Name of the database, of at most 64 characters without backticks, slashes, emoji and spaces at its ends.
          - The server's own, such as C(mysql) and C(sys), are refused.
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
        description: Name of the account, of at most 32 characters without a backtick, emoji and spaces at its ends.
        type: str
        default: wandb_local
      host:
        description:
          - From where the account may log in. A name or address, with C(%) and C(_) as wildcards, or an IPv4 network such as V(10.0.0.0/24).
          - Not V(localhost) unless the application runs beside the server and uses its socket.
        type: str
        default: "%"
      password:
        description: The password, of any characters, at most 256 bytes. Stored by the server for C(caching_sha2_password).
        type: str
        required: true
      update_password:
        description:
          - V(proven) logs in as the account, and sets the password when that is refused. Where that login cannot be made, the password is set at
            creation only.
          - V(always) does the same, and sets the password on every run where that login cannot be made. The task is then changed every time.
          - V(on_create) sets the password of a new account only and never looks at it again.
        type: str
        choices: [proven, always, on_create]
        default: proven
      old_password:
        description:
          - What becomes of the password that is there, for a rotation in which no client is refused. V(retain) lets it be valid beside
            O(accounts[].password), which is set when it is refused; V(discard) ends it when every client has the new one.
          - V(keep) makes no second password. One that is there ends when O(accounts[].password) is set, and else stays, with a warning.
          - V(discard) sets O(accounts[].password) as the first password before, so that what remains is always this one.
          - V(retain) is refused while there are two passwords already, since a third would end one of them.
        type: str
        choices: [keep, retain, discard]
        default: keep
      tls:
        description: What the account has to log in with. V(ssl) is an encrypted connection, V(x509) also a client's certificate.
        type: str
        choices: [none, ssl, x509]
        default: none
      resource_limits:
        description: How much the account may use the server, each at most 4294967295. V(0) stands for no limit.
        type: dict
        default: {}
        suboptions:
          queries_per_hour:
            description: Statements in an hour.
            type: int
            default: 0
          updates_per_hour:
            description: Statements that change something in an hour.
            type: int
            default: 0
          connections_per_hour:
            description: Logins in an hour.
            type: int
            default: 0
          connections:
            description: Connections at a time.
            type: int
            default: 0
      grants:
        description:
          - All that the account may do. Empty leaves it with nothing but the login.
          - When it is left out, the account V(wandb_local) gets what the installation guide of W&B gives it, all privileges on V(wandb_local.*) with the grant
            option, and any other account gets nothing.
        type: list
        elements: dict
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
  proof_host:
    description:
      - Name or address of the server, with O(login_port), by which a password is tried that cannot be by the way of the module's own login, such as that of
        an account for any host while another one of its name for V(localhost) catches logins by the socket.
      - Where that does not lead to the account either, its password is left alone, with a warning.
    type: str
    default: ""
  hardened:
    description:
      - Whether to drop accounts without a name, those of C(root) for other hosts than C(localhost), C(127.0.0.1) and C(::1), and the database
        C(test) when no table is in it. So are those of C(root) that have no password, but for C(root@localhost), which the server then knows by
        the socket (C(auth_socket)); for that the module must log in by the socket as root of the host.
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
    description: Shows databases, accounts and grants before and after; a password only as accepted, refused, set or not tried.
"""

EXAMPLES = r"""
- name: Database and account of W&B Server, as in its installation guide
  baremetal.wandb.mysql_schema:
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root
    accounts:
      - password: "{{ wandb_mysql_password }}"
  vars:
    ansible_python_interpreter: /opt/baremetal-wandb/venv/bin/python

- name: Begin to change its password; end with old_password discard, when W&B Server has the new one
  baremetal.wandb.mysql_schema:
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root
    accounts:
      - password: "{{ new_mysql_password }}"
        old_password: retain
  vars:
    ansible_python_interpreter: /opt/baremetal-wandb/venv/bin/python

- name: An account for monitoring beside it, with TLS only and few connections
  baremetal.wandb.mysql_schema:
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root
    databases: []
    accounts:
      - name: monitoring
        host: 10.0.0.%
        password: "{{ monitoring_password }}"
        tls: ssl
        resource_limits:
          connections: 3
        grants:
          - scope: "*.*"
            privileges: [PROCESS, REPLICATION CLIENT]
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
        - One of C(drop_account), C(install_plugin), C(know_by_socket), C(drop_database), C(create_database), C(alter_database), C(create_account),
          C(unlock_account), C(set_password), C(discard_old_password), C(set_requirements), C(revoke_role), C(revoke) and C(grant).
      type: str
      returned: always
      sample: grant
    database:
      description: Name of the database.
      type: str
      returned: when a database differs
      sample: wandb_local
    plugin:
      description: Name of a plugin that the server lacked.
      type: str
      returned: when one is installed
      sample: auth_socket
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
    tls:
      description: What the account has to log in with.
      type: str
      returned: when an account is made or its demands differ
      sample: none
    resource_limits:
      description: The limits of the account.
      type: dict
      returned: when an account is made or its demands differ
      sample: {queries_per_hour: 0, updates_per_hour: 0, connections_per_hour: 0, connections: 0}
    role:
      description: The role that is revoked.
      type: str
      returned: when a role differs
      sample: "'dba'@'%'"
  sample:
    - action: set_password
      account: wandb_local@%
unproven:
  description: The accounts whose password cannot be tried from the module's host. A warning names each that was there and kept its password.
  returned: success
  type: list
  elements: dict
  contains:
    account:
      description: Name and host of the account.
      type: str
      returned: always
      sample: wandb_local@10.0.0.%
    reason:
      description: Why a login from here would not end at it.
      type: str
      returned: always
      sample: its host part does not match localhost, which is where this login comes from
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.baremetal.wandb.plugins.module_utils import _mysql, _mysql_schema

GRANT = {
    "scope": {"type": "str", "required": True},
    "privileges": {"type": "list", "elements": "str", "default": ["ALL"]},
    "grant_option": {"type": "bool", "default": False},
}
LIMITS = {name: {"type": "int", "default": 0} for name in _mysql_schema.LIMITS}
ACCOUNT = {
    "name": {"type": "str", "default": "wandb_local"},
    "host": {"type": "str", "default": "%"},
    "password": {"type": "str", "required": True, "no_log": True},
    "update_password": {"type": "str", "choices": ["proven", "always", "on_create"], "default": "proven", "no_log": False},
    "old_password": {"type": "str", "choices": ["keep", "retain", "discard"], "default": "keep", "no_log": False},
    "tls": {"type": "str", "choices": ["none", "ssl", "x509"], "default": "none"},
    "resource_limits": {"type": "dict", "default": {}, "options": LIMITS, "apply_defaults": True},
    "grants": {"type": "list", "elements": "dict", "options": GRANT},
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
            "databases": {"type": "list", "elements": "dict", "default": [{"name": "wandb_local"}], "options": DATABASE},
            "accounts": {"type": "list", "elements": "dict", "default": [], "options": ACCOUNT},
            "proof_host": {"type": "str", "default": ""},
            "hardened": {"type": "bool", "default": False},
        },
        mutually_exclusive=[["login_unix_socket", "login_host"]],
        required_one_of=[["login_unix_socket", "login_host"]],
        supports_check_mode=True,
    )
    _mysql_schema.run(module)


if __name__ == "__main__":
    main()
