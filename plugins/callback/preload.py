# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: preload
type: aggregate
short_description: Load the plugins of a run once, before its tasks
version_added: 0.1.0
author: The baremetal.wandb authors (!UNKNOWN)
description:
  - Ansible runs each task for each host in a process of its own, which is a copy of the first one and loads what this has not loaded yet, each time anew.
    This loads what nearly all tasks of this collection need into the first one, when the playbook starts, and keeps the garbage collector of the
    others from looking through it.
  - Changes no result, says nothing, and takes about a fifth off the work of the controller.
requirements:
  - enable in configuration, as the C(ansible.cfg) of this collection's source does
"""

import gc
import typing as t
from pathlib import Path

from ansible.parsing.dataloader import DataLoader
from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import action_loader, become_loader, connection_loader, filter_loader, lookup_loader, shell_loader, test_loader

try:
    from ansible.template import Templar, trust_as_template
except ImportError:  # an ansible-core before 2.19, which the preflight of the site refuses in a sentence
    trust_as_template = None

FILTERS = [*"combine default flatten map regex_replace reject rejectattr select selectattr to_json unique".split()] + [
    "baremetal.wandb." + path.stem for path in (Path(__file__).parent.parent / "filter").glob("*.py")
]
TESTS = "changed defined match search skipped".split()
CLASSES = (
    (action_loader, "assert command copy debug include_vars normal set_fact template validate_argument_spec".split()),
    (connection_loader, ["local", "ssh"]),
    (become_loader, ["sudo"]),
    (lookup_loader, ["file", "vars"]),
)


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "baremetal.wandb.preload"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_start(self, playbook: t.Any) -> None:
        if not trust_as_template:
            return
        Templar(DataLoader(), variables={}).evaluate_conditional(trust_as_template("unknown is defined"))
        for name in FILTERS:
            filter_loader.get(name)
        for name in TESTS:
            test_loader.get(name)
        for loader, names in CLASSES:
            for name in names:
                loader.get("ansible.builtin." + name, class_only=True)
        shell_loader.get("sh")

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        # Else the collector of each task's process goes through all of this again, and copies the memory that it marks.
        gc.freeze()
