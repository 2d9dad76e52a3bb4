# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: module_cache
type: aggregate
short_description: Pack each module and compile each template once for all runs of a scenario
author: The baremetal.wandb authors (!UNKNOWN)
description:
  - Ansible packs a module with all that it imports when a run first needs it, which takes about 0.2 s of processor time for each module and run.
    A scenario has up to 30 runs. This lets them share the folder of the packed modules that E(MODULE_CACHE) names.
  - Jinja compiles each template anew in the process of each task, which is a seventh of its processor time. What it made is kept there too.
"""

import os
import typing as t

from ansible import constants
from ansible.plugins.callback import CallbackBase
from ansible.release import __version__
from jinja2 import Environment, FileSystemBytecodeCache

SYNTAX = "block_start_string variable_start_string comment_start_string trim_blocks lstrip_blocks newline_sequence keep_trailing_newline".split()
compile_template = Environment.compile


def compile_once(environment: Environment, source: t.Any, *options: t.Any, **named: t.Any) -> t.Any:
    if options or named or not isinstance(source, str):
        return compile_template(environment, source, *options, **named)
    cache = FileSystemBytecodeCache(os.environ["MODULE_CACHE"])
    syntax = [getattr(environment, name) for name in SYNTAX]
    bucket = cache.get_bucket(environment, source, repr([__version__, *syntax]), source)  # releases of Ansible compile differently
    if bucket.code is None:
        bucket.code = compile_template(environment, source)
        cache.set_bucket(bucket)
    return bucket.code


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "module_cache"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_start(self, playbook: t.Any) -> None:
        Environment.compile = compile_once
        os.symlink(os.environ["MODULE_CACHE"], os.path.join(constants.DEFAULT_LOCAL_TMP, "ansiballz_cache"))
