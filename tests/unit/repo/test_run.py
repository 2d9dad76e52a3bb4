# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The test runner does not report as passed what did not run."""

from __future__ import annotations

import importlib.util
import sys

import pytest
from repository import TOP

MOLECULE_LOG = """
INFO     [nginx > converge] Executing
PLAY [all] *********
PLAY RECAP *********************************************************************
proxy1                     : ok=3    changed=2    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0
proxy2                     : ok=0    changed=0    unreachable=1    failed=0    skipped=0    rescued=0    ignored=0

INFO     [nginx > converge] Executed: Successful
INFO     [nginx > verify] Executing
[WARNING]: Could not match supplied host pattern, ignoring: wandb_proxy
PLAY RECAP *********************************************************************

INFO     [nginx > verify] Executed: Successful
"""


@pytest.fixture
def runner(tmp_path, monkeypatch):
    """tests/run.py as a module of its own, writing to a folder of this test."""
    spec = importlib.util.spec_from_file_location("run_under_test", TOP / "tests/run.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "run_under_test", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "OUTPUT", tmp_path)
    return module


def last_line(capsys):
    return capsys.readouterr().out.splitlines()[-1]


def steps(module, *commands, needs=()):
    return [module.Step(f"step{number}", module.one(*command), needs) for number, command in enumerate(commands)]


def test_all_good(runner, capsys):
    assert runner.RUNNER.run(steps(runner, ["true"], ["true"])) == 0
    assert last_line(capsys) == "2 passed, 0 failed"


def test_one_bad(runner, capsys):
    assert runner.RUNNER.run(steps(runner, ["true"], ["sh", "-c", "echo the reason; exit 3"])) == 1
    output = capsys.readouterr().out
    assert output.splitlines()[-1] == "1 passed, 1 failed"
    assert "the reason" in output and "exit code 3" in output


def test_nothing_run_is_a_failure(runner, capsys):
    assert runner.RUNNER.run([]) == 1
    assert last_line(capsys) == "0 passed, 1 failed"


def test_what_needs_a_failed_step_has_failed(runner, capsys):
    (part,) = steps(runner, ["false"])
    step = runner.Step("needs-it", runner.one("true"), (part,))
    assert runner.RUNNER.run([part, step]) == 1
    assert last_line(capsys) == "0 passed, 2 failed"


def test_fault_of_the_runner_is_a_failure(runner, capsys):
    def fault(_step):
        raise ValueError("oh")

    assert runner.RUNNER.run([runner.Step("fault", fault)]) == 1
    assert last_line(capsys) == "0 passed, 1 failed"


def test_the_last_error_is_named_with_its_task(runner):
    log = "TASK [Try it] ***\n[ERROR]: wanted\nTASK [Look at it] ****\n[ERROR]: Task failed: Action failed: it is gone\nOrigin: x\nTASK [Clean] **\n"
    assert runner.last_error(log) == "Look at it: Task failed: Action failed: it is gone"
    assert runner.last_error("no play ran") == ""
    log += "fatal: [localhost]: FAILED! =>\n    stdout: |4-\n        TASK [Open it] ***\n        [ERROR]: it is locked\n"
    log += "        PLAY RECAP\nTASK [Clean up] ***\n"
    assert runner.last_error(log) == "Look at it: Task failed: Action failed: it is gone; in it Open it: it is locked"


def test_hosts_of_an_action(runner):
    assert runner.worked_hosts(MOLECULE_LOG, "nginx", "converge") == {"proxy1"}
    assert runner.worked_hosts(MOLECULE_LOG, "nginx", "verify") == set()
    assert runner.worked_hosts(MOLECULE_LOG, "mysql", "converge") == set()


def test_scenario_that_verified_no_host_has_failed(runner, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(runner, "BIN", tmp_path)
    monkeypatch.setattr(runner, "LAB", ["true"])
    (tmp_path / "log").write_text(MOLECULE_LOG, encoding="utf-8")
    (tmp_path / "molecule").write_text(f"#!/bin/sh\ncat {tmp_path}/log\n", encoding="utf-8")
    (tmp_path / "molecule").chmod(0o700)
    assert runner.RUNNER.run([runner.Step("molecule-nginx", runner.scenario("nginx"))]) == 1
    assert "verify ran on no host" in capsys.readouterr().out


def test_skipped_pytest_is_a_failure(runner, capsys, tmp_path):
    (tmp_path / "test_sample.py").write_text("import pytest\ndef test_a(): pass\n@pytest.mark.skip\ndef test_b(): pass\n", encoding="utf-8")
    assert runner.RUNNER.run([runner.Step("sample", runner.pytest(str(tmp_path / "test_sample.py")))]) == 1
    assert capsys.readouterr().out.splitlines()[-2:] == ["sample                          1 passed    1 failed  test_b", "1 passed, 1 failed"]


def test_no_pytest_is_a_failure(runner, capsys, tmp_path):
    (tmp_path / "test_sample.py").write_text("", encoding="utf-8")
    assert runner.RUNNER.run([runner.Step("sample", runner.pytest(str(tmp_path / "test_sample.py")))]) == 1
    assert last_line(capsys) == "0 passed, 1 failed"


def test_own_home_shares_caches_only(runner, tmp_path):
    environment = runner.own_home(runner.Step("molecule-nginx", lambda step: (1, 0)), str(tmp_path / "home"))
    home = tmp_path / "home"
    assert environment["HOME"] == str(home) and not (home / ".ansible").exists() and (home / ".cache/baremetal-wandb").is_symlink()
