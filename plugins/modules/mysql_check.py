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
  - The expected values are those of the installation guide of W&B.
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
  minimum_version:
    description: Oldest version of MySQL that passes, as numbers with dots.
    type: str
    default: 8.0.28
  expected:
    description: Global variables of the server and their values. Those with a size may be larger.
    type: dict
    default: {}
    suboptions:
      binlog_format:
        description: What the binary log holds.
        type: str
        default: ROW
      binlog_row_image:
        description: Which columns of a changed row the binary log holds.
        type: str
        default: MINIMAL
      sync_binlog:
        description: After how many commits the binary log is synced to disk.
        type: int
        default: 1
      innodb_flush_log_at_trx_commit:
        description: When the log of InnoDB is written and synced; V(1) is at each commit.
        type: int
        default: 1
      innodb_online_alter_log_max_size:
        description: Least size in bytes of the log of changes to a table while it is altered online.
        type: int
        default: 268435456
      sort_buffer_size:
        description: Least size in bytes of the sort buffer of a session.
        type: int
        default: 33554432
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
    expected:
      sort_buffer_size: 67108864
    fail_on: never
"""

RETURN = r"""
checks:
  description:
    - One record for each check, in a fixed order.
    - The ids are C(mysql.login), C(mysql.flavour), C(mysql.version), C(mysql.variable.NAME) for C(log_bin) and each variable of O(expected),
      C(mysql.database.exists), C(mysql.database.encoding), C(mysql.account.grants), C(mysql.write) and C(mysql.clock).
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
      sample: "262144"
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
      found: "33554432"
      advice: ""
      seconds: 0.002
summary:
  description: How many checks have each status.
  returned: always
  type: dict
  sample: {pass: 15, warn: 1, fail: 0, skip: 0}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.baremetal.wandb.plugins.module_utils import _check, _mysql, _mysql_check

EXPECTED = {
    "binlog_format": {"type": "str", "default": "ROW"},
    "binlog_row_image": {"type": "str", "default": "MINIMAL"},
    "sync_binlog": {"type": "int", "default": 1},
    "innodb_flush_log_at_trx_commit": {"type": "int", "default": 1},
    "innodb_online_alter_log_max_size": {"type": "int", "default": 268435456},
    "sort_buffer_size": {"type": "int", "default": 33554432},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **_check.ARGUMENTS,
            **_mysql.CONNECTION,
            "database": {"type": "str", "default": "wandb_local"},
            "encoding": {"type": "str", "default": "utf8mb4"},
            "collation": {"type": "str", "default": "utf8mb4_general_ci"},
            "minimum_version": {"type": "str", "default": "8.0.28"},
            "expected": {"type": "dict", "default": {}, "options": EXPECTED, "apply_defaults": True},
            "probe": {"type": "str", "choices": ["write", "read"], "default": "write"},
        },
        mutually_exclusive=[["login_unix_socket", "login_host"]],
        required_one_of=[["login_unix_socket", "login_host"]],
        supports_check_mode=True,
    )
    _mysql_check.run(module)


if __name__ == "__main__":
    main()
