# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every role has its parts, its phases in order, and an argument_specs.yml that says the same as its defaults."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
from repository import ROLES, TOP, load

PHASES = ("preflight", "install", "configure", "service", "check")
TYPES: dict[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "bool": (bool,), "list": (list,), "dict": (dict,), "path": (str,), "float": (int, float)}
# A role of values only: it runs nothing.
VALUES_ONLY = ("wandb",)


def dynamic(value: t.Any) -> bool:
    """Whether a default is made at run time, so that a spec cannot repeat it."""
    if isinstance(value, dict):
        return any(dynamic(inner) for inner in value.values())
    if isinstance(value, list):
        return any(dynamic(inner) for inner in value)
    return isinstance(value, str) and "{{" in value


def spec_findings(role: str, defaults: dict[str, t.Any], options: dict[str, t.Any], site: dict[str, t.Any] | None = None) -> list[str]:
    """What differs. A default that is nothing but a site value may be spelled out in the spec, and must then be the same."""
    found = [f"{name} is in defaults/main.yml, not in argument_specs.yml" for name in defaults if name not in options]
    for name, option in options.items():
        if not name.startswith(f"{role}_"):
            found.append(f"{name} does not begin with {role}_")
        if not option.get("description") or not option.get("type"):
            found.append(f"{name} has no description or no type")
        if name not in defaults:
            if not option.get("required"):
                found.append(f"{name} is in argument_specs.yml, neither required nor in defaults/main.yml")
            continue
        default = defaults[name]
        reference = re.fullmatch(r"\{\{ (wandb_\w+) \}\}", default) if isinstance(default, str) else None
        if reference and "default" in option:
            default = (site or {}).get(reference.group(1), default)
        if dynamic(default):
            if option.get("default", default) != default:
                found.append(f"{name} is made at run time, but argument_specs.yml gives it another default")
            continue
        if option.get("required"):
            found.append(f"{name} is required and has a default")
        if "default" not in option or option["default"] != default or type(option["default"]) is not type(default):
            found.append(f"{name} is {default!r} in defaults/main.yml and {option.get('default')!r} in argument_specs.yml")
        if not isinstance(default, TYPES.get(option.get("type", ""), (object,))):
            found.append(f"{name} is of type {option.get('type')} and its default is {default!r}")
    return found


def phase_findings(role: str, main: list[dict[str, t.Any]], files: set[str]) -> list[str]:
    found, phases = [], []
    for task in main:
        file = task.get("ansible.builtin.import_tasks", "")
        phase = file.removesuffix(".yml") if isinstance(file, str) else ""
        if phase not in PHASES:
            found.append(f"tasks/main.yml: {task.get('name')!r} is none of the phases {', '.join(PHASES)} by import_tasks")
            continue
        phases.append(phase)
        tags = task.get("tags", [])
        if f"{role}_{phase}" not in ([tags] if isinstance(tags, str) else tags):
            found.append(f"tasks/main.yml: {phase} lacks its tag {role}_{phase}")
        if file not in files:
            found.append(f"tasks/{file} is missing")
    if phases != sorted(set(phases), key=PHASES.index):
        found.append(f"tasks/main.yml: phases are {', '.join(phases)}, not once each in the order {', '.join(PHASES)}")
    for phase in PHASES:
        if f"{phase}.yml" in files and phase not in phases:
            found.append(f"tasks/{phase}.yml is not imported by tasks/main.yml")
    return found


@pytest.mark.parametrize("role", ROLES)
def test_parts(role):
    folder = TOP / "roles" / role
    wanted = ["README.md", "meta/main.yml", "meta/argument_specs.yml", "defaults/main.yml"]
    wanted += [] if role in VALUES_ONLY else ["tasks/main.yml"]
    assert [name for name in wanted if not (folder / name).is_file()] == []


@pytest.mark.parametrize("role", ROLES)
def test_spec_says_what_the_defaults_say(role):
    folder = TOP / "roles" / role
    specs = load(folder / "meta/argument_specs.yml")["argument_specs"]
    assert specs["main"].get("short_description")
    assert spec_findings(role, load(folder / "defaults/main.yml") or {}, specs["main"].get("options", {}), load(TOP / "roles/wandb/defaults/main.yml")) == []


@pytest.mark.parametrize("role", sorted(set(ROLES) - set(VALUES_ONLY)))
def test_phases(role):
    folder = TOP / "roles" / role / "tasks"
    assert phase_findings(role, load(folder / "main.yml"), {path.name for path in folder.glob("*.yml")}) == []


def test_the_names_that_the_server_owns_are_those_that_it_sets():
    values = load(TOP / "roles/server/vars/main.yml")
    assert values["_server_owned_names"] == [*values["_server_open_environment"], *values["_server_secret_environment"]]


@pytest.mark.parametrize("role", ROLES)
def test_depends_on_the_site_values(role):
    wanted = [] if role in VALUES_ONLY else [{"role": "baremetal.wandb.wandb"}]
    assert load(TOP / "roles" / role / "meta/main.yml").get("dependencies", [])[:1] == wanted


