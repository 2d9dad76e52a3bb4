# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The counter of module executions agrees with what Ansible itself says at -vvv."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
PLAYBOOK = """
- hosts: all
  gather_facts: true
  gather_subset: ["!all", "!min"]
  tasks:
    - name: Write a file, which is a stat and a copy
      ansible.builtin.copy: {content: "{{ inventory_hostname }}", dest: "{{ folder }}/{{ inventory_hostname }}", mode: "0600"}
    - name: Loop, twice a module
      ansible.builtin.command: "true"
      loop: [1, 2]
    - name: Skipped, runs nothing
      ansible.builtin.command: "true"
      when: false
    - name: On the controller, runs nothing
      ansible.builtin.debug: {msg: hello}
    - name: Delegated, counts for the other host
      ansible.builtin.ping:
      delegate_to: beta
      when: inventory_hostname == 'alpha'
"""


@pytest.fixture
def command(tmp_path):
    (tmp_path / "play.yml").write_text(PLAYBOOK, encoding="utf-8")
    playbook = str(Path(sys.executable).with_name("ansible-playbook"))
    extra = f"folder={tmp_path} ansible_python_interpreter={sys.executable}"
    return [playbook, "-i", "alpha,beta,gamma", "-c", "local", "-e", extra, str(tmp_path / "play.yml")]


def count(*words):
    return subprocess.run([sys.executable, str(TOP / "tests/bench/count.py"), *words], capture_output=True, text=True, check=False)


def test_agrees_with_ansible_and_limits(command, tmp_path):
    within = count("--json", str(tmp_path / "counts.json"), "--limit", "6", "--", *command, "-vvv")
    assert within.returncode == 0, within.stdout + within.stderr
    counts = json.loads((tmp_path / "counts.json").read_text(encoding="utf-8"))
    # facts 1, copy 2, loop 2; the ping of alpha is beta's.
    assert counts == {"alpha": 5, "beta": 6, "gamma": 5}
    assert within.stdout.count("Using module file") == sum(counts.values())
    over = count("--limit", "5", "--", *command)
    assert over.returncode == 3 and "6 executions on beta, at most 5 are allowed" in over.stderr
    # The second run finds its file there: an unchanged copy is a stat and a file, still two.
    assert within.stdout.splitlines()[-3:] == over.stdout.splitlines()[-3:] == ["alpha 5", "beta 6", "gamma 5"]


def test_failure_and_emptiness_show(command, tmp_path):
    assert count("--limit", "100", "--", *command, "--start-at-task", "no such task").returncode == 3
    (tmp_path / "play.yml").write_text("- hosts: all\n  tasks: [{ansible.builtin.command: 'false'}]\n", encoding="utf-8")
    assert count("--", *command).returncode == 2
