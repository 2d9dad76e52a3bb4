# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes ansible_collections.baremetal.wandb importable from a checkout of any name, by its own link collections/, and the lab's modules."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "collections"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lab"))


@pytest.fixture
def run_module(capsys, monkeypatch):
    """Runs a module's main() in this process as Ansible would, and returns its result; key C(failed) is always there."""
    # Once a test has imported controller code, warnings would go to its display instead of the result.
    monkeypatch.setattr("ansible.module_utils._internal.is_controller", False)
    monkeypatch.setattr("ansible.module_utils.common.warnings._global_warnings", {})

    def run(main, check_mode=False, **options):
        with patch_module_args({**options, "_ansible_check_mode": check_mode, "_ansible_diff": True}), pytest.raises(SystemExit):
            main()
        result = json.loads(capsys.readouterr().out)
        return {"failed": False, **result}

    return run
