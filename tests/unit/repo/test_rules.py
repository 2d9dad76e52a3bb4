# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules that hold in all files: nothing is switched off to get green, the metadata lists what is there, no file speaks of one machine."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet
from repository import TOP, Task, load, task_files, tasks, tracked, walk


def forbidden(data: t.Any, where: str) -> list[str]:
    """Settings that hide a failure or leave a version open, anywhere in YAML data."""
    found = []
    if isinstance(data, dict):
        for key, value in data.items():
            if key in ("skip_list", "warn_list") or (key == "ignore_errors" and value is not False):
                found.append(f"{where}: {key} hides a failure")
            if key == "validate_certs" and value is False:
                found.append(f"{where}: validate_certs: false trusts anybody")
            if key == "state" and value == "latest":
                found.append(f"{where}: state: latest is not a pin")
            found += forbidden(value, where)
    elif isinstance(data, list):
        for value in data:
            found += forbidden(value, where)
    return found


def test_no_failure_is_hidden():
    files = [*task_files(), TOP / ".ansible-lint", TOP / ".yamllint"]
    assert [finding for file in files for finding in forbidden(load(file), str(file.relative_to(TOP)))] == []


@pytest.mark.parametrize("data", [{"ignore_errors": True}, {"x": {"validate_certs": False}}, [{"apt": {"state": "latest"}}], {"skip_list": []}])
def test_hidden_failure_is_found(data):
    assert len(forbidden([data], "sample")) == 1


# Lines of text that no file may have, and what to write instead. Written in halves, so that this file has none.
TEXTS = {
    "no" + "qa": "mend what the linter found",
    "pylint: " + "disable": "mend what pylint found",
    "shellcheck " + "disable": "mend what shellcheck found",
    "type: " + "ignore": "say what the type is",
    "/wo" + "rk/": "a path of one machine",
    "/ro" + "ot/.": "a path of one machine",
    "DES" + "IGN.md": "a page that the project does not have",
    "pypi" + ".org": "a host of a package registry: it is the user's pip that knows it",
    "proxy.golang" + ".org": "a host of a package registry",
    "deb.debian" + ".org": "a host of a package registry",
}


def texts(content: str, where: str) -> list[str]:
    return [f"{where}:{number}: {text}: {why}" for number, line in enumerate(content.splitlines(), 1) for text, why in TEXTS.items() if text in line]


def test_no_file_has_a_forbidden_text():
    files = [path for path in tracked() if path.name != "LICENSE" and path.suffix not in (".png", ".gz", ".tar")]
    assert len(files) > 50
    assert [finding for file in files for finding in texts(file.read_text(encoding="utf-8"), str(file.relative_to(TOP)))] == []


@pytest.mark.parametrize("text", TEXTS)
def test_forbidden_text_is_found(text):
    assert len(texts(f"a line\nand {text} another", "sample")) == 1


def hiding(paths: t.Iterable[str]) -> list[str]:
    """Files that tell a checker what to pass over."""
    return [path for path in paths if re.search(r"(^|/)(\.ansible-lint-ignore|tests/sanity/ignore[^/]*\.txt|ansible-lint-ignore\.txt)$", path)]


def test_no_file_tells_a_checker_what_to_pass_over():
    assert hiding(str(path.relative_to(TOP)) for path in tracked()) == []


@pytest.mark.parametrize("path", [".ansible-lint-ignore", ".config/ansible-lint-ignore.txt", "tests/sanity/ignore-2.19.txt", "tests/sanity/ignore.txt"])
def test_a_file_of_findings_to_pass_over_is_found(path):
    assert hiding(["README.md", path, ".gitignore"]) == [path]


def test_the_collection_does_not_know_its_test_double():
    files = [path for path in tracked() if path.relative_to(TOP).parts[0] in ("roles", "plugins", "playbooks", "inventories")]
    assert len(files) > 50
    assert [str(path.relative_to(TOP)) for path in files if re.search(r"\bstand-?in\b", path.read_text(encoding="utf-8"), re.IGNORECASE)] == []


