# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests that render the rules of a role share: its files as Ansible reads them. The fixtures for it are in conftest.py."""

from __future__ import annotations

import functools
import typing as t

from ansible.parsing.dataloader import DataLoader
from repository import TOP


@functools.cache
def role_file(role: str, path: str) -> t.Any:
    return DataLoader().load_from_file(str(TOP / "roles" / role / path), trusted_as_template=True)
