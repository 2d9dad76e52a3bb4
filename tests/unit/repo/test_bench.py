# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The benchmark takes its figures from the runs, and none from a run that is not what it should be."""

from __future__ import annotations

import bench
import pytest


def fake(monkeypatch, noops):
    """Runs that take 1 s for a ping, 2 s for anything else; the no-ops as given."""
    left = list(noops)
    calls = []

    def run(*words):
        calls.append(words)
        if words[0] == "ansible":
            return bench.Run(1.0, 0, {})
        if "site.yml" in words and "verify_client=never" in words and sum("site.yml" in call for call in calls) > 2:
            return left.pop(0)
        return bench.Run(2.0, 7, {})

    monkeypatch.setattr(bench, "run", run)
    return calls


def test_rounds_are_interleaved_and_medians_taken(monkeypatch):
    calls = fake(monkeypatch, [bench.Run(seconds, 0, {"app1": 20}) for seconds in (3.0, 5.0, 4.0)])
    found = bench.measure(3)
    assert found["seconds"]["no-op"] == {"median": 4.0, "min": 3.0, "max": 5.0}
    assert found["remote module executions in a no-op"] == {"app1": 20}
    assert [words[0] for words in calls[2:]] == ["ansible", *["ansible-playbook"] * 3] * 3
    assert "app1" in bench.table(found) and " 4.0" in bench.table(found)


def test_a_no_op_that_changed_is_none(monkeypatch):
    fake(monkeypatch, [bench.Run(3.0, 1, {"app1": 20})])
    with pytest.raises(SystemExit, match="changed=1"):
        bench.measure(1)


def test_executions_that_vary_are_refused(monkeypatch):
    fake(monkeypatch, [bench.Run(3.0, 0, {"app1": 20}), bench.Run(3.0, 0, {"app1": 21})])
    with pytest.raises(SystemExit, match="executions differ"):
        bench.measure(2)


def test_a_failed_command_ends_it():
    with pytest.raises(SystemExit, match="exit code 4"):
        bench.run("sh", "-c", "exit 4")