def test_action_group_lists_all_modules():
    modules = sorted(path.stem for path in (TOP / "plugins/modules").glob("*.py"))
    assert load(TOP / "meta/runtime.yml")["action_groups"] == {"all": modules}


def test_every_task_names_its_collection():
    files = [file for file in task_files() if "molecule" not in file.parts]
    short = [task.where for task in tasks(files) if not re.fullmatch(r"[a-z_]+\.[a-z_]+\.[a-z_0-9]+", task.module)]
    assert short == []


def test_no_file_of_a_playbook_takes_the_place_of_a_role_s():
    """Ansible looks for a file that an imported file imports in the current folder before it looks in the role."""
    files = [file for file in (TOP / "roles").glob("*/tasks/*.yml") if file.name != "main.yml"]
    imported = [task for task in tasks(files) if task.module == "ansible.builtin.import_tasks"]
    assert imported
    assert [task.where for task in imported if not re.fullmatch(r"\{\{ role_path \}\}/tasks/\w+\.yml", task.data[task.module])] == []


def test_walk_finds_nested_tasks():
    play = [{"hosts": "all", "no_log": True, "tasks": [{"block": [{"a.b.c": {}, "vars": {"x": 1}}], "vars": {"y": 2}, "rescue": [{"a.b.d": {}}]}]}]
    found = list(walk(Path("sample.yml"), play))
    assert [task.module for task in found] == ["a.b.c", "a.b.d"]
    assert found[0].data["no_log"] is True and found[0].data["vars"] == {"x": 1, "y": 2}


def test_collection_dependencies_agree():
    galaxy = load(TOP / "galaxy.yml")["dependencies"]
    pinned = {entry["name"]: entry["version"] for entry in load(TOP / "collections/requirements.yml")["collections"]}
    assert pinned.keys() == galaxy.keys()
    assert [name for name, version in pinned.items() if version not in SpecifierSet(galaxy[name])] == []


def test_libraries_of_the_tests_are_those_of_the_tools_role():
    pins = dict(line.lower().split("==") for line in load(TOP / "roles/tools/vars/versions.yml")["_tools_requirements"])
    developer = dict(re.findall(r"^([A-Za-z0-9-]+)(?:\[\w+\])?==(\S+)$", (TOP / "requirements-dev.txt").read_text(encoding="utf-8"), re.MULTILINE))
    shared = {name.lower(): version for name, version in developer.items() if name.lower() in pins}
    assert {"pymysql", "boto3", "minio"} <= shared.keys()
    assert shared == {name: pins[name] for name in shared}


def scenario_findings(shared: dict[str, t.Any], own: dict[str, t.Any], files: set[str], again: bool = False) -> list[str]:
    """What a scenario lacks; `again`: its verify.yml runs the play a second time itself, and counts."""
    sequence = (own.get("scenario") or {}).get("test_sequence") or shared["scenario"]["test_sequence"]
    found = [f"its sequence lacks {action}" for action in ("create", "converge", "idempotence", "verify", "destroy") if action not in sequence]
    if again:
        found = [finding for finding in found if finding != "its sequence lacks idempotence"]
    return found + [f"{name} is missing" for name in ("converge.yml", "verify.yml", "topology.yml") if name not in files]


INCLUDES = ("ansible.builtin.include_tasks", "ansible.builtin.import_tasks", "ansible.builtin.import_playbook")


def asserts(file: Path) -> bool:
    """Whether a playbook or a file of tasks, or one that it takes in, has a task that fails on what it finds: more than on a command that ends badly."""
    return any(can_fail(task) or any(asserts(path) for path in taken_in(task)) for task in walk(file, load(file)))


def can_fail(task: Task) -> bool:
    if task.module in ("ansible.builtin.assert", "ansible.builtin.fail"):
        return True
    if task.module.endswith("_check") and task.module.startswith("baremetal.wandb."):
        return task.arguments.get("fail_on") != "never"
    return task.data.get("failed_when", False) is not False


