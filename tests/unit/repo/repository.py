# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of the repository itself share: where things are, and how tasks are found in YAML."""

from __future__ import annotations

import subprocess
import typing as t
from pathlib import Path

import yaml

TOP = Path(__file__).resolve().parents[3]
CACHED = Path.home() / ".cache" / "baremetal-wandb" / "collections"  # the collections that ours needs
ROLES = sorted(path.name for path in (TOP / "roles").iterdir() if path.is_dir())


class Loader(yaml.CSafeLoader):
    """YAML as Ansible writes it; values behind !vault or !unsafe read as plain text."""


Loader.add_multi_constructor("!", lambda loader, _suffix, node: loader.construct_scalar(node))


def load(path: Path) -> t.Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader)  # the loader is a safe one


def tracked(*suffixes: str) -> list[Path]:
    """Files that git tracks or would track, of these suffixes or all."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=TOP, check=True, capture_output=True
    ).stdout.decode()
    paths = sorted({TOP / name for name in listed.split("\0") if name})
    return [path for path in paths if path.is_file() and not path.is_symlink() and (not suffixes or path.suffix in suffixes)]


BLOCKS = ("block", "rescue", "always")
# Keywords of a task; the one key that is none of them is the module.
KEYWORDS = frozenset(
    """action any_errors_fatal args async become become_exe become_flags become_method become_user changed_when check_mode collections
    connection debugger delay delegate_facts delegate_to diff environment failed_when ignore_errors ignore_unreachable loop loop_control
    module_defaults name no_log notify listen poll port register remote_user retries run_once tags throttle timeout until vars when""".split()
)


class Task(t.NamedTuple):
    """A task, with what it inherits from the blocks and the play around it under the names of its own keywords."""

    file: Path
    data: dict[str, t.Any]

    @property
    def module(self) -> str:
        return next((key for key in self.data if key not in KEYWORDS and not key.startswith("with_")), "")

    @property
    def arguments(self) -> t.Any:
        return self.data.get(self.module)

    @property
    def where(self) -> str:
        file = self.file.relative_to(TOP) if self.file.is_relative_to(TOP) else self.file
        return f"{file}: {self.data.get('name', self.module)}"


INHERITED = ("no_log", "diff", "environment", "vars")


def walk(file: Path, entries: t.Any, inherited: dict[str, t.Any] | None = None) -> t.Iterator[Task]:
    """All tasks of a list of tasks, blocks or plays."""
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict):
            continue
        own = {**(inherited or {}), **{key: entry[key] for key in INHERITED if key in entry}}
        own["vars"] = {**((inherited or {}).get("vars") or {}), **(entry.get("vars") or {})}
        inner = [entry[key] for key in (*BLOCKS, "pre_tasks", "tasks", "post_tasks", "handlers") if key in entry]
        if inner:
            for tasks in inner:
                yield from walk(file, tasks, own)
        elif "hosts" not in entry:
            yield Task(file, {**own, **entry, "vars": own["vars"]})


def task_files() -> list[Path]:
    """The YAML files that hold tasks: of roles, playbooks and scenarios."""
    patterns = ("roles/*/tasks/**/*.yml", "roles/*/handlers/*.yml", "playbooks/**/*.yml", "molecule/*/*.yml", "site.yml")
    return sorted({path for pattern in patterns for path in TOP.glob(pattern) if path.name not in ("molecule.yml", "topology.yml")})


def tasks(files: t.Iterable[Path] | None = None) -> list[Task]:
    return [task for file in (task_files() if files is None else files) for task in walk(file, load(file))]
