# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.baremetal.wandb.plugins.module_utils import _host_check
from ansible_collections.baremetal.wandb.plugins.module_utils._host_check import Host, Want, check

WANT = Want(architectures=[], cores=0, memory_gib=0, disk_gb=0, disk_path="/", names=[], ports=[])


def status(id, root):
    (record,) = check.records(Host(str(root)), WANT, only=[id])
    return record["status"]


@pytest.mark.parametrize(
    "release, expected",
    [
        ('ID=debian\nVERSION_ID="12"\n', "pass"),
        ('ID=debian\nVERSION_ID="13"\n', "pass"),
        ('ID=debian\nVERSION_ID="11"\n', "fail"),
        ("ID=debian\n", "fail"),
        ('ID=ubuntu\nVERSION_ID="22.04"\n', "pass"),
        ('ID=ubuntu\nVERSION_ID="24.04"\n', "pass"),
        ('ID=ubuntu\nVERSION_ID="24.10"\n', "fail"),
        ('ID="rhel"\nVERSION_ID="9.4"\n', "pass"),
        ("ID='rocky'\nVERSION_ID='10.0'\n", "pass"),
        ('ID="almalinux"\nVERSION_ID="8.10"\n', "fail"),
        ('ID="ol"\nVERSION_ID="9.5"\n', "pass"),
        ('ID=fedora\nVERSION_ID=43\n', "fail"),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="22"\n', "fail"),
        ("", "fail"),
    ],
)
def test_supported_systems(tmp_path, release, expected):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text(release)
    assert status("host.system", tmp_path) == expected


def test_the_system_that_was_found_is_shown(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text('ID=rhel\nVERSION_ID=8.10\nPRETTY_NAME="Red Hat Enterprise Linux 8.10 (Ootpa)"\n')
    (record,) = check.records(Host(str(tmp_path)), WANT, only=["host.system"])
    assert record["found"] == "Red Hat Enterprise Linux 8.10 (Ootpa)" and "Enterprise Linux 9 or 10" in record["expected"]


def test_the_clock_of_a_container_is_not_judged(tmp_path):
    (tmp_path / "run/systemd").mkdir(parents=True)
    (tmp_path / "run/systemd/container").write_text("systemd-nspawn\n")
    assert status("host.clock.synchronized", tmp_path) == "skip"


def test_the_clock_of_a_machine_is_judged(tmp_path):
    assert status("host.clock.synchronized", tmp_path) in ("pass", "warn")


def test_memory_without_a_total_is_a_failed_check(tmp_path):
    assert status("host.memory", tmp_path) == "fail"


def test_a_python_that_is_too_old_is_named(tmp_path, monkeypatch):
    assert status("host.python", tmp_path) == "pass"
    monkeypatch.setattr(_host_check, "OLDEST_PYTHON", (99, 0))
    assert status("host.python", tmp_path) == "fail"
