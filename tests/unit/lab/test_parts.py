# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parts: that the page lists them, and which Go builds MinIO."""

from __future__ import annotations

import re
from pathlib import Path

import parts
import pytest

README = Path(parts.__file__).with_name("README.md")


def test_the_page_lists_every_part():
    assert re.findall(r"^\| `([a-z-]+)` \|", README.read_text(encoding="utf-8"), re.MULTILINE) == list(parts.PARTS)


@pytest.fixture(name="machine_with")
def machine_with_go(tmp_path, monkeypatch):
    """machine_with(version) -> path of this machine's go, which says that it is of this version; None takes it away. Nothing is downloaded."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(parts, "cached", lambda name, key, make: Path("/cache", name, *key))

    def machine_with(version):
        path = tmp_path / "go"
        path.write_text(f'#!/bin/sh\n[ "$*" = version ] && echo "{version}"\n')
        path.chmod(0o755)
        if version is None:
            path.unlink()
        return str(path)

    return machine_with


@pytest.mark.parametrize("version", ["go version go1.24 linux/amd64", "go version go1.24.13 linux/amd64", "go version go1.30 linux/amd64", "go version go2.0"])
def test_this_machines_go_builds_where_it_is_new_enough(machine_with, version):
    path = machine_with(version)
    assert parts.go_command() == path


@pytest.mark.parametrize("version", ["go version go1.23.12 linux/amd64", "go version go1.3 linux/amd64", "go version devel +a1b2c3 linux/amd64", None])
def test_another_go_comes_from_pypi(machine_with, version):
    machine_with(version)
    assert parts.go_command() == f"/cache/go/{parts.GO_PACKAGE}/go/bin/go"
