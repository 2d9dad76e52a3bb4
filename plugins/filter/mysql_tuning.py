# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: mysql_tuning
short_description: Settings of a MySQL server from a profile, the memory of its host and the user's own
version_added: 0.1.0
author: The baremetal.wandb authors (!UNKNOWN)
description:
  - Joins the settings of a profile of W&B, settings that follow from the host's memory, and the user's own, which win.
  - Says why each sized setting is what it is, and judges the settings by the version of the server before anything is written.
  - max_connections. As many as half of the share can serve when all of them sort at once, but at least 100 and at most 1000.
  - innodb_buffer_pool_size. The share less 384 MiB for the server itself, 1 MiB for each connection and a sort buffer for every tenth of them; a multiple
    of 1 GiB, below that of 128 MiB, and at least 128 MiB.
  - innodb_redo_log_capacity. A quarter of the buffer pool, at least 128 MiB and at most 8 GiB; before 8.0.30 two files of innodb_log_file_size that make
    as much.
  - max_allowed_packet. 64 MiB, from a share of 8 GiB on 128 MiB, from 16 GiB on 256 MiB.
  - innodb_io_capacity and innodb_io_capacity_max. What the disk does and its double. When that is not known nothing is set from 8.4 on, whose
    defaults are meant for solid state disks, and 2000 and 4000 before.
  - innodb_flush_method. O_DIRECT before 8.4, whose default it is.
options:
  _input:
    description:
      - A dictionary with C(version) (of the server, for example C(9.7.4); empty when it is not known yet), C(memory) (of the host, in MiB), C(share)
        (per cent of it for MySQL, from 5 to 90), C(profile) (C(guide) or C(current)), and optionally C(iops) (operations that the disk does in a second),
        C(settings) (the user's own, by the names of MySQL's variables) and C(option) (how sentences name these, C(mysql_settings) when left out).
    type: dictionary
    required: true
"""

EXAMPLES = r"""
- name: Refuse settings that the server does not take, and tell why the others are what they are
  ansible.builtin.assert:
    that: tuning.errors | length == 0
    fail_msg: "{{ tuning.errors | join(' ') }}"
    success_msg: "{{ tuning.reasons | join(' ') }}"
  vars:
    tuning: "{{ facts | baremetal.wandb.mysql_tuning }}"
    facts:
      version: 8.4.11
      memory: "{{ ansible_facts['memtotal_mb'] }}"
      share: 70
      profile: guide
      settings: {max_connections: 300}
"""

RETURN = r"""
_value:
  description:
    - C(settings) is all that the running server should have. C(file) is what to write into its option file, without what its version removed and what
      it deprecates where the default is the same.
    - C(reasons) has one sentence for each sized setting, C(warnings) what works and may not be meant, C(errors) what the server would not start with.
  type: dictionary
  sample:
    settings: {sort_buffer_size: 33554432, max_connections: 347, innodb_buffer_pool_size: 21474836480}
    file: {sort_buffer_size: 33554432, max_connections: 347, innodb_buffer_pool_size: 21474836480}
    reasons: ["max_connections = 347: half of 22.4 GiB (70 % of 32.0 GiB) over 33 MiB for each that sorts."]
    warnings: []
    errors: []
