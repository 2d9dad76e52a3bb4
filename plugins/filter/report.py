# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: report
short_description: Put the check records of all hosts into one report, the cause before its consequences
version_added: 0.1.0
author: The baremetal.wandb authors
description:
  - Orders the records of the check modules along the way on which one broken thing breaks the next - hosts, database, MinIO nodes, the
    public names, object store, W&B's container, W&B, client - so that the first failed record names the cause.
  - A host without records is a failed record itself, C(host.examined).
options:
  _input:
    description: For each host the records that its check modules returned as C(checks), in the order in which they ran.
    type: dictionary
    required: true
seealso:
  - plugin: baremetal.wandb.junit
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Name the first broken thing
  ansible.builtin.debug:
    msg: "{{ (records | baremetal.wandb.report).sentence }}"
  vars:
    records:
      db1: "{{ hostvars['db1'].database.checks }}"
      app1: "{{ hostvars['app1'].database.checks + hostvars['app1'].store.checks }}"
"""

RETURN = r"""
_value:
  description: The report.
  type: dictionary
  contains:
    checks:
      description: All records in order, each with the key C(host).
      type: list
      elements: dictionary
    summary:
      description: How many records have each status.
      type: dictionary
      sample: {pass: 96, warn: 2, fail: 1, skip: 4}
    topics:
      description: The same for each topic, the part of the id before the first dot.
      type: dictionary
      sample: {host: {pass: 60, warn: 2, fail: 0, skip: 0}}
    sentence:
      description: The first failed record as a sentence with its remedy, and how many more failed. Empty when none did.
      type: string
    lines:
      description: The report in a few lines for a terminal - the topics, then what failed, warned or was left out, and why.
      type: list
      elements: string
"""

import json
import typing as t
from fnmatch import fnmatchcase

from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.wandb.plugins.module_utils._check import STATUSES, summary

# Each stands on those before it. The names come before what is asked through them, W&B before its client.
_WAY = (
    "host.*",
    "mysql.*",
    "s3.minio.*",
    "edge.*.resolve",
    "edge.*.port",
    "edge.*.certificate.*",
    "edge.*.redirect",
    "s3.*",
    "server.*",
    "edge.*",
    "wandb.*",
)


def report(records: t.Mapping[str, t.Sequence[t.Mapping[str, t.Any]]]) -> dict[str, t.Any]:
    if not isinstance(records, t.Mapping):
        raise AnsibleFilterError("report takes a dictionary of host names and their lists of check records, not %r" % type(records).__name__)
    checks = []
    for host, its in records.items():
        checks += [{"host": host, **record} for record in its or [_unexamined()]]
    checks.sort(key=_rank)
    failed = [check for check in checks if check["status"] == "fail"]
    topics: dict[str, list] = {}
    for check in checks:
        topics.setdefault(check["id"].split(".")[0], []).append(check)
    counts = {topic: summary(its) for topic, its in topics.items()}
    return {
        "checks": checks,
        "summary": summary(checks),
        "topics": counts,
        "sentence": _sentence(failed),
        "lines": _lines(checks, counts),
    }


def _unexamined() -> dict[str, t.Any]:
    return {
        "id": "host.examined",
        "title": "the host was examined",
        "status": "fail",
        "expected": "records of its checks",
        "found": "none: it is unreachable, or its checks broke off with the error above",
        "advice": "switch the host on, and see that Ansible logs in to it",
        "seconds": 0.0,
    }


def _rank(check: t.Mapping[str, t.Any]) -> int:
    matching = (place for place, pattern in enumerate(_WAY) if fnmatchcase(check["id"], pattern))
    return next(matching, len(_WAY))


def _text(value: t.Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _account(check: t.Mapping[str, t.Any]) -> str:
    """A record that did not hold, as one sentence after its host."""
    text = "%s: %s (%s): expected %s, found %s." % (
        check["host"],
        check["title"],
        check["id"],
        _text(check["expected"]),
        _text(check["found"]).rstrip("."),
    )
    return "%s Remedy: %s." % (text, check["advice"].rstrip(".")) if check["advice"] else text


def _sentence(failed: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    if not failed:
        return ""
    others = len(failed) - 1
    return _account(failed[0]) + (" %d more failed, most likely in consequence." % others if others else "")


def _lines(checks: t.Sequence[t.Mapping[str, t.Any]], counts: t.Mapping[str, t.Mapping[str, int]]) -> list[str]:
    lines = ["%-6s %s" % (topic, "  ".join("%d %s" % (its[status], status) for status in STATUSES if its[status])) for topic, its in counts.items()]
    for status in ("fail", "warn"):
        lines += ["%s %s" % (status.upper(), _account(check)) for check in checks if check["status"] == status]
    skipped: dict[str, dict[str, list[str]]] = {}
    for check in checks:
        # What waits for a failed check is named by that one's line already.
        if check["status"] == "skip" and not _text(check["found"]).startswith("not tried: "):
            why = "; ".join(filter(None, [_text(check["found"]), check["advice"]]))
            skipped.setdefault(why, {}).setdefault(check["id"], []).append(check["host"])
    lines += ["SKIP %s: %s" % (_some(hosts_of), why) for why, hosts_of in skipped.items()]
    return lines


def _some(hosts_of: t.Mapping[str, t.Sequence[str]]) -> str:
    """The first of the ids, how many there are, and all their hosts."""
    ids = list(hosts_of)
    hosts = list(dict.fromkeys(host for hosts in hosts_of.values() for host in hosts))
    return "%s%s on %s" % (ids[0], " and %d more" % (len(ids) - 1) if ids[1:] else "", ", ".join(hosts))


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"report": report}
