# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An option of type bool or int may come as text: `-e name=false`, an INI inventory and a survey of AWX give nothing else.

The argument spec accepts such text and does not turn it, so each expression does: `name | bool`, `name | int`.
"""

from __future__ import annotations

import re
import typing as t

import jinja2
import pytest
from jinja2 import nodes
from repository import TOP, load

# Jinja reads "\." in a text as Python once did.
pytestmark = pytest.mark.filterwarnings("ignore:invalid escape sequence:DeprecationWarning")

# Keywords whose value is an expression without braces.
CONDITIONS = ("when", "that", "until", "changed_when", "failed_when")
PARSER = jinja2.Environment(extensions=["jinja2.ext.do"])


def options() -> dict[str, str]:
    """The options of type bool and int of all roles."""
    found = {}
    for spec in TOP.glob("roles/*/meta/argument_specs.yml"):
        for entry in load(spec)["argument_specs"].values():
            found |= {name: option["type"] for name, option in entry.get("options", {}).items() if option.get("type") in ("bool", "int")}
    return found


class Expression(t.NamedTuple):
    """A template, and where it stands: the keys that lead to it (none in a file that is one template)."""

    where: str
    keys: tuple[str, ...]
    text: str

    @property
    def handed_on(self) -> bool:
        """Whether it is a variable as it is, for what turns text itself: a default of the same type, a module, a keyword, or Ansible (ansible_become)."""
        if not re.fullmatch(r"\{\{ *\w+ *\}\}", self.text.strip()) or self.keys[-1] in CONDITIONS:
            return False
        return self.keys[-1].startswith("ansible_") or not ("vars" in self.keys or "/vars/" in self.where)


def expressions(data: t.Any, where: str, keys: tuple[str, ...] = ()) -> t.Iterator[Expression]:
    if isinstance(data, dict):
        for name, value in data.items():
            yield from expressions(value, where, (*keys, str(name)))
    elif isinstance(data, list):
        for value in data:
            yield from expressions(value, where, keys)
    elif isinstance(data, str):
        if keys and keys[-1] in CONDITIONS and "{{" not in data:
            data = "{{ " + data + " }}"
        if "{{" in data or "{%" in data:
            yield Expression(where, keys, data)


def all_expressions() -> list[Expression]:
    found = []
    for pattern in ("roles/*/tasks/**/*.yml", "roles/*/vars/*.yml", "roles/*/defaults/*.yml", "playbooks/**/*.yml"):
        for path in sorted(TOP.glob(pattern)):
            found += expressions(load(path), str(path.relative_to(TOP)))
    for path in sorted(TOP.glob("roles/*/templates/*.j2")):
        found.append(Expression(str(path.relative_to(TOP)), (), path.read_text(encoding="utf-8")))
    return found


def untyped(node: nodes.Node, types: dict[str, str], above: tuple[nodes.Node, ...] = ()) -> t.Iterator[str]:
    """The names of options in an expression that nothing makes what they mean."""
    name = ""
    if isinstance(node, nodes.Name) and node.ctx == "load":
        name = node.name
    elif isinstance(node, nodes.Getattr):
        name = node.attr
    elif isinstance(node, nodes.Const) and isinstance(node.value, str):
        name = node.value
    if name in types and not becomes(types[name], node, above):
        yield name
    for child in node.iter_child_nodes():
        yield from untyped(child, types, (*above, node))


def becomes(wanted: str, node: nodes.Node, above: tuple[nodes.Node, ...]) -> bool:
    """Whether what is around a name makes it a value of its type, or does not look at its value."""
    around = list(reversed(above))
    if isinstance(around[0], nodes.Output) and wanted == "int":
        return True  # the text of a number is the number
    if isinstance(around[0], nodes.Getitem):  # hostvars[host]['name']
        around = around[1:]
    for parent in around:
        if isinstance(parent, nodes.Test) and parent.name in ("defined", "undefined"):
            return True
        if not isinstance(parent, nodes.Filter):
            return False
        each = parent.args and parent.args[0]
        name = each.value if parent.name == "map" and isinstance(each, nodes.Const) else parent.name
        if name == wanted:
            return True
        if name not in ("default", "extract"):
            return False
    return False


def findings(given: list[Expression], types: dict[str, str]) -> list[str]:
    return [
        f"{one.where}: {'.'.join(one.keys)}: {name} lacks | {types[name]}"
        for one in given
        if not (one.keys and one.handed_on)
        for name in untyped(PARSER.parse(one.text), types)
    ]


def test_every_use_of_an_option_makes_it_its_type():
    assert len(options()) > 30
    assert findings(all_expressions(), options()) == []


@pytest.mark.parametrize(
    ("data", "lacking"),
    [
        ({"when": "a_flag"}, 1),
        ({"when": "a_flag | bool"}, 0),
        ({"when": ["not a_flag", "a_number > 3"]}, 2),
        ({"vars": {"rule": {"holds": "{{ a_flag }}"}}}, 1),
        ({"vars": {"ansible_become": "{{ a_flag }}"}}, 0),
        ({"baremetal.wandb.sample": {"flag": "{{ a_flag }}", "number": "{{ a_number }}"}}, 0),
        ({"baremetal.wandb.sample": {"flag": "{{ a_flag or other }}", "number": "{{ a_number + 1 }}"}}, 2),
        ({"msg": "It is {{ a_flag }}, and {{ a_number }}."}, 1),
        ({"msg": "{{ (a_number | int + 1) ~ a_number }}"}, 1),
        ({"msg": "{{ hostvars[one].a_flag or hostvars[one]['a_flag'] }} {{ hosts | map(attribute='a_flag') }}"}, 3),
        ({"msg": "{{ hostvars[one].a_flag | default(false) | bool or hostvars[one]['a_flag'] | bool or a_flag is defined }}"}, 0),
        ({"msg": "{{ hosts | map('extract', hostvars, 'a_flag') | map('default', false) | map('bool') | select }}"}, 0),
        ({"msg": "{{ hosts | map('extract', hostvars, 'a_flag') | map('default', false) | select }}"}, 1),
        ({"msg": "{% if a_flag %}yes{% endif %}"}, 1),
        ({"msg": "{% if a_flag | bool %}yes{% endif %}"}, 0),
    ],
)
def test_a_use_as_it_comes_is_found(data, lacking):
    assert len(findings(list(expressions(data, "sample")), {"a_flag": "bool", "a_number": "int"})) == lacking
