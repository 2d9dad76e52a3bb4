# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: nearest_names
short_description: Names that are not known, each with the known one that it may mean
version_added: 0.1.0
author: The baremetal.wandb authors
description:
  - Returns those of the names that are not known, and for each the nearest known one.
positional: known
options:
  _input:
    description: Names, or a dictionary of which they are the keys.
    type: list
    elements: string
    required: true
  known:
    description: The names that are known.
    type: list
    elements: string
    required: true
"""

EXAMPLES = r"""
- name: Tell of names that may be misspelt
  ansible.builtin.debug:
    msg: "{{ ['SESION_LENGTH'] | baremetal.wandb.nearest_names(['HOST', 'SESSION_LENGTH']) }}"
"""

RETURN = r"""
_value:
  description: Each unknown name in alphabetical order, with the nearest known one, or with nothing where none is near.
  type: dictionary
  sample: {SESION_LENGTH: SESSION_LENGTH}
"""

import difflib
import typing as t


def nearest_names(names: t.Iterable[str], known: t.Iterable[str]) -> dict[str, str]:
    plain = sorted(known)
    return {name: "".join(difflib.get_close_matches(name.upper(), plain, n=1, cutoff=0.75)) for name in sorted(set(names) - set(plain))}


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"nearest_names": nearest_names}