@pytest.mark.parametrize("role", sorted(set(ROLES) - set(VALUES_ONLY)))
def test_has_a_scenario(role):
    assert (TOP / "molecule" / role / "molecule.yml").is_file()


def releases(role: str, converge: list[dict[str, t.Any]], topology: dict[str, t.Any]) -> set[str]:
    """The releases of Debian on which a scenario runs a role."""
    plays = [play for play in converge if f"baremetal.wandb.{role}" in str([play.get("roles"), play.get("tasks")])]
    patterns = {pattern for play in plays for pattern in play["hosts"].split(":")}
    hosts = [host for name, host in topology["hosts"].items() if patterns & {"all", name, *host.get("groups", ())}]
    return {host.get("root", topology.get("root", "trixie")) for host in hosts}


# MySQL itself is to be had for Debian 13 only.
@pytest.mark.parametrize("role", sorted(set(ROLES) - {*VALUES_ONLY, "mysql"}))
def test_scenario_runs_the_role_on_both_releases_of_debian(role):
    folder = TOP / "molecule" / role
    assert releases(role, load(folder / "converge.yml"), load(folder / "topology.yml")) == {"bookworm", "trixie"}


def test_a_host_without_the_role_counts_for_no_release():
    converge = [{"hosts": "a", "roles": [{"role": "baremetal.wandb.nginx"}]}, {"hosts": "all", "roles": [{"role": "baremetal.wandb.minio"}]}]
    topology = {"root": "bookworm", "hosts": {"one": {"groups": ["a"]}, "two": {"root": "trixie", "groups": ["b"]}}}
    assert releases("nginx", converge, topology) == {"bookworm"}
    assert releases("minio", converge, topology) == {"bookworm", "trixie"}


GOOD_OPTION = {"type": "int", "description": "x", "default": 1}


@pytest.mark.parametrize(
    ("defaults", "options", "sentence"),
    [
        ({"nginx_a": 1}, {}, "not in argument_specs.yml"),
        ({}, {"nginx_a": GOOD_OPTION}, "neither required nor in defaults"),
        ({"nginx_a": 2}, {"nginx_a": GOOD_OPTION}, "is 2 in defaults/main.yml and 1"),
        ({"nginx_a": True}, {"nginx_a": GOOD_OPTION}, "is True in defaults/main.yml and 1"),
        ({"nginx_a": "1"}, {"nginx_a": {**GOOD_OPTION, "default": "1"}}, "is of type int"),
        ({"nginx_a": "{{ wandb_a }}"}, {"nginx_a": GOOD_OPTION}, "made at run time"),
        ({"nginx_a": 1}, {"nginx_a": {"type": "int", "default": 1}}, "no description"),
        ({"nginx_a": 1}, {"nginx_a": {**GOOD_OPTION, "required": True}}, "required and has a default"),
        ({"a": 1}, {"a": GOOD_OPTION}, "does not begin with nginx_"),
    ],
)
def test_bad_spec_is_found(defaults, options, sentence):
    found = spec_findings("nginx", defaults, options)
    assert len(found) == 1 and sentence in found[0]


def test_good_spec_passes():
    options = {"nginx_a": GOOD_OPTION, "nginx_b": {"type": "str", "description": "x"}, "nginx_c": {"type": "str", "description": "x", "required": True}}
    assert spec_findings("nginx", {"nginx_a": 1, "nginx_b": "{{ wandb_b }}"}, options) == []
    assert spec_findings("nginx", {"nginx_a": "{{ wandb_a }}"}, {"nginx_a": GOOD_OPTION}, {"wandb_a": 1}) == []
    assert len(spec_findings("nginx", {"nginx_a": "{{ wandb_a }}"}, {"nginx_a": GOOD_OPTION}, {"wandb_a": 2})) == 1


def phase(name: str, tag: str | None = None) -> dict[str, t.Any]:
    return {"name": name, "ansible.builtin.import_tasks": f"{name}.yml", "tags": [tag or f"nginx_{name}"]}


@pytest.mark.parametrize(
    ("main", "sentence"),
    [
        ([phase("check"), phase("install")], "not once each in the order"),
        ([phase("install"), phase("check", "check")], "lacks its tag nginx_check"),
        ([phase("install"), phase("check"), {"name": "More", "ansible.builtin.command": "true"}], "is none of the phases"),
        ([phase("install")], "tasks/check.yml is not imported"),
        ([phase("preflight"), phase("install"), phase("check")], "tasks/preflight.yml is missing"),
    ],
)
def test_bad_phases_are_found(main, sentence):
    found = phase_findings("nginx", main, {"main.yml", "install.yml", "check.yml"})
    assert len(found) == 1 and sentence in found[0]


def test_files_are_looked_at():
    assert len(ROLES) >= 10 and Path(TOP / "galaxy.yml").exists()
