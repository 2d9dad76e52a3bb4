# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: unknown_groups
short_description: Groups of an inventory that are meant for this collection and that it does not know
version_added: 0.1.0
author: The baremetal.wandb authors
description:
  - A play for a group that is not there does nothing and looks well. This finds groups whose names begin with C(wandb), or are nearly one of the groups of
    this collection, and are none.
  - A group of the user's own that holds all hosts of a group of this collection, or whose hosts are all in one, is left alone.
options:
  _input:
    description: The variable C(groups).
    type: dictionary
    required: true
"""

EXAMPLES = r"""
- name: Stop for misspelt groups
  ansible.builtin.assert:
    that: groups | baremetal.wandb.unknown_groups | length == 0
"""

RETURN = r"""
_value:
  description: One sentence for each such group, in alphabetical order; one alone when no group of this collection has a host.
  type: list
  elements: string
  sample:
    - >-
      The inventory has a group wandb_servers, which this collection does not know: did you mean wandb_server? Call it so, for example
      wandb_server: {hosts: {app1: }}.
"""

import difflib
import typing as t

from ansible.errors import AnsibleFilterError

KNOWN = ("wandb_mysql", "wandb_minio", "wandb_server", "wandb_proxy", "wandb_client")


def _plain(name: str) -> str:
    return name.lower().replace("-", "_").removeprefix("wandb").strip("_")


def _nearest(name: str, cutoff: float) -> str:
    near = difflib.get_close_matches(_plain(name), [_plain(known) for known in KNOWN], n=1, cutoff=cutoff)
    return "wandb_" + near[0] if near else ""


def _is_ours(name: str) -> bool:
    """Whether a name is meant to be one of ours: it begins as they do, or is one of them but for a letter or two."""
    return name.lower().startswith("wandb") or bool(difflib.get_close_matches(name.lower().replace("-", "_"), KNOWN, n=1, cutoff=0.87))


def _is_kin(hosts: set[str], name: str, known: dict[str, set[str]]) -> bool:
    """Whether a group is the user's own above or below one of ours. One that is nearly called like an empty one of ours is that one."""
    near = _nearest(name, 0.75)
    if near and not known[near]:
        return False
    return any(ours and (ours <= hosts or hosts <= ours) for ours in known.values())


def unknown_groups(groups: t.Mapping[str, t.Sequence[str]]) -> list[str]:
    if not isinstance(groups, t.Mapping):
        raise AnsibleFilterError("unknown_groups takes the variable groups, not %r" % (groups,))
    known = {name: set(groups.get(name, ())) for name in KNOWN}
    sentences = []
    for name in sorted(set(groups) - set(KNOWN)):
        if _is_ours(name) and not _is_kin(set(groups[name]), name, known):
            near = _nearest(name, 0.4)
            host = next(iter(groups[name]), "app1")
            sentences.append(
                "The inventory has a group %s, which this collection does not know: %s, for example %s: {hosts: {%s: }}."
                % (name, "did you mean %s? Call it so" % near if near else "its groups are %s" % ", ".join(KNOWN), near or KNOWN[2], host)
            )
    if not sentences and not any(known.values()):
        sentences.append(
            "The inventory has no host in any of the groups %s, so nothing would be done: name your inventory, for example "
            "-i inventories/cluster, and put its hosts into these groups." % ", ".join(KNOWN)
        )
    return sentences


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"unknown_groups": unknown_groups}
