# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is loaded once exists, the filters of the collection are among it, and a play says the same with it as without."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[4]
MISSING = """
import json
from ansible.plugins.loader import filter_loader, init_plugin_loader, test_loader
init_plugin_loader()
from ansible_collections.baremetal.wandb.plugins.callback import preload
missing = [name for name in preload.FILTERS if not filter_loader.get(name)] + [name for name in preload.TESTS if not test_loader.get(name)]
missing += [name for loader, names in preload.CLASSES for name in names if not loader.get("ansible.builtin." + name, class_only=True)]
print(json.dumps([missing, preload.FILTERS]))
"""
PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.debug:
        msg: "{{ 4 | baremetal.wandb.erasure_layout(2) }}"
    - ansible.builtin.debug:
      when: unknown is defined
"""


def run(*words: str, **environment: str) -> str:
    done = subprocess.run(words, cwd=TOP, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_what_is_loaded_exists():
    missing, filters = json.loads(run(sys.executable, "-c", MISSING).splitlines()[-1])
    assert missing == []
    assert {"baremetal.wandb." + path.stem for path in (TOP / "plugins/filter").glob("*.py")} <= set(filters)


def test_a_play_says_the_same(tmp_path):
    (tmp_path / "play.yml").write_text(PLAY, encoding="utf-8")
    words = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", "-c", "local", str(tmp_path / "play.yml")]
    without = run(*words, ANSIBLE_CALLBACKS_ENABLED="ansible.builtin.default")
    assert "write_quorum: 5" in without
    assert run(*words) == without
