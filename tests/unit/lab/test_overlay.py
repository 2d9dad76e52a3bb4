# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A demo with a real image gets that image and nothing of the test double's."""

from __future__ import annotations

import overlay
import pytest

DOUBLES = {"server_image_archive", "server_image_archive_sha256", "server_environment"}


@pytest.fixture(autouse=True)
def machine(monkeypatch, tmp_path):
    """Nothing is built, and the user's environment says nothing."""
    for name in ("WANDB_IMAGE", "WANDB_LICENSE", "WANDB_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "part").write_bytes(b"part")
    monkeypatch.setattr(overlay.parts, "part", lambda name: tmp_path / "part")


def test_the_double_keeps_its_key():
    first = overlay.values({})
    assert DOUBLES < set(first) and first["wandb_license"] and "server_image" not in first
    assert overlay.values(first) == first


def test_a_real_image(monkeypatch):
    monkeypatch.setenv("WANDB_IMAGE", "docker.io/wandb/local:0.83.0")
    monkeypatch.setenv("WANDB_LICENSE", "eyJhbGciOi")
    found = overlay.values(overlay.values({"wandb_api_key": "local-of-the-double"}))
    assert (found["server_image"], found["wandb_license"], found["wandb_api_key"]) == ("docker.io/wandb/local:0.83.0", "eyJhbGciOi", "")
    assert not DOUBLES & set(found)
    monkeypatch.setenv("WANDB_API_KEY", "local-of-a-user")
    assert overlay.values({})["wandb_api_key"] == "local-of-a-user"
