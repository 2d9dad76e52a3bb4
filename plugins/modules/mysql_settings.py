#!/usr/bin/python
# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_settings
short_description: Settings of a running MySQL server in one call
version_added: 0.1.0
author: The baremetal.wandb authors (!UNKNOWN)
description:
  - Compares the settings of an option file with what the server runs with, and sets at once what a running server takes.
  - Tells which settings need a restart, and does not restart.
  - Does not write the option file. Whoever writes it there and here makes a setting that somebody changed by hand come back, before a restart and
    after it. A value of O(settings) that C(SET PERSIST) keeps over the file is reset; other persisted values are kept and reported.
  - Fails when a setting that takes a restart is also set by another option file that is read after O(settings_file), or by the server's command
    line, since no restart would then bring it.
  - Fails before anything is set when the running server would not take a value, or would make another one of it.
  - Of two settings that bound each other, such as C(innodb_io_capacity) and C(innodb_io_capacity_max), the upper is raised first and lowered last. Fails
    before anything is set when the lower would be above it. C(gtid_mode) goes step by step, and fails before anything is set where there are replicas.
  - A setting that O(settings_file) held when the server started, and that the server shows as something else, such as C(log_bin) with the name of its
    files, needs no restart. It is warned of.
  - When O(settings) has C(ssl_cert) and that file holds another certificate than the server uses, or a setting C(ssl_*) was set, the server reads its
    certificates again, without a restart and without an end of any connection.
  - A size of the buffer pool that the server rounds up to whole chunks is taken as equal.
  - Sessions that are open keep the session values that they began with.
extends_documentation_fragment:
  - baremetal.wandb.mysql
options:
  settings:
    description:
      - The settings by name, in small letters and underscores, with values as the option file holds them, for example V(32M) or V(ON).
      - Besides global variables it may name a plugin, for example C(mysqlx), and options that the server does not show.
    type: dict
    required: true
  settings_file:
    description:
      - Path of the option file on the host where the module runs.
      - An option that the server does not show needs a restart when this file was changed after the start of the server.
      - A variable that the server has from this file and that is not among O(settings) goes back to its default, or needs a restart.
    type: path
  former_file:
    description:
      - Path of a copy of O(settings_file) as the server began with it, if there is one; one that was changed after the start is none. An option that the
        server does not show needs no restart when it is there with the same value.
    type: path
  formerly:
    description:
      - Names that O(settings_file) had before it was written anew.
      - One that is not among O(settings) any more, and that was set while the server ran, goes back to its default. Without its name here it would not be
        told from those that others set, and would keep its value until the next restart.
    type: list
    elements: str
    default: []
  elsewhere:
    description:
      - Names of O(formerly) that other option files set. The value of such a file comes with a restart alone, so that they need one when they are not among
        O(settings) any more.
    type: list
    elements: str
    default: []
  later:
    description:
      - What other option files set that the server reads after O(settings_file), the path of the file by the name of the setting. What has another value
        there is RV(overridden) in every run, also when the server was brought to O(settings) while it runs.
    type: dict
    default: {}
  unit:
    description:
      - Systemd unit of the server. Its process is then compared with C(LimitNOFILE) of the unit as it is now, and needs a restart as C(LimitNOFILE) when
        it may have fewer files open, as after a drop-in file was missing when it started.
    type: str
attributes:
  check_mode:
    support: full
    description:
      - Nothing is changed, and the result tells what would be. The server judges the values in sessions that end at once, and beside an assignment that
        it never takes, with which it takes none.
      - When the library is missing or nothing listens at the address, as on a fresh host, all settings are reported, with a warning.
  diff_mode:
    support: full
    description: Shows the settings that differ before and after.
"""

EXAMPLES = r"""
- name: Bring back the settings of the option file
  baremetal.wandb.mysql_settings:
    login_unix_socket: /run/mysqld/mysqld.sock
    login_user: root
    settings:
      sort_buffer_size: 32M
      sync_binlog: 1
      mysqlx: "OFF"
    settings_file: /etc/mysql/mysql.conf.d/zz-baremetal-wandb.cnf
  register: mysql_settings
  vars:
    ansible_python_interpreter: /opt/baremetal-wandb/venv/bin/python

- name: Restart the server when a setting needs it
  ansible.builtin.systemd_service:
    name: mysql
    state: restarted
  when: mysql_settings.restart_required | length > 0
"""

RETURN = r"""
changes:
  description: The differences that were found, in the order of O(settings).
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the setting, or C(LimitNOFILE) of O(unit).
      type: str
      returned: always
      sample: sort_buffer_size
    before:
      description: What the server ran with, C(persisted) for a value that C(SET PERSIST) kept, null when the server does not show it.
      type: str
      returned: always
      sample: "262144"
    after:
      description: What it should run with, C(no longer listed) for what the file does not set any more.
      type: str
      returned: always
      sample: 32M
    how:
      description:
        - C(set) when the running server took it, C(reset) when it went back to the default, C(reset_persisted) when a persisted value was dropped,
          C(reload_tls) when it read its certificates again, C(restart) when only a restart of the server brings it, C(shown) when the server began with it
          and shows something else, which changes nothing.
      type: str
      returned: always
      sample: set
  sample:
    - name: sort_buffer_size
      before: "262144"
      after: 32M
      how: set
restart_required:
  description: Names of the settings that only a restart of the server brings. They alone do not make the task changed.
  returned: success
  type: list
  elements: str
  sample: [bind_address]
shown:
  description: Names of the settings that the server began with and shows as something else. Each is warned of.
  returned: success
  type: list
  elements: str
  sample: [log_bin]
refused:
  description: Names of the settings whose values the running server would not take.
  returned: when there are such
  type: list
  elements: str
  sample: [sql_mode]
persisted:
  description: What C(SET PERSIST) keeps over every option file, of variables that are not among O(settings). Each is warned of.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the variable.
      type: str
      returned: always
      sample: max_heap_table_size
    value:
      description: The value that is kept.
      type: str
      returned: always
      sample: "33554432"
  sample: [{name: max_heap_table_size, value: "33554432"}]
overridden:
  description:
    - Settings that something else than O(settings_file) sets at the start of the server, with another value. The running server was brought to
      O(settings), and the next start takes that back. Each is warned of.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the setting.
      type: str
      returned: always
      sample: sort_buffer_size
    path:
      description: The option file, or C(the command line of the server).
      type: str
      returned: always
      sample: /etc/mysql/mysql.conf.d/zzz.cnf
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.baremetal.wandb.plugins.module_utils import _mysql, _mysql_settings


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **_mysql.CONNECTION,
            "settings": {"type": "dict", "required": True},
            "settings_file": {"type": "path"},
            "former_file": {"type": "path"},
            "formerly": {"type": "list", "elements": "str", "default": []},
            "elsewhere": {"type": "list", "elements": "str", "default": []},
            "later": {"type": "dict", "default": {}},
            "unit": {"type": "str"},
        },
        mutually_exclusive=[["login_unix_socket", "login_host"]],
        required_one_of=[["login_unix_socket", "login_host"]],
        supports_check_mode=True,
    )
    _mysql_settings.run(module)


if __name__ == "__main__":
    main()
