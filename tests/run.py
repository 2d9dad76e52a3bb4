# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the tests and counts them; the last line is "N passed, N failed", the exit code is 0 only when none failed.

    run.py check                 lint, sanity, unit
    run.py test [SCENARIO...]    these, integration and all molecule scenarios, or only the scenarios named
    run.py soak                  the long series of tests/soak
    run.py build [FOLDER]        the collection archive, into the checkout or FOLDER

Steps run three at a time. Each writes its whole output to tests/output/NAME.log; the end of it is shown when the step fails.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import typing as t
from pathlib import Path
from xml.etree import ElementTree

TOP = Path(__file__).resolve().parent.parent
OUTPUT = TOP / "tests" / "output"
BIN = TOP / ".venv" / "bin"
PYTHON = str(BIN / "python")
COLLECTIONS = Path.home() / ".cache" / "baremetal-wandb" / "collections"
LAB = [PYTHON, "tests/lab/lab.py"]
# What the lab's hosts are fed with: made before the first scenario, the slow one first.
PARTS = ("minio", "standin-image", "wheels")
# The scenarios that take longest start first; the others follow by name.
LONGEST = ("cluster", "single", "mysql", "minio", "minio_upgrade", "minio_cluster", "external", "verify", "bucket", "nginx", "server", "mysql_packages")
SLOTS = 3
STEP_TIMEOUT = 45 * 60  # seconds


class Failed(Exception):
    """A step failed; the text says how, in one line."""


@dataclasses.dataclass
class Step:
    """One piece of work. `run` gets the step and returns how many tests passed and failed."""

    name: str
    run: t.Callable[["Step"], tuple[int, int]]
    needs: tuple["Step", ...] = ()
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    nice: int = 0
    passed: int = 0
    failed: int = 0
    reason: str = ""
    done: threading.Event = dataclasses.field(default_factory=threading.Event)

    @property
    def log(self) -> Path:
        return OUTPUT / f"{self.name}.log"


