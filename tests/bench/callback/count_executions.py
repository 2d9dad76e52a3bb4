# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = """
name: count_executions
type: aggregate
short_description: Writes a line for each module that runs on a host
description:
  - A task costs by the modules that it runs, and a V(template) or V(copy) runs two. Each call of the method with which action
    plugins run a module appends one JSON line with C(host), C(module), C(task) and C(seconds) to a file when it ends.
  - C(host) is where the module runs, so a delegated task counts for the host it is delegated to.
  - Play workers are forks of the process that loads this plugin, so they carry the wrapped method along; a short line appended to
    a file is written whole also by many processes.
options:
  path:
    description: File to append to.
    type: path
    required: true
    env: [{name: COUNT_EXECUTIONS_FILE}]
"""

import functools
import json
import os
import time

from ansible.plugins.action import ActionBase
from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "count_executions"

    def set_options(self, task_keys=None, var_options=None, direct=None):
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)
        path = self.get_option("path")
        execute = ActionBase._execute_module

        @functools.wraps(execute)
        def counted(action, module_name=None, module_args=None, tmp=None, task_vars=None, **more):
            begun = time.monotonic()
            try:
                return execute(action, module_name, module_args, tmp, task_vars, **more)
            finally:
                task = action._task
                record = {
                    "host": task.delegate_to or (task_vars or {}).get("inventory_hostname", ""),
                    "module": module_name or task.action,
                    "task": task.get_name(),
                    "seconds": round(time.monotonic() - begun, 3),
                }
                line = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
                try:
                    os.write(line, (json.dumps(record) + "\n").encode())
                finally:
                    os.close(line)

        ActionBase._execute_module = counted