"""

import re
import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql import version_numbers
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql_settings import SWITCHES, beyond, defaults, literal, reaches
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql_table import PROFILES, SETTINGS, Setting

MIB = 2**20
GIB = 2**30
# What stands for a version that is not known yet.
OLDEST = (8, 0, 28)
NEWEST = (99,)

PATTERNS = {
    "size": (r"\d+[KMGT]?", "a size in bytes, for example 33554432 or 32M"),
    "int": (r"-?\d+", "a whole number, for example 300"),
    "number": (r"-?\d+(\.\d+)?", "a number, for example 0.5"),
    "switch": ("|".join(SWITCHES), "ON or OFF"),
    "text": (".+", "one word, for example O_DIRECT"),
    "zone": (r"[A-Za-z].+|[-+]\d?\d:\d\d", 'a time zone, an offset in quotes, for example "+10:00", of which YAML else makes a number'),
}
# What names no variable, or one by another name; and the variables and options whose own names begin like that.
ANOTHER_NAME = re.compile("(enable|disable|skip|maximum)_(.+)")
OWN_NAMES = {"skip_external_locking", "skip_name_resolve", "skip_networking", "skip_replica_start", "skip_show_database", "skip_slave_start"}


class Sized(t.NamedTuple):
    """One setting that follows from the host, and why."""

    name: str
    value: int | str
    reason: str


def mysql_tuning(facts: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    memory, share, profile, given = _checked(facts)
    version = version_numbers(facts.get("version") or "") or NEWEST
    option = facts.get("option") or "mysql_settings"
    own = {_bare(name): value for name, value in given.items()}
    errors = [*_misnamed(option, given)]
    errors += [sentence for name, value in given.items() for sentence in _errors("%s.%s" % (option, name), SETTINGS.get(_bare(name)), value, version)]
    wanted = {**PROFILES[profile].settings, **own}
    sized = [] if errors else _sized(memory * MIB, share, wanted, version, facts.get("iops") or 0)
    settings = {**PROFILES[profile].settings, **{one.name: one.value for one in sized}, **own}
    if not errors:
        errors += ["%s." % one for one in beyond(option, own, {**defaults(version), **_texts(settings)}).values()]
    return {
        "settings": settings,
        "file": {
            "loose_" + name if "loose_" + name in given else name: value for name, value in settings.items() if not _needless(name, value, version)
        },
        "reasons": ["%s = %s: %s." % (one.name, one.value, one.reason) for one in sized if one.name not in own],
        "warnings": [] if errors else list(_warnings(option, profile, own, settings, memory * MIB, version)),
        "errors": errors,
    }


def _checked(facts: t.Mapping[str, t.Any]) -> tuple[int, int, str, dict[str, t.Any]]:
    memory, share, profile = (facts.get(name) for name in ("memory", "share", "profile"))
    for name, value, low, high, example in (("memory", memory, 1, 2**30, 32768), ("share", share, 5, 90, 70)):
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise AnsibleFilterError("mysql_tuning: %s must be a whole number from %d to %d, for example %d, not %r." % (name, low, high, example, value))
    if profile not in PROFILES:
        raise AnsibleFilterError("mysql_tuning: profile must be one of %s, for example guide, not %r." % (", ".join(PROFILES), profile))
    return memory, share, profile, dict(facts.get("settings") or {})


# -- judged by the version ---------------------------------------------------------------------------------------------


def _bare(name: str) -> str:
    """The name of a variable without what lets a server start that does not know it."""
    return re.sub("^loose_", "", name)


def _misnamed(option: str, given: t.Iterable[str]) -> t.Iterator[str]:
    """Names by which an option file may set a variable, and which do not tell what the running server has of it."""
    for name in given:
        other = ANOTHER_NAME.fullmatch(_bare(name))
        if other and other[2] == "log_bin":
            yield "%s.%s ends the binary log, which W&B's database has: remove it." % (option, name)
        elif other and _bare(name) not in OWN_NAMES | set(SETTINGS):
            value = {"enable": '"ON"', "maximum": "32M"}.get(other[1], '"OFF"')
            yield "%s.%s names no variable of the server: set %s itself, for example %s: %s." % (option, name, other[2], other[2], value)
        if name != _bare(name) and _bare(name) in given:
            yield "%s.%s is another name of %s, which is set, too: write it once, for example without loose_." % (option, name, _bare(name))


def _errors(where: str, known: Setting | None, value: t.Any, version: tuple[int, ...]) -> t.Iterator[str]:
    """Why the server would not start with a setting, or would not take its value."""
    if not known:
        if isinstance(value, (list, dict)) or value is None:
            example = ",".join(str(one) for one in value or ["32M"])
            kind = "a list" if isinstance(value, list) else "a dictionary" if isinstance(value, dict) else "null"
            yield "%s must be one value, not %s: write it as an option file has it, for example %s." % (where, kind, example)
        return
    remedy = "set %s instead" % known.instead if known.instead else "remove it"
    number = "of any version that W&B supports" if version == NEWEST else ".".join(str(part) for part in version)
    if known.removed and (OLDEST if version == NEWEST else version) >= version_numbers(known.removed):
        yield "%s is no setting of MySQL %s any more: %s." % (where, number, remedy)
    elif known.since and version < version_numbers(known.since):
        yield "%s is a setting from MySQL %s on, and this one is %s: %s." % (where, known.since, number, remedy)
    else:
        text = ("ON" if value else "OFF") if isinstance(value, bool) else str(value)
        pattern, what = PATTERNS[known.type] if isinstance(known.type, str) else ("|".join(known.type), "one of " + ", ".join(known.type))
        misread = known.type in ("size", "int", "number", "text", "zone") and isinstance(value, bool)
        if misread or isinstance(value, (list, dict)) or value is None or not re.fullmatch(pattern, text, re.IGNORECASE):
            yield "%s must be %s, not %s." % (where, what, text)
        elif known.low is not None and literal(text) < known.low:
            yield "%s must be %s or more, not %s: the server would take that instead; for example %s." % (where, known.low, text, known.low)
        elif known.step > 1 and literal(text) % known.step:
            less = literal(text) // known.step * known.step
            yield "%s must be a multiple of %d, not %s: the server would take %d instead; for example that." % (where, known.step, text, less)
        elif known.high is not None and literal(text) > known.high:
            yield "%s must be %s or less, not %s: the server would take that instead; for example %s." % (where, known.high, text, known.high)


def _needless(name: str, value: t.Any, version: tuple[int, ...]) -> bool:
    """Whether the option file does without: the version removed it, or deprecates it and it is the default."""
    known = SETTINGS.get(name)
    if not known:
        return False
    if known.removed and version >= version_numbers(known.removed):
        return True
    return _deprecated(name, version) and str(value).upper() == known.default


def _deprecated(name: str, version: tuple[int, ...]) -> bool:
    known = SETTINGS.get(name)
    return bool(known and known.deprecated and version >= version_numbers(known.deprecated))


def _warnings(
    option: str, profile: str, own: t.Mapping[str, t.Any], settings: t.Mapping[str, t.Any], memory: int, version: tuple[int, ...]
) -> t.Iterator[str]:
    prescribed = PROFILES[profile].settings
    for name, value in own.items():
        if name in prescribed and not reaches(str(prescribed[name]), str(value), name):
            yield "%s.%s is %s, and W&B asks for %s: remove it, unless you mean it." % (option, name, value, prescribed[name])
        if _deprecated(name, version) and not _needless(name, value, version):
            instead = SETTINGS[name].instead
            remedy = ": set %s instead" % instead if instead else ", and a later one removes it"
            yield "%s.%s is deprecated in this version of MySQL%s." % (option, name, remedy)
    connections, buffer, pool = (_bytes(settings[name]) for name in ("max_connections", "sort_buffer_size", "innodb_buffer_pool_size"))
    if connections * buffer + pool > memory:
        yield (
            "%d connections that all sort at once take %s in sort buffers of %s, which with the buffer pool of %s is %s, and the host has %s:"
            " lower max_connections or sort_buffer_size in %s, or give the host more memory."
            % (connections, _text(connections * buffer), _text(buffer), _text(pool), _text(connections * buffer + pool), _text(memory), option)
        )


# -- sized by the host -------------------------------------------------------------------------------------------------


def _sized(memory: int, share: int, wanted: t.Mapping[str, t.Any], version: tuple[int, ...], iops: int) -> list[Sized]:
    """The settings that follow from the host; what the user chose is reckoned with."""
    budget = memory * share // 100
    said = "%s (%d %% of %s)" % (_text(budget), share, _text(memory))
    buffer = _bytes(wanted["sort_buffer_size"])
    each = buffer + MIB
    sized = [
        Sized(
            "max_connections",
            min(1000, max(100, budget // 2 // each)),
            "half of %s at %s for each that sorts, at least 100 and at most 1000" % (said, _text(each)),
        )
    ]
    connections = _bytes(wanted.get("max_connections", sized[0].value))
    sorting = (connections + 9) // 10
    rest = budget - 384 * MIB - connections * MIB - sorting * buffer
    step = GIB if rest >= GIB else 128 * MIB
    sized.append(
        Sized(
            "innodb_buffer_pool_size",
            max(128 * MIB, rest // step * step),
            "%s less 384 MiB for the server, %s for connections and %s for %d sort buffers, in steps of %s and at least 128 MiB"
            % (said, _text(connections * MIB), _text(sorting * buffer), sorting, _text(step)),
        )
    )
    pool = _bytes(wanted.get("innodb_buffer_pool_size", sized[1].value))
    log = min(8 * GIB, max(128 * MIB, pool // 4 // MIB * MIB))
    if version >= (8, 0, 30):
        if not {"innodb_log_file_size", "innodb_log_files_in_group"} & set(wanted):  # it would win over them
            sized.append(Sized("innodb_redo_log_capacity", log, "a quarter of the buffer pool, from 128 MiB to 8 GiB"))
    else:
        sized.append(Sized("innodb_log_file_size", log // 2, "two files make a quarter of the buffer pool, from 128 MiB to 8 GiB"))
    packet = 64 * MIB if budget < 8 * GIB else 128 * MIB if budget < 16 * GIB else 256 * MIB
    sized.append(Sized("max_allowed_packet", packet, "64 MiB, from 8 GiB on 128 MiB, from 16 GiB on 256 MiB, and the share is %s" % _text(budget)))
    if iops or version < (8, 4) or "innodb_io_capacity" in wanted:
        capacity = _bytes(wanted.get("innodb_io_capacity", iops or 2000))
        why = "what the disk does in a second" if iops else "a usual solid state disk, since the default of this version is a rotating one's"
        sized += [Sized("innodb_io_capacity", capacity, why), Sized("innodb_io_capacity_max", 2 * capacity, "double of that")]
    if version < (8, 4):
        sized.append(Sized("innodb_flush_method", "O_DIRECT", "pages are cached once, as is the default from 8.4 on"))
    return sized


def _texts(settings: t.Mapping[str, t.Any]) -> dict[str, str]:
    return {name: ("ON" if value else "OFF") if isinstance(value, bool) else str(value) for name, value in settings.items()}


def _bytes(value: t.Any) -> int:
    return int(literal(str(value)))


def _text(size: int) -> str:
    return "%.1f GiB" % (size / GIB) if size >= GIB else "%d MiB" % (size // MIB)


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"mysql_tuning": mysql_tuning}
