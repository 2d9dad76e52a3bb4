# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What drive_mounts plans for drives that no lab has; a lab's blank ones are formatted and mounted for real in molecule/minio."""

from __future__ import annotations

import os

import pytest
from ansible_collections.baremetal.wandb.plugins.module_utils import _drive_mounts
from ansible_collections.baremetal.wandb.plugins.module_utils._drive_mounts import Change, Drive, Failed, Mount, System, add_line, plan
from ansible_collections.baremetal.wandb.plugins.modules import drive_mounts

XFS = {"TYPE": "xfs", "LABEL": "disk2", "UUID": "b-2"}


class Host(System):
    """A host with a blank drive sdb, one with XFS, sdc, and a root file system on sda1; each test changes what it needs."""

    def __init__(self) -> None:
        super().__init__(lambda words: (1, "", "no commands here"))
        self.signatures = {"/dev/sda1": {"TYPE": "ext4"}, "/dev/sdb": {}, "/dev/sdc": XFS}
        self.mounted = [Mount("/", "8:1", "/dev/sda1")]
        self.lines = ["# static", "UUID=a-1 / ext4 defaults 0 1"]
        self.used: dict[str, list[str]] = {}
        self.written: set[str] = set()
        self.files: dict[str, list[str]] = {}

    def device(self, name):
        tags = {f"{tag}={found[tag]}": device for device, found in self.signatures.items() for tag in ("LABEL", "UUID") if tag in found}
        return tags.get(name, name if name in self.signatures else None)

    def number(self, device):
        return {"/dev/sda1": "8:1", "/dev/sdb": "8:16", "/dev/sdc": "8:32"}[device]

    def size(self, device):
        return 4 * 10**12

    def users(self, device):
        return self.used.get(device, [])

    def signature(self, device):
        return self.signatures[device]

    def is_zero(self, device):
        return device not in self.written

    def mounts(self):
        return self.mounted

    def entries(self, path):
        return self.files.get(path, [])

    def fstab(self):
        return self.lines


@pytest.fixture(name="host")
def fixture_host(monkeypatch):
    found = Host()
    monkeypatch.setattr(_drive_mounts.os.path, "isdir", lambda path: path in found.files)
    return found


BLANK, FILLED = Drive("/mnt/disk1", "/dev/sdb"), Drive("/mnt/disk2", "LABEL=disk2")
LINE = "LABEL=disk2 /mnt/disk2 xfs defaults,noatime,nofail 0 2"


def test_a_blank_drive_is_formatted_and_one_with_xfs_mounted_as_it_is(host):
    changes, sizes = plan(host, [BLANK, FILLED], True)
    assert changes == [
        Change("format", "/dev/sdb", "disk1"),
        Change("make", "/mnt/disk1"),
        Change("add", "/etc/fstab", "LABEL=disk1 /mnt/disk1 xfs defaults,noatime,nofail 0 2"),
        Change("mount", "/mnt/disk1"),
        Change("make", "/mnt/disk2"),
        Change("add", "/etc/fstab", LINE),
        Change("mount", "/mnt/disk2"),
    ]
    assert sizes == {"/mnt/disk1": 4 * 10**12, "/mnt/disk2": 4 * 10**12}


def test_what_is_there_is_left(host):
    host.mounted.append(Mount("/mnt/disk2", "8:32", "/dev/sdc"))
    host.lines.append(LINE)
    assert plan(host, [FILLED], False)[0] == []
    host.lines[-1] = "/dev/sdc /mnt/disk2 xfs defaults 0 0"  # the user's own
    assert plan(host, [FILLED], False)[0] == []
    host.lines.pop()
    assert plan(host, [FILLED], False)[0] == [Change("add", "/etc/fstab", LINE)]


def test_a_file_system_without_a_label_is_mounted_by_its_uuid(host):
    host.signatures["/dev/sdc"] = {"TYPE": "xfs", "UUID": "b-2"}
    host.files["/mnt/disk2"] = []
    changes = plan(host, [Drive("/mnt/disk2", "/dev/sdc")], False)[0]
    assert [change.value for change in changes] == ["UUID=b-2 /mnt/disk2 xfs defaults,noatime,nofail 0 2", ""]


