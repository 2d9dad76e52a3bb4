# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: module_cache
type: aggregate
short_description: Pack each module once for all runs of a scenario
author: The baremetal.wandb authors (!UNKNOWN)
description:
  - Ansible packs a module with all that it imports when a run first needs it, which takes about 0.2 s of processor time for each module and run.
    A scenario has up to 30 runs. This lets them share the folder of the packed modules that E(MODULE_CACHE) names.
"""

import os
import typing as t

from ansible import constants
from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "module_cache"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_start(self, playbook: t.Any) -> None:
        os.symlink(os.environ["MODULE_CACHE"], os.path.join(constants.DEFAULT_LOCAL_TMP, "ansiballz_cache"))
