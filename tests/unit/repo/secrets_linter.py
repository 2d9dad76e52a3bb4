# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds tasks that would show a secret: in their output, in a diff, in facts, in a process list or in a file that others can read.

A variable is a secret by its name, or because its value is made of one; so the values of defaults/, vars/ and of a task's own vars are
followed. What is asked of a secret in a condition (its length, whether it is equal) is none.
"""

from __future__ import annotations

import functools
import importlib
import re
import typing as t
import unittest.mock
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from repository import Task

SECRET_NAME = re.compile(r"\b(?!no_log)\w*(?:password|passphrase|secret_key|_secret|secret_access_key|license|api_key)\b")
# Names that promise that their value is none, also where it is made of one: the text with secrets masked, the names of what is missing.
NO_SECRET = re.compile(r"_(file|path|dir|name|names|missing|masked)$")
# Questions about a value, whose answer tells nothing.
QUESTION = re.compile(
    r"(?:lookup\([^)]*\)|[\w.]+?)\s*(?:\|\s*default\([^)]*\)\s*)?"
    r"(?:\|\s*(?:string\s*\|\s*)?length\b|\.keys\(\)|\|\s*baremetal\.wandb\.license_state\b|[!=]=|is\s+(?:not\s+)?(?:defined|undefined|match|search|string)\b)"
)
JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
STRING = re.compile(r"'[^']*'|\"[^\"]*\"")
NAME = re.compile(r"\b[A-Za-z_]\w*\b")

# Options that show nothing of what they compare.
QUIET_OPTIONS = {"ansible.builtin.assert": {"that"}}
# Modules that write the text of their arguments or of a template into a file.
FILES = {f"ansible.builtin.{name}" for name in ("template", "copy", "lineinfile", "blockinfile", "replace")}
ARGV_MODULES = {"ansible.builtin.command", "ansible.builtin.shell", "ansible.builtin.raw", "ansible.builtin.script"}


def names_in(value: t.Any) -> set[str]:
    """Variables that the Jinja parts of a value refer to; not those about which it only asks."""
    if isinstance(value, dict):
        return set().union(*(names_in(key) | names_in(inner) for key, inner in value.items())) if value else set()
    if isinstance(value, list):
        return set().union(*map(names_in, value)) if value else set()
    names: set[str] = set()
    for part in JINJA.findall(value) if isinstance(value, str) else ():
        names |= set(NAME.findall(QUESTION.sub(" ", STRING.sub("''", part))))
    return names


def secret_by_name(name: str) -> bool:
    return bool(SECRET_NAME.fullmatch(name))


class Secrets:
    """Which variables hold a secret, given the values of all."""

    def __init__(self, values: dict[str, t.Any]) -> None:
        self.names = {name: names_in(value) for name, value in values.items()}

    def in_names(self, names: set[str], more: dict[str, t.Any]) -> list[str]:
        known = {**self.names, **{name: names_in(value) for name, value in more.items()}}
        seen: set[str] = set()
        found: list[str] = []
        todo = sorted(names)
        while todo:
            name = todo.pop()
            if name in seen or NO_SECRET.search(name):
                continue
            seen.add(name)
            if secret_by_name(name):
                found.append(name)
            else:
                todo.extend(known.get(name, ()))
        return sorted(found)

    def in_value(self, value: t.Any, more: dict[str, t.Any]) -> list[str]:
        return self.in_names(names_in(value), more)


class _Caught(Exception):
    pass


@functools.cache
def argument_spec(name: str) -> dict[str, t.Any]:
    """The options of a module as it gives them to AnsibleModule; none for those that are only an action plugin."""
    namespace, collection, short = name.split(".")
    package = "ansible.modules" if name.startswith("ansible.builtin.") else f"ansible_collections.{namespace}.{collection}.plugins.modules"
    module = importlib.import_module(f"{package}.{short}")
    caught: dict[str, t.Any] = {}

    def catch(_self: t.Any, *words: t.Any, **options: t.Any) -> None:
        caught.update(options.get("argument_spec") or words[0])
        raise _Caught

    with unittest.mock.patch.object(AnsibleModule, "__init__", catch):
        try:
            getattr(module, "main", dict)()
        except _Caught:
            pass
    return caught


def hidden(spec: dict[str, t.Any], value: t.Any) -> t.Any:
    """The value without what the module itself declares no_log; a whole list is trusted to the no_log of its elements' options."""
    if not isinstance(value, dict):
        return value
    left = {}
    for key, inner in value.items():
        option = spec.get(key, {})
        if option.get("no_log"):
            continue
        suboptions = option.get("options")
        if suboptions and isinstance(inner, str) and any(sub.get("no_log") for sub in suboptions.values()):
            continue
        if suboptions and isinstance(inner, list):
            left[key] = [hidden(suboptions, element) for element in inner]
        else:
            left[key] = hidden(suboptions, inner) if suboptions else inner
    return left


