#!/usr/bin/python
# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_check
short_description: Prove that a MySQL server is what W&B Server needs
version_added: 0.1.0
author: The baremetal.wandb authors (!UNKNOWN)
description:
  - Logs in as the application's own account, best from the application's host, and checks version, variables, database, grants and a write.
  - Each variable is shown with what set it, such as an option file, as far as the server tells.
  - What is C(warn) is a warning of the run, too, unless O(fail_on) says otherwise.
  - What the account may not look at, as on a service whose vendor keeps privileges to himself, is C(skip) with the reason.
  - Changes nothing. The probe of O(probe=write) makes one small table C(baremetal_wandb_probe) in O(database) and drops it, also one that
    a crash left behind.
extends_documentation_fragment:
  - baremetal.wandb.check
  - baremetal.wandb.mysql
options:
  database:
    description: Name of the application's database.
    type: str
    default: wandb_local
  encoding:
    description: Default character set that O(database) should have.
    type: str
    default: utf8mb4
  collation:
    description: Default collation that O(database) should have.
    type: str
    default: utf8mb4_general_ci
  profile:
    description:
      - V(guide) expects the six variables of W&B's installation guide and MySQL 8.0.28, V(current) the newer figures of its reference architecture, a
        sort buffer of 64 MiB and C(max_prepared_stmt_count) besides them, and MySQL 8.4.
    type: str
    choices: [guide, current]
    default: guide
  minimum_version:
    description: Oldest version of MySQL that passes, as numbers with dots. Empty takes that of the O(profile).
    type: str
    default: ""
  expected:
    description:
      - Global variables of the server and their values, beside or instead of those of the O(profile), as an option file would hold them, for example
        V(64M).
      - C(sort_buffer_size), C(innodb_online_alter_log_max_size) and C(max_prepared_stmt_count) may be larger.
      - A server that has what is given here instead of the profile's passes with a warning, unless it has as much as the profile asks for, too.
      - Those that the profile does not name are one record, C(mysql.settings). Names that the server does not show are passed over.
    type: dict
    default: {}
  pending:
    description: Names of variables that wait for a restart of the server. They warn instead of failing.
    type: list
    elements: str
    default: []
  planned:
    description:
      - What a run in check mode would change before this proof if it were not one, as names of variables, and of checks where it is no variable
        (C(mysql.login), C(mysql.database.encoding), C(mysql.account.grants)). They warn instead of failing and say so; a login that cannot succeed yet is
        skipped with all that needs it.
    type: list
    elements: str
    default: []
  overridden:
    description:
      - Settings that another option file sets, too, and wins with at the next start of the server, the path of the file by the name of the setting, as
        M(baremetal.wandb.mysql_settings) finds them. Each is warned of.
    type: dict
    default: {}
  tls:
    description: What an unencrypted login over the network is. V(preferred) warns of it, V(required) fails, V(ignore) accepts it.
    type: str
    choices: [preferred, required, ignore]
    default: preferred
  on_database_host:
    description: Whether the module runs on the server's own host, where it looks at the disk of the data. Left out, a login by a socket says so.
    type: bool
  retired_password:
    description: A password that the account had before, which the server must refuse now.
    type: str
    default: ""
  probe:
    description: V(write) also writes to O(database), V(read) leaves that out. In check mode it is left out always.
    type: str
    choices: [write, read]
    default: write
"""

EXAMPLES = r"""
- name: Prove the database as the application sees it
  baremetal.wandb.mysql_check:
    login_host: 10.0.0.12
    login_user: wandb_local
    login_password: "{{ wandb_mysql_password }}"
  vars:
    ansible_python_interpreter: /opt/baremetal-wandb/venv/bin/python

- name: Only look at the variables of a server of one's own, with a larger sort buffer
  baremetal.wandb.mysql_check:
    login_host: mysql.example.com
    login_user: wandb_local
    login_password: "{{ wandb_mysql_password }}"
    only: [mysql.login, mysql.variable.*]
    profile: current
    expected:
      sort_buffer_size: 128M
    fail_on: never
"""

RETURN = r"""
checks:
  description:
    - One record for each check, in a fixed order.
    - The page docs/checks.md of the collection lists the ids.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: Stable name of the check.
      type: str
      returned: always
      sample: mysql.variable.sort_buffer_size
    title:
      description: The fact that is checked.
      type: str
      returned: always
      sample: the sort buffer fits W&B's JSON sorts
    status:
      description: One of C(pass), C(warn), C(fail) and C(skip).
      type: str
      returned: always
      sample: fail
    expected:
      description: What should have been found.
      type: raw
      returned: always
      sample: at least 33554432
    found:
      description: What was found.
      type: raw
      returned: always
      sample: 262144, the default
    advice:
      description: What to do about it. Empty when the check passed.
      type: str
      returned: always
      sample: "set mysql_settings.sort_buffer_size to 33554432, or on a server of your own: SET PERSIST sort_buffer_size = 33554432"
    seconds:
      description: How long the check took.
      type: float
      returned: always
      sample: 0.002
  sample:
    - id: mysql.variable.sort_buffer_size
      title: the sort buffer fits W&B's JSON sorts
      status: pass
      expected: at least 33554432
      found: 33554432, from /etc/mysql/mysql.conf.d/zz-baremetal-wandb.cnf
      advice: ""
      seconds: 0.002
summary:
  description: How many checks have each status.
  returned: always
  type: dict
  sample: {pass: 23, warn: 2, fail: 0, skip: 2}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.baremetal.wandb.plugins.module_utils import _check, _mysql, _mysql_check, _mysql_table


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **_check.ARGUMENTS,
            **_mysql.CONNECTION,
            "database": {"type": "str", "default": "wandb_local"},
            "encoding": {"type": "str", "default": "utf8mb4"},
            "collation": {"type": "str", "default": "utf8mb4_general_ci"},
            "profile": {"type": "str", "choices": list(_mysql_table.PROFILES), "default": "guide"},
            "minimum_version": {"type": "str", "default": ""},
            "expected": {"type": "dict", "default": {}},
            "pending": {"type": "list", "elements": "str", "default": []},
            "planned": {"type": "list", "elements": "str", "default": []},
            "overridden": {"type": "dict", "default": {}},
            "tls": {"type": "str", "choices": ["preferred", "required", "ignore"], "default": "preferred"},
            "on_database_host": {"type": "bool"},
            "retired_password": {"type": "str", "default": "", "no_log": True},
            "probe": {"type": "str", "choices": ["write", "read"], "default": "write"},
        },
        mutually_exclusive=[["login_unix_socket", "login_host"]],
        required_one_of=[["login_unix_socket", "login_host"]],
        supports_check_mode=True,
    )
    _mysql_check.run(module)


if __name__ == "__main__":
    main()
