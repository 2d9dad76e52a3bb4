#!/usr/bin/python

# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_fingerprint
short_description: Tell whether the schema of a MySQL database is still the one that it was
version_added: 0.1.0
description:
  - Reads tables, columns and indexes of a database from C(information_schema), and the rows of its tables of migrations, which say how far these are.
  - Two equal fingerprints mean that no migration has begun in between.
options:
  database:
    description: The database.
    type: str
    default: wandb_local
extends_documentation_fragment:
  - baremetal.wandb.mysql
attributes:
  check_mode:
    description: Can run in check mode and returns changed status prediction without modifying the target.
    support: full
  diff_mode:
    description: Returns details on what has changed.
    support: none
  idempotent:
    description: Changes nothing.
    support: full
author:
  - The baremetal.wandb authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Read the schema before an upgrade
  baremetal.wandb.mysql_fingerprint:
    login_host: 10.0.0.12
    login_user: wandb_local
    login_password: "{{ wandb_mysql_password }}"
  vars:
    ansible_python_interpreter: "{{ tools_python }}"
  register: before
"""

RETURN = r"""
fingerprint:
  description: SHA-256 of the schema.
  returned: always
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
tables:
  description: How many tables there are.
  returned: always
  type: int
  sample: 120
"""

import hashlib
import json

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.baremetal.wandb.plugins.module_utils import _mysql

STATEMENTS = (
    "SELECT TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_COLLATION FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s ORDER BY 1",
    "SELECT TABLE_NAME, ORDINAL_POSITION, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA FROM information_schema.COLUMNS"
    " WHERE TABLE_SCHEMA = %s ORDER BY 1, 2",
    "SELECT TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME, NON_UNIQUE FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = %s ORDER BY 1, 2, 3",
)


def main():
    module = AnsibleModule(
        argument_spec={**_mysql.CONNECTION, "database": {"type": "str", "default": "wandb_local"}},
        mutually_exclusive=[["login_unix_socket", "login_host"]],
        required_one_of=[["login_unix_socket", "login_host"]],
        supports_check_mode=True,
    )
    database = module.params["database"]
    server = _mysql.server(module)
    try:
        rows = [server.rows(statement, database) for statement in STATEMENTS]
        for table in (row[0] for row in rows[0] if "migrations" in row[0].lower()):
            rows.append(sorted(server.rows("SELECT * FROM `%s`.`%s`" % (database.replace("`", "``"), table.replace("`", "``"))), key=str))
    except server.pymysql.err.MySQLError as error:
        module.fail_json(
            msg="Could not read the schema of %s at %s as %s (%s): %s."
            % (database, server.address, module.params["login_user"], _mysql.error_text(error), _mysql.login_advice(error, server))
        )
    module.exit_json(changed=False, tables=len(rows[0]), fingerprint=hashlib.sha256(json.dumps(rows, default=str).encode()).hexdigest())


if __name__ == "__main__":
    main()