def findings(task: Task, secrets: Secrets, templates: t.Callable[[Task], str | None] = lambda task: None) -> list[str]:
    """What is wrong with a task, a sentence each."""
    data, module, more = task.data, task.module, task.data.get("vars") or {}
    found = []

    def say(names: list[str], what: str) -> None:
        if names:
            found.append(f"{task.where}: {', '.join(names)} {what}")

    say(secrets.in_value(data.get("environment"), more), "in environment, which shows in the process list: give it on stdin or in a file")
    if module in ARGV_MODULES:
        arguments = task.arguments
        words = {key: value for key, value in arguments.items() if key != "stdin"} if isinstance(arguments, dict) else arguments
        say(secrets.in_value(words, more), "in the command line, which shows in the process list: give it on stdin or in a file")
    if module == "ansible.builtin.set_fact":
        say(secrets.in_value(task.arguments, more), "in a fact: use a variable, which is evaluated only where it is used")
    if module in FILES and data.get("no_log") is not True and data.get("diff") is not False:
        say(secrets.in_value(written(task, templates), more), "in a file that --diff shows: set diff: false or no_log: true")
    if module in FILES:
        say(secrets.in_value(written(task, templates), more) if not only_owner(task) else [], "in a file for others to read: set mode: \"0600\"")
    if data.get("no_log") is True:
        return found
    if module == "ansible.builtin.debug":
        # An expression without braces.
        say(secrets.in_names(names_in("{{ %s }}" % (task.arguments or {}).get("var", "''")), more), "in what debug shows: set no_log: true")
    arguments = task.arguments
    if isinstance(arguments, dict):
        if module in QUIET_OPTIONS:
            arguments = {key: value for key, value in arguments.items() if key not in QUIET_OPTIONS[module]}
        else:
            arguments = hidden(argument_spec(module), arguments)
    say(secrets.in_value(arguments, more), f"in what {module} shows of its arguments: set no_log: true")
    say(secrets.in_value(data.get("loop"), more) if not label(data) else [], "in the label of a loop: set loop_control.label or no_log: true")
    return found


def written(task: Task, templates: t.Callable[[Task], str | None]) -> t.Any:
    """The text that a task writes into a file."""
    if task.module.endswith("template"):
        return templates(task)
    arguments = task.arguments if isinstance(task.arguments, dict) else {}
    return [arguments.get(key) for key in ("content", "line", "block", "replace")]


def only_owner(task: Task) -> bool:
    """Whether a file gets a mode that lets its owner alone read it, or its group, which is not everybody. What a loop or variable says is not known."""
    mode = (task.arguments or {}).get("mode")
    return isinstance(mode, str) and bool(re.fullmatch(r"0?[0-7][0-7]0|u=[rwx]+(,g=[rwx]*)?,o=|\{\{.*\}\}", mode))


def label(data: dict[str, t.Any]) -> bool:
    return "label" in (data.get("loop_control") or {})


def template_of(task: Task) -> str | None:
    """The text that a template task of a role renders, wrapped so that all of it counts as Jinja text."""
    arguments = task.arguments if isinstance(task.arguments, dict) else {}
    if task.module != "ansible.builtin.template" or "{{" in str(arguments.get("src", "{{")):
        return None
    path = task.file.parent.parent / "templates" / arguments["src"]
    return path.read_text(encoding="utf-8") if path.exists() else None


def role_values(roles: t.Iterable[Path], load: t.Callable[[Path], t.Any]) -> dict[str, t.Any]:
    """All variables that roles define."""
    values: dict[str, t.Any] = {}
    for role in roles:
        for file in sorted([*role.glob("defaults/*.yml"), *role.glob("vars/*.yml")]):
            values.update(load(file) or {})
    return values