class Runner:
    """Runs steps side by side, shows progress, stops what it started when it is stopped."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.processes: set[subprocess.Popen[bytes]] = set()
        self.lock = threading.Lock()
        self.stopping = False

    def say(self, text: str) -> None:
        with self.lock:
            print(f"[{time.monotonic() - self.started:5.0f} s] {text}", flush=True)

    def command(self, step: Step, words: list[str], cwd: Path = TOP, **environment: str) -> int:
        """Run a command with its output appended to the step's log; returns its exit code."""
        env = {
            **os.environ,
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "ANSIBLE_COLLECTIONS_PATH": f"{TOP / 'collections'}:{COLLECTIONS}",
            "NO_COLOR": "1",
            "PYTHONUNBUFFERED": "1",
            **step.environment,
            **environment,
        }
        if self.stopping:
            raise Failed("stopped")
        with open(step.log, "ab") as log:
            log.write(f"$ {' '.join(words)}\n".encode())
            log.flush()
            # A group of its own, so that a stop reaches the children of the command too.
            nice = ["nice", f"--adjustment={step.nice}"] if step.nice else []
            process = subprocess.Popen([*nice, *words], cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self.processes.add(process)
        try:
            return process.wait(timeout=STEP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.end(process)
            raise Failed(f"not done after {STEP_TIMEOUT // 60} minutes: {' '.join(words)}") from None
        finally:
            self.processes.discard(process)

    @staticmethod
    def end(process: subprocess.Popen[bytes]) -> None:
        for kind, patience in ((signal.SIGINT, 60), (signal.SIGKILL, 10)):
            try:
                os.killpg(process.pid, kind)
                process.wait(timeout=patience)
                return
            except (subprocess.TimeoutExpired, ProcessLookupError):
                continue

    def do(self, step: Step) -> None:
        for needed in step.needs:
            needed.done.wait()
        broken = [needed.name for needed in step.needs if needed.failed]
        begun = time.monotonic()
        try:
            if broken:
                raise Failed(f"not run, since {', '.join(broken)} failed")
            self.say(f"{step.name} ...")
            step.passed, step.failed = step.run(step)
        except Failed as problem:
            step.failed, step.reason = step.failed or 1, str(problem)
        except Exception as problem:  # a fault of the runner is a failed step, never a silent one
            step.failed, step.reason = step.failed or 1, f"{type(problem).__name__}: {problem}"
        finally:
            step.done.set()
        verdict = "FAILED" if step.failed else "ok"
        self.say(f"{step.name} {verdict}: {step.passed} passed, {step.failed} failed, {time.monotonic() - begun:.0f} s {step.reason}".rstrip())
        if step.failed and not broken:
            self.show_end(step)

    def show_end(self, step: Step, lines: int = 60) -> None:
        if step.log.exists():
            text = step.log.read_text(encoding="utf-8", errors="replace").splitlines()
            with self.lock:
                print(f"----- end of {os.path.relpath(step.log)}", *text[-lines:], "-----", sep="\n", flush=True)

    def run(self, steps: list[Step]) -> int:
        """Run all steps and print the sums; returns the exit code."""
        pool = concurrent.futures.ThreadPoolExecutor(SLOTS)
        waiting = [pool.submit(self.do, step) for step in steps]
        try:
            while True:
                done, left = concurrent.futures.wait(waiting, timeout=60)
                if not left:
                    break
                running = [step.name for step, future in zip(steps, waiting) if future.running()]
                self.say(f"still at {', '.join(running)}; {len(left) - len(running)} to come")
        except KeyboardInterrupt:
            self.stopping = True
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list(self.processes):
                self.end(process)
            pool.shutdown()
        finally:
            pool.shutdown()
        for step, future in zip(steps, waiting):
            if future.cancelled():
                step.failed, step.reason = 1, "not run"
            else:
                future.result()
        print()
        for step in steps:
            print(f"{step.name:<28} {step.passed:4} passed {step.failed:4} failed  {step.reason}".rstrip())
        passed, failed = sum(step.passed for step in steps), sum(step.failed for step in steps)
        if passed + failed == 0:
            print("no test was run")
            failed = 1
        print(f"{passed} passed, {failed} failed", flush=True)
        return 1 if failed or self.stopping else 0


RUNNER = Runner()


def succeed(step: Step, words: list[str], **environment: str) -> None:
    code = RUNNER.command(step, words, **environment)
    if code:
        raise Failed(f"exit code {code}: {' '.join(words)}")


def one(*words: str) -> t.Callable[[Step], tuple[int, int]]:
    """A command that is one test."""

    def run(step: Step) -> tuple[int, int]:
        succeed(step, list(words))
        return 1, 0

    return run


def part(name: str) -> t.Callable[[Step], tuple[int, int]]:
    """A part that the lab's hosts are fed with: no test, but a failure when it cannot be made."""

    def run(step: Step) -> tuple[int, int]:
        succeed(step, [*LAB, "part", name])
        return 0, 0

    return run


def tracked(new: bool = True) -> list[str]:
    """The files of the checkout as git sees them, with those that are not added yet or without, without the link to the checkout itself."""
    kinds = ["--cached", *(["--others", "--exclude-standard"] if new else [])]
    listed = subprocess.run(["git", "ls-files", "-z", *kinds], cwd=TOP, check=True, capture_output=True).stdout.decode()
    return sorted(name for name in set(listed.split("\0")) if name and os.path.isfile(TOP / name) and not name.startswith("collections/ansible_collections"))


COLLECTION = "ansible_collections/baremetal/wandb"  # where ansible-test wants a collection to be


def copy_checkout(root: Path, new: bool = True) -> Path:
    """A copy of the files in another folder."""
    for name in tracked(new):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(TOP / name, root / name, follow_symlinks=False)
    return root


def sanity(step: Step) -> tuple[int, int]:
    (requirements,) = (TOP / ".venv" / "lib").glob("python3.*/site-packages/ansible_test/_internal/python_requirements.py")
    (pip,) = re.findall(r"pip='([\d.]+)'", requirements.read_text(encoding="utf-8"))
    bootstrap = Path.home() / ".ansible" / "test" / "cache" / f"get_pip_{pip.replace('.', '_')}.py"
    if not bootstrap.exists():
        bootstrap.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TOP / "tests" / "sanity" / "get_pip.py", bootstrap)
    with tempfile.TemporaryDirectory(prefix="baremetal-wandb-sanity-") as folder:
        root = copy_checkout(Path(folder) / COLLECTION)
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        if RUNNER.command(step, [str(BIN / "ansible-test"), "sanity", "--python", version, "--color", "no"], cwd=root):
            findings = [line for line in step.log.read_text(encoding="utf-8").splitlines() if line.startswith(("ERROR: ", "FATAL: "))]
            with open(step.log, "a", encoding="utf-8") as log:
                print("", "All findings:", *findings, sep="\n", file=log)
            raise Failed(f"{len(findings)} lines of findings")
    ran = len(re.findall(r"^Running sanity test ", step.log.read_text(encoding="utf-8"), re.MULTILINE))
    if not ran:
        raise Failed("ansible-test ran no sanity test")
    return ran, 0


def pytest(*paths: str) -> t.Callable[[Step], tuple[int, int]]:
    """pytest over paths; each of its tests counts, and one that was skipped counts as failed: what cannot run here proves nothing."""

    def run(step: Step) -> tuple[int, int]:
        report = OUTPUT / f"{step.name}.xml"
        code = RUNNER.command(step, [PYTHON, "-m", "pytest", "-q", f"--junit-xml={report}", *paths])
        if not report.exists():
            raise Failed(f"pytest made no report, exit code {code}")
        tests = list(ElementTree.parse(report).iter("testcase"))
        bad = [str(test.get("name")) for test in tests if any(test.find(kind) is not None for kind in ("failure", "error", "skipped"))]
        if code and not bad:
            raise Failed(f"pytest ended with exit code {code}")
        step.reason = ", ".join(bad)
        return len(tests) - len(bad), len(bad)

    return run


RECAP = re.compile(r"^(\S+) +: ok=(\d+) +changed=\d+ +unreachable=(\d+) +failed=(\d+)", re.MULTILINE)


def last_error(log: str) -> str:
    """Where and why a play of a scenario ended, in one line: the last task that Ansible reported as failed, and the begin of its message.

    A task that ran a play of its own shows that play's output indented; what failed in there follows.
    """
    ends = [*re.finditer(r"^\[ERROR\]: (.*)", log, re.MULTILINE)][-1:]
    if not ends:
        return ""
    ends += [*re.compile(r"^ +\[ERROR\]: (.*)", re.MULTILINE).finditer(log, ends[0].end())][-1:]
    tasks = [re.findall(r"^ *TASK \[(.*)\] \**$", log[: end.start()], re.MULTILINE) for end in ends]
    return "; in it ".join(f"{names[-1] if names else ''}: {end[1][:300]}" for names, end in zip(tasks, ends))


def worked_hosts(log: str, name: str, action: str) -> set[str]:
    """Hosts on which an action of a scenario did something, by the recaps in molecule's log."""
    hosts = set()
    mark = re.escape(f"[{name} > {action}]")
    for part in re.findall(rf"{mark} Executing$(.*?){mark} Executed", log, re.MULTILINE | re.DOTALL):
        hosts |= {host for host, ok, _unreachable, _failed in RECAP.findall(part) if int(ok)}
    return hosts


def own_home(step: Step, folder: str) -> dict[str, str]:
    """An empty home, so that no collection, configuration or known host of the user's changes a result; caches stay shared."""
    home = Path(folder)
    for name in (".cache/baremetal-wandb", ".cache/pip", ".config/pip", ".pip", ".gitconfig"):
        if (Path.home() / name).exists():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).symlink_to(Path.home() / name)
    return {"HOME": str(home), "ANSIBLE_HOME": str(home / ".ansible"), "MOLECULE_EPHEMERAL_DIRECTORY": str(home / "molecule" / step.name)}


