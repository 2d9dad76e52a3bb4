# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: junit
short_description: Write check records as JUnit XML
version_added: 0.1.0
author: The baremetal.wandb authors
description:
  - Turns ordered check records into the JUnit format that CI systems and automation controllers show.
  - Each topic is a suite, each record a case whose class is its host. JUnit knows no warnings, so a record that warned passes and says so in
    its output.
options:
  _input:
    description: The list C(checks) of a report.
    type: list
    elements: dictionary
    required: true
seealso:
  - plugin: baremetal.wandb.report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Write the report for CI
  ansible.builtin.copy:
    dest: /srv/reports/wandb.xml
    content: "{{ report.checks | baremetal.wandb.junit }}"
    mode: "0644"
  vars:
    report: "{{ records | baremetal.wandb.report }}"
"""

RETURN = r"""
_value:
  description: The XML document.
  type: string
  sample: <testsuites name="baremetal.wandb"><testsuite name="mysql" tests="1" failures="0" skipped="0">...</testsuite></testsuites>
"""

import json
import re
import typing as t
from xml.etree import ElementTree

# What XML 1.0 cannot hold, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(checks: t.Sequence[t.Mapping[str, t.Any]]) -> str:
    suites = ElementTree.Element("testsuites", name="baremetal.wandb")
    by_topic: dict[str, list] = {}
    for check in checks:
        by_topic.setdefault(check["id"].split(".")[0], []).append(check)
    for topic, its in by_topic.items():
        suite = ElementTree.SubElement(
            suites,
            "testsuite",
            name=topic,
            tests=str(len(its)),
            failures=str(sum(check["status"] == "fail" for check in its)),
            skipped=str(sum(check["status"] == "skip" for check in its)),
        )
        for check in its:
            _case(suite, check)
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True).decode() + "\n"


def _case(suite: ElementTree.Element, check: t.Mapping[str, t.Any]) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=_clean(check["host"]),
        name=_clean("%s: %s" % (check["id"], check["title"])),
        time="%.3f" % check["seconds"],
    )
    account = "expected %s, found %s. %s" % (_text(check["expected"]), _text(check["found"]), check["advice"])
    if check["status"] == "fail":
        ElementTree.SubElement(case, "failure", message=_clean(account))
    elif check["status"] == "skip":
        ElementTree.SubElement(case, "skipped", message=_clean("%s. %s" % (_text(check["found"]), check["advice"])))
    elif check["status"] == "warn":
        ElementTree.SubElement(case, "system-out").text = _clean("warning: " + account)


def _text(value: t.Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"junit": junit}
