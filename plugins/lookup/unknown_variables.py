# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: unknown_variables
short_description: Variables of the inventory that begin like a role of this collection and that none knows
version_added: 0.1.0
author: The baremetal.wandb authors (!UNKNOWN)
description:
  - Ansible takes a misspelled variable without a word, and the role runs with its default. This looks for such names among the variables of all
    hosts and the extra variables, and warns of each with the nearest name that a role knows.
  - A role knows the options of its C(meta/argument_specs.yml).
options:
  _terms:
    description: Names that belong to somebody else's roles, with V(*) as wildcard.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Stop for misspelled variables
  ansible.builtin.assert:
    that: lookup('baremetal.wandb.unknown_variables', 'nginx_status_*', wantlist=true) | length == 0
"""

RETURN = r"""
_raw:
  description: One sentence for each name, in alphabetical order.
  type: list
  elements: str
  sample:
    - "No role of baremetal.wandb knows the variable wandb_s3_bukket: did you mean wandb_s3_bucket?"
"""

import difflib
import typing as t
from fnmatch import fnmatchcase
from pathlib import Path

import yaml
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display

ROLES = Path(__file__).resolve().parents[2] / "roles"


def known_variables(roles: Path = ROLES) -> set[str]:
    """The names of all options of all roles."""
    names: set[str] = set()
    for file in roles.glob("*/meta/argument_specs.yml"):
        specs = yaml.load(file.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        names |= set(specs["argument_specs"]["main"].get("options", {}))
    return names


def unknown(names: t.Iterable[str], known: set[str], foreign: t.Sequence[str] = ()) -> list[str]:
    """A sentence for each name that begins like a known one and is none."""
    prefixes = tuple({name.split("_")[0] + "_" for name in known})
    sentences = []
    for name in sorted(set(names) - known):
        if name.startswith(prefixes) and not any(fnmatchcase(name, pattern) for pattern in foreign):
            near = difflib.get_close_matches(name, sorted(known), n=1)
            hint = "did you mean %s?" % near[0] if near else "remove it, or list it in preflight_foreign_variables."
            sentences.append("No role of baremetal.wandb knows the variable %s: %s" % (name, hint))
    return sentences


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: t.Mapping[str, t.Any] | None = None, **kwargs: t.Any) -> list[str]:
        hostvars = (variables or {})["hostvars"]
        sentences = unknown((str(name) for host in hostvars for name in hostvars[host]), known_variables(), terms)
        for sentence in sentences:
            Display().warning(sentence)
        return sentences