def packed_once(folder: str) -> dict[str, str]:
    """All runs of a scenario share what Ansible packs for the hosts, and what Python compiles of it where that is run by the controller itself."""
    modules, python = Path(folder, "modules"), Path(folder, "python")
    modules.mkdir()
    python.mkdir()
    shutil.copy(TOP / "tests" / "lab" / "sitecustomize.py", python)
    return {
        "PYTHONPATH": str(python),
        "LAB_COMPILED": str(python / "compiled"),
        "ANSIBLE_CALLBACK_PLUGINS": str(TOP / "molecule/shared/callback"),
        "ANSIBLE_CALLBACKS_ENABLED": "baremetal.wandb.preload,module_cache",
        "MODULE_CACHE": str(modules),
    }


def scenario(name: str) -> t.Callable[[Step], tuple[int, int]]:
    """A molecule scenario is one test. Molecule also ends well when it matched no host, so the recaps must show some."""

    def run(step: Step) -> tuple[int, int]:
        # Short: the sockets of SSH's connection sharing lie in there, and their paths are limited to 108 bytes.
        with tempfile.TemporaryDirectory(prefix="bw-") as folder:
            try:
                succeed(step, [str(BIN / "molecule"), "test", "--scenario-name", name], **own_home(step, folder), **packed_once(folder))
            except Failed as problem:
                raise Failed(last_error(step.log.read_text(encoding="utf-8", errors="replace")) or str(problem)) from None
            finally:
                if (OUTPUT.parent / "lab" / "lab.py").exists():
                    RUNNER.command(step, [*LAB, "down", f"m-{name}"])
        log = step.log.read_text(encoding="utf-8", errors="replace")
        for action in ("converge", "verify"):
            if not worked_hosts(log, name, action):
                raise Failed(f"molecule's {action} ran on no host")
        return 1, 0

    return run


