# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes importable: the collections that the roles depend on, whose modules say which options are secret; and the benchmark, the load and the soak.

Has the fixtures for rules that Ansible renders.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
from ansible.plugins.loader import filter_loader
from jinja2 import Environment

sys.path.append(str(Path.home() / ".cache" / "baremetal-wandb" / "collections"))
sys.path.append(str(Path(__file__).resolve().parents[2] / "bench"))
sys.path.append(str(Path(__file__).resolve().parents[2] / "load"))
sys.path.append(str(Path(__file__).resolve().parents[2] / "soak"))


@pytest.fixture(scope="module")
def compiled_once():
    """The same few hundred templates are rendered for each host, and compiling is most of the work."""
    with pytest.MonkeyPatch.context() as patch:
        codes = {}
        compile_template = Environment.compile
        patch.setattr(Environment, "compile", lambda self, source: codes.get(source) or codes.setdefault(source, compile_template(self, source)))
        yield


@pytest.fixture(scope="module")
def own_filters():
    """The filters of the collection, which Ansible's loader finds in a run of Ansible alone."""
    get = filter_loader.get

    def found(name, *args, **kwargs):
        if not name.startswith("baremetal.wandb."):
            return get(name, *args, **kwargs)
        stem = name.rsplit(".", 1)[1]
        module = importlib.import_module("ansible_collections.baremetal.wandb.plugins.filter." + stem)
        return filter_loader._wrap_func(name, name, module.FilterModule().filters()[stem])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filter_loader, "get", found)
        yield
