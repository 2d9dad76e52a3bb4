# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check record and its runner, shared by every check module. PRIVATE to the collection.

A check file is a list of facts about the world::

    check = Checks()

    @check("mysql.variable.sort_buffer_size", "sort buffer fits W&B's JSON sorts", needs=["mysql.login"])
    def sort_buffer_size(server, want):
        found = server.variable("sort_buffer_size")
        return at_least(want.sort_buffer_size, found, advice="set mysql_settings.sort_buffer_size ...")

and its module is ``run(module, check, server, want)``.
"""

from __future__ import annotations

import time
import typing as t
from fnmatch import fnmatchcase

STATUSES = ("pass", "warn", "fail", "skip")

ARGUMENTS: dict[str, t.Any] = {
    "fail_on": {"type": "str", "choices": ["fail", "warn", "never"], "default": "fail"},
    "only": {"type": "list", "elements": "str", "default": []},
    "skip": {"type": "list", "elements": "str", "default": []},
    "installed": {"type": "bool", "default": True},
    "repairing": {"type": "bool", "default": False},
}


class Verdict(t.NamedTuple):
    """What one check says. I(advice) names the remedy: the variable to set or the file to look at."""

    status: str
    expected: t.Any = None
    found: t.Any = None
    advice: str = ""


def passed(found: t.Any = None, expected: t.Any = None) -> Verdict:
    return Verdict("pass", found if expected is None else expected, found)


def warned(expected: t.Any, found: t.Any, advice: str) -> Verdict:
    return Verdict("warn", expected, found, advice)


def failed(expected: t.Any, found: t.Any, advice: str) -> Verdict:
    return Verdict("fail", expected, found, advice)


def skipped(reason: str, advice: str = "") -> Verdict:
    return Verdict("skip", None, reason, advice)


def equal(expected: t.Any, found: t.Any, advice: str) -> Verdict:
    return passed(found, expected) if found == expected else failed(expected, found, advice)


def at_least(expected: t.Any, found: t.Any, advice: str) -> Verdict:
    if found >= expected:
        return passed(found, "at least %s" % expected)
    return failed("at least %s" % expected, found, advice)


class _Check(t.NamedTuple):
    id: str
    title: str
    needs: tuple[str, ...]
    function: t.Callable[..., Verdict]


class Checks:
    """The registered checks of one topic, run in the order in which they were written."""

    def __init__(self) -> None:
        self._checks: list[_Check] = []

    def __call__(self, id: str, title: str, needs: t.Sequence[str] = ()) -> t.Callable:
        """Registers a function as the check I(id). It is skipped when a check that it I(needs) did not hold."""

        def register(function: t.Callable[..., Verdict]) -> t.Callable[..., Verdict]:
            self._checks.append(_Check(id, title, tuple(needs), function))
            return function

        return register

    def ids(self) -> list[str]:
        return [one.id for one in self._checks]

    def records(
        self,
        *subjects: t.Any,
        only: t.Sequence[str] = (),
        skip: t.Sequence[str] = (),
        installed: bool = True,
    ) -> list[dict[str, t.Any]]:
        """Runs the chosen checks on the subjects; a check that raises has failed, with the error as what was found."""
        broken: dict[str, str] = {}
        records = []
        for one in self._checks:
            missing = [need for need in one.needs if need in broken]
            if only and not _matches(one.id, only) or _matches(one.id, skip):
                if missing:  # what needs this one needs what this one would
                    broken[one.id] = broken[missing[0]]
                continue
            started = time.monotonic()
            if not installed:
                verdict = skipped("not installed yet")
            elif missing:
                verdict = skipped("not tried: " + broken[missing[0]])
            else:
                verdict = _verdict(one, subjects)
            if verdict.status in ("fail", "skip"):
                broken[one.id] = "%s %s" % (one.id, {"fail": "failed", "skip": "was skipped"}[verdict.status])
            records.append(
                {
                    "id": one.id,
                    "title": one.title,
                    "status": verdict.status,
                    "expected": verdict.expected,
                    "found": verdict.found,
                    "advice": verdict.advice,
                    "seconds": round(time.monotonic() - started, 3),
                }
            )
        return records


def _matches(id: str, patterns: t.Sequence[str]) -> bool:
    return any(fnmatchcase(id, pattern) for pattern in patterns)


def _verdict(one: _Check, subjects: tuple[t.Any, ...]) -> Verdict:
    try:
        return one.function(*subjects)
    except Exception as error:  # a fact that cannot be established does not hold
        return failed(one.title, "%s: %s" % (type(error).__name__, error), "this check could not be carried out; see 'found'")


def summary(records: t.Sequence[dict[str, t.Any]]) -> dict[str, int]:
    """How many records have each status."""
    return {status: sum(record["status"] == status for record in records) for status in STATUSES}


def sentence(records: t.Sequence[dict[str, t.Any]], statuses: t.Sequence[str]) -> str:
    """The first record with one of the statuses as a sentence for people, and the ids of the others."""
    bad = [record for record in records if record["status"] in statuses]
    if not bad:
        return ""
    first = bad[0]
    text = "%s (%s): expected %s, found %s." % (first["title"], first["id"], first["expected"], first["found"])
    if first["advice"]:
        text += " %s." % first["advice"].rstrip(".")
    if bad[1:]:
        text += " Also: %s." % ", ".join(record["id"] for record in bad[1:])
    return text


def planned(record: dict[str, t.Any]) -> dict[str, t.Any]:
    """The record of a dry run whose real run changes what the check looked at: that it does not hold now says nothing."""
    if record["status"] != "fail":
        return record
    return dict(record, status="skip", found="would be repaired by this run, and is now: %s" % record["found"])


def run(module: t.Any, checks: Checks, *subjects: t.Any, lasting: t.Sequence[str] = (), aloud: bool = False, **more: t.Any) -> None:
    """Runs the checks as the module's options say and ends the module with their records, and I(more) results of its own.

    I(lasting): ids, with C(*) as wildcard, of those whose subject no run changes. I(aloud): records that warn are warnings of the run too, unless
    C(fail_on: never) says that the playbook looks at the records itself.
    """
    for option in ("only", "skip"):
        for pattern in module.params[option]:
            if not any(_matches(id, [pattern]) for id in checks.ids()):
                module.fail_json(msg="%s: there is no check %s; there are %s." % (option, pattern, ", ".join(checks.ids())))
    records = checks.records(
        *subjects,
        only=module.params["only"],
        skip=module.params["skip"],
        installed=module.params["installed"],
    )
    if module.check_mode and module.params["repairing"]:
        records = [record if _matches(record["id"], lasting) else planned(record) for record in records]
    result = {"changed": False, "checks": records, "summary": summary(records), **more}
    guilty = {"fail": ("fail",), "warn": ("fail", "warn"), "never": ()}[module.params["fail_on"]]
    if aloud and guilty == ("fail",):
        for record in records:
            if record["status"] == "warn":
                module.warn(sentence([record], ["warn"]))
    complaint = sentence(records, guilty)
    if complaint:
        module.fail_json(msg=complaint, **result)
    module.exit_json(**result)