def check_steps() -> list[Step]:
    lint = [str(BIN / "ansible-lint"), "--offline", "--profile", "production"]
    return [
        # The longest, and half of it has one thread: two of them share the files, and the others leave them the processors.
        # Roles and playbooks, which the scenarios lead to, are the other's.
        Step("ansible-lint-molecule", one(*lint, "--exclude", "roles", "--exclude", "playbooks", "--exclude", "collections", "--", "molecule")),
        Step("ansible-lint", one(*lint, "--exclude", "molecule")),
        Step("unit", pytest("tests/unit", *existing("tests/standin/tests")), nice=19),  # much of it waits
        Step("sanity", sanity, nice=19),
        Step("yamllint", one(str(BIN / "yamllint"), "--strict", ".")),
        Step("changelog", one(str(BIN / "antsibull-changelog"), "lint")),
    ]


def existing(*paths: str) -> list[str]:
    return [path for path in paths if (TOP / path).exists()]


def scenarios() -> list[str]:
    names = {path.parent.name for path in (TOP / "molecule").glob("*/molecule.yml")}
    return [*(name for name in LONGEST if name in names), *sorted(names - set(LONGEST))]


def test_steps(wanted: list[str]) -> list[Step]:
    unknown = set(wanted) - set(scenarios())
    if unknown:
        sys.exit(f"run.py: no scenario {', '.join(sorted(unknown))}; there are: {' '.join(scenarios())}")
    parts = [Step(f"part-{name}", part(name)) for name in PARTS]
    molecule = [Step(f"molecule-{name}", scenario(name), tuple(parts)) for name in scenarios() if not wanted or name in wanted]
    if wanted:
        return [*parts, *molecule]
    integration = [Step("integration", pytest("tests/integration"), tuple(parts))] if existing("tests/integration") else []
    # The slow part is made beside the checks; then comes what waits for the parts, long steps first so that the slots end together.
    return [parts[0], *check_steps(), *parts[1:], *molecule[: len(LONGEST)], *integration, *molecule[len(LONGEST) :]]


def soak() -> int:
    series = sorted((TOP / "tests" / "soak").glob("[!_]*.py"))
    if not series:
        print("no series yet: nothing was run")
        return 1
    return RUNNER.run([Step(f"soak-{path.stem}", one(PYTHON, str(path.relative_to(TOP)))) for path in series])


def build(target: Path) -> int:
    """The archive holds what git tracks and nothing else that lies in the checkout, which may be secrets of a site."""
    with tempfile.TemporaryDirectory(prefix="baremetal-wandb-build-") as folder:
        root = copy_checkout(Path(folder) / COLLECTION, new=False)
        return subprocess.run([str(BIN / "ansible-galaxy"), "collection", "build", "--force", "--output-path", str(target), str(root)], check=False).returncode


def main(words: list[str]) -> int:
    def stop(_number: int, _frame: t.Any) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    verb, names = (words[0], words[1:]) if words else ("", [])
    if verb == "build":
        return build(Path(names[0]) if names else TOP)
    if verb not in ("check", "test", "soak"):
        print(__doc__)
        return 2
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir(parents=True)
    if verb == "soak":
        return soak()
    return RUNNER.run(check_steps() if verb == "check" else test_steps(names))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