@pytest.mark.parametrize(
    ("change", "drives", "words"),
    [
        ({}, [Drive("/mnt/disk1", "/dev/sdx")], "/dev/sdx for /mnt/disk1 is no drive of this host"),
        ({}, [Drive("/mnt/disk1", "LABEL=other")], "LABEL=other for /mnt/disk1 is no drive"),
        ({}, [FILLED, Drive("/mnt/disk1", "/dev/sdc")], "/mnt/disk2 and /mnt/disk1 are one drive, /dev/sdc"),
        ({}, [Drive("/mnt/disk1", "/dev/sda1")], "/dev/sda1 is mounted at / already"),
        ({"signatures": {"/dev/sdb": {"TYPE": "ext4"}}}, [BLANK], "holds ext4: only a blank drive is formatted"),
        ({"signatures": {"/dev/sdb": {"TYPE": "LVM2_member"}}}, [BLANK], "holds LVM2_member"),
        ({"signatures": {"/dev/sdb": {"PTTYPE": "gpt"}}}, [BLANK], "holds gpt"),
        ({"used": {"/dev/sdb": ["dm-0"]}}, [BLANK], "holds dm-0 on it"),
        ({"written": {"/dev/sdb"}}, [BLANK], "holds data that nothing here knows"),
        ({"files": {"/mnt/disk1": ["thesis.tex"]}}, [BLANK], "/mnt/disk1 holds files, which a drive would hide"),
        ({"mounted": [Mount("/mnt/disk1", "8:32", "/dev/sdc")]}, [BLANK], "/dev/sdb is to be mounted at /mnt/disk1, and /dev/sdc is"),
        ({"lines": ["/dev/sdc /mnt/disk1 xfs defaults 0 0"]}, [BLANK], "/etc/fstab mounts another drive at /mnt/disk1, /dev/sdc"),
        ({"signatures": {"/dev/sdb": {}, "/dev/sdc": {"TYPE": "xfs", "LABEL": "disk1"}}}, [BLANK], "would have the label disk1"),
        ({"signatures": {"/dev/sdb": {}, "/dev/sdc": {}}}, [BLANK, Drive("/srv/disk1", "/dev/sdc")], "two drives of this host would have the label disk1"),
    ],
)
def test_what_would_lose_data_or_hide_it_is_refused(host, change, drives, words):
    for name, value in change.items():
        getattr(host, name).update(value) if isinstance(value, (dict, set)) else setattr(host, name, value)
    with pytest.raises(Failed) as raised:
        plan(host, drives, True)
    assert words in str(raised.value) and str(raised.value).count("for example") == 1


def test_nothing_is_formatted_unasked(host):
    with pytest.raises(Failed, match="is blank: make a file system on it, or have it done.*for example minio_format_drives: true"):
        plan(host, [BLANK], False)


def test_a_long_name_is_cut_to_what_xfs_takes():
    assert _drive_mounts.label_of("/mnt/object-store-disk12") == "store-disk12"


@pytest.mark.parametrize("text", ["UUID=a-1 / ext4 defaults 0 1\n", "UUID=a-1 / ext4 defaults 0 1", ""])
def test_a_line_is_added_and_the_mode_kept(tmp_path, text):
    path = tmp_path / "fstab"
    path.write_text(text)
    path.chmod(0o640)
    add_line(str(path), LINE)
    assert path.read_text() == (text.rstrip("\n") + "\n" if text else "") + LINE + "\n"
    assert path.stat().st_mode & 0o777 == 0o640 and os.listdir(tmp_path) == ["fstab"]


@pytest.mark.parametrize(("code", "output", "found"), [(0, "DEVNAME=/dev/sdb\nTYPE=ext4\n", "ext4"), (2, "", None)])
def test_signatures_as_blkid_tells_them(code, output, found):
    assert System(lambda words: (code, output, "")).signature("/dev/sdb").get("TYPE") == found


def test_a_drive_that_cannot_be_read_is_named():
    with pytest.raises(Failed, match="/dev/sdb cannot be read \\(blkid: error: /dev/sdb: Input/output error\\)"):
        System(lambda words: (4, "", "blkid: error: /dev/sdb: Input/output error\n")).signature("/dev/sdb")


def test_the_mounts_of_this_machine_can_be_read():
    assert "/" in [mount.point for mount in System(lambda words: (1, "", "")).mounts()]


def test_a_device_that_is_none(run_module):
    result = run_module(drive_mounts.main, drives=[{"path": "/mnt/disk1", "device": "sdb"}])
    assert result["failed"] and "must be a path below /dev, LABEL= or UUID=, for example /dev/sdb" in result["msg"]