def taken_in(task: Task) -> list[Path]:
    """The file of tasks or plays that a task includes or imports, beside its own or in the scenario's folder."""
    if task.module not in INCLUDES:
        return []
    name = task.arguments if isinstance(task.arguments, str) else task.arguments["file"]
    paths = [(folder / name).resolve() for folder in (task.file.parent, task.file.parent.parent)]
    return [path for path in paths if path.is_file() and path != task.file][:1]


def counts(playbook: Path) -> bool:
    """Whether a playbook, or one that it imports, runs the site again as shared/tasks/whole.yml does, which counts executions and looks for changes."""
    imported = [play["ansible.builtin.import_playbook"] for play in load(playbook) if "ansible.builtin.import_playbook" in play]
    return "/shared/tasks/whole.yml" in playbook.read_text(encoding="utf-8") or any(counts(playbook.parent / name) for name in imported)


def test_scenarios_test():
    shared = load(TOP / ".config/molecule/config.yml")
    folders = [path.parent for path in (TOP / "molecule").glob("*/molecule.yml")]
    assert folders
    found = {}
    for folder in folders:
        findings = scenario_findings(shared, load(folder / "molecule.yml") or {}, {path.name for path in folder.iterdir()}, counts(folder / "verify.yml"))
        if not asserts(folder / "verify.yml"):
            findings.append("verify.yml asserts nothing")
        if findings:
            found[folder.name] = findings
    assert found == {}


ASSERT = {"ansible.builtin.assert": {"that": "true"}}


@pytest.mark.parametrize(
    ("task", "found"),
    [
        (ASSERT, True),
        ({"ansible.builtin.fail": {"msg": "found"}, "when": "wrong"}, True),
        ({"ansible.builtin.command": {"argv": ["true"]}, "failed_when": "said.stdout"}, True),
        ({"baremetal.wandb.s3_check": {"url": "https://s3.example.com"}}, True),
        ({"ansible.builtin.include_tasks": "tasks/looks.yml"}, True),
        ({"ansible.builtin.include_tasks": {"file": "tasks/by_another.yml"}}, True),
        ({"block": [ASSERT]}, True),
        ({"ansible.builtin.command": {"argv": ["true"]}}, False),
        ({"ansible.builtin.command": {"argv": ["true"]}, "failed_when": False}, False),
        ({"baremetal.wandb.s3_check": {"url": "https://s3.example.com", "fail_on": "never"}}, False),
        ({"ansible.builtin.include_tasks": "tasks/changes.yml"}, False),
        ({"ansible.builtin.include_tasks": "tasks/nowhere.yml"}, False),
    ],
)
def test_a_playbook_that_cannot_fail_on_what_it_finds_is_found(tmp_path, task, found):
    files = {"looks": [ASSERT], "by_another": [{"ansible.builtin.include_tasks": "looks.yml"}], "changes": [{"ansible.builtin.command": {"argv": ["true"]}}]}
    (tmp_path / "tasks").mkdir()
    for name, content in files.items():
        (tmp_path / "tasks" / f"{name}.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    playbook = tmp_path / "verify.yml"
    playbook.write_text(yaml.safe_dump([{"hosts": "all", "tasks": [task]}]), encoding="utf-8")
    assert asserts(playbook) is found
    outer = tmp_path / "outer.yml"
    outer.write_text(yaml.safe_dump([{"ansible.builtin.import_playbook": "verify.yml"}]), encoding="utf-8")
    assert asserts(outer) is found


def test_scenario_without_idempotence_is_found():
    shared = {"scenario": {"test_sequence": ["create", "converge", "idempotence", "verify", "destroy"]}}
    files = {"converge.yml", "verify.yml", "topology.yml"}
    assert scenario_findings(shared, {}, files) == []
    assert scenario_findings(shared, {"scenario": {"test_sequence": ["create", "converge", "verify", "destroy"]}}, files) == ["its sequence lacks idempotence"]
    assert scenario_findings(shared, {"scenario": {"test_sequence": ["create", "converge", "verify", "destroy"]}}, files, again=True) == []
    assert scenario_findings(shared, {}, files - {"verify.yml"}) == ["verify.yml is missing"]
