# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""XFS on drives and where they are mounted: read -> plan -> apply -> read again. PRIVATE to the collection.

A drive is blank when nothing that libblkid knows is on it, its first MiB is zero, it has no partitions, and nothing uses it. Nothing else is formatted.
"""

from __future__ import annotations

import os
import re
import stat
import typing as t

FSTAB = "/etc/fstab"
OPTIONS = "defaults,noatime,nofail"  # a drive that is lost must not keep the host from booting
LABEL_LENGTH = 12  # of XFS
PROBED = 2**20


class Failed(Exception):
    """One sentence that says what is wrong and what to do."""


class Drive(t.NamedTuple):
    """A directory, and what shall be mounted there: a device, or C(LABEL=) or C(UUID=) of a file system."""

    path: str
    device: str


class Mount(t.NamedTuple):
    point: str
    number: str  # of the device, as 8:16
    source: str


class Change(t.NamedTuple):
    """One step: C(format) a device with a label, C(make) a directory, C(add) a line to fstab, C(mount) a directory."""

    how: str
    what: str
    value: str = ""


class System:
    """What is asked of the host and done to it. I(command) runs words and returns the exit code, the output and the errors."""

    def __init__(self, command: t.Callable[[list[str]], tuple[int, str, str]]) -> None:
        self.command = command

    def device(self, name: str) -> str | None:
        """The path of a device, or None when there is none."""
        tag, found, value = name.partition("=")
        if found:
            code, output, _errors = self.command(["blkid", "-c", "/dev/null", {"LABEL": "-L", "UUID": "-U"}[tag], value])
            name = output.strip() if code == 0 else ""
        path = os.path.realpath(name)
        return path if name and os.path.exists(path) and stat.S_ISBLK(os.stat(path).st_mode) else None

    def number(self, device: str) -> str:
        found = os.stat(device).st_rdev
        return "%d:%d" % (os.major(found), os.minor(found))

    def folder(self, device: str) -> str:
        return os.path.realpath("/sys/dev/block/%s" % self.number(device))

    def size(self, device: str) -> int:
        with open(os.path.join(self.folder(device), "size"), encoding="ascii") as file:
            return int(file.read()) * 512

    def users(self, device: str) -> list[str]:
        """Partitions of a device, and what is built upon it."""
        folder = self.folder(device)
        partitions = [name for name in sorted(os.listdir(folder)) if os.path.exists(os.path.join(folder, name, "partition"))]
        holders = os.path.join(folder, "holders")
        return partitions + (sorted(os.listdir(holders)) if os.path.isdir(holders) else [])

    def signature(self, device: str) -> dict[str, str]:
        """What libblkid finds on a device."""
        code, output, errors = self.command(["blkid", "-p", "-o", "export", device])
        if code not in (0, 2):  # 2: nothing is known
            raise Failed("%s cannot be read (%s): look at the drive." % (device, errors.strip()))
        return dict(line.split("=", 1) for line in output.splitlines() if "=" in line)

    def is_zero(self, device: str) -> bool:
        with open(device, "rb") as file:
            return not any(file.read(PROBED))

    def mounts(self) -> list[Mount]:
        with open("/proc/self/mountinfo", encoding="utf-8") as file:
            fields = [line.split() for line in file]
        return [Mount(unescaped(field[4]), field[2], field[field.index("-") + 2]) for field in fields]

    def entries(self, path: str) -> list[str]:
        return sorted(os.listdir(path)) if os.path.isdir(path) else []

    def fstab(self) -> list[str]:
        with open(FSTAB, encoding="utf-8") as file:
            return file.read().splitlines()

    def apply(self, change: Change) -> None:
        if change.how == "format":
            self.must(["mkfs.xfs", "-q", "-L", change.value, change.what])  # which refuses what it knows, too
        elif change.how == "make":
            os.makedirs(change.what, mode=0o755, exist_ok=True)
        elif change.how == "add":
            add_line(FSTAB, change.value)
        else:
            self.must(["mount", change.what])

    def must(self, words: list[str]) -> None:
        code, _output, errors = self.command(words)
        if code != 0:
            raise Failed("%s failed (%s)." % (" ".join(words), errors.strip()))


def unescaped(path: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), path)


def add_line(path: str, line: str) -> None:
    """Appends a line to a file, which has it whole or not at all."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    known = os.stat(path)
    temporary = path + ".baremetal-wandb"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text + ("" if text.endswith("\n") or not text else "\n") + line + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.chmod(temporary, stat.S_IMODE(known.st_mode))
    os.chown(temporary, known.st_uid, known.st_gid)
    os.rename(temporary, path)


def label_of(path: str) -> str:
    return os.path.basename(path)[-LABEL_LENGTH:]


def plan(system: System, drives: t.Sequence[Drive], may_format: bool) -> tuple[list[Change], dict[str, int]]:
    """The steps that are missing, and the size of each drive. Raises what cannot be."""
    changes: list[Change] = []
    sizes: dict[str, int] = {}
    mounts, lines = system.mounts(), system.fstab()
    seen: dict[str, str] = {}
    for drive in drives:
        device = system.device(drive.device)
        if device is None:
            raise Failed("%s for %s is no drive of this host: see lsblk, and name one that is, for example /dev/disk/by-id/... or LABEL=disk1." % drive[::-1])
        if device in seen:
            raise Failed("%s and %s are one drive, %s: name another, for example /dev/sdc." % (seen[device], drive.path, device))
        seen[device] = drive.path
        sizes[drive.path] = system.size(device)
        changes += plan_one(system, drive, device, may_format, mounts, lines)
    labels = [change.value for change in changes if change.how == "format"]
    for label in labels:
        if labels.count(label) > 1 or system.device("LABEL=" + label):
            raise Failed("two drives of this host would have the label %s: mount them where the last part of the path differs, for example /mnt/disk1." % label)
    return changes, sizes


def plan_one(system: System, drive: Drive, device: str, may_format: bool, mounts: list[Mount], lines: list[str]) -> list[Change]:
    number = system.number(device)
    here = [mount for mount in mounts if mount.point == drive.path]
    if here:
        if here[-1].number != number:
            raise Failed(
                "%s is to be mounted at %s, and %s is: unmount that, or name the drive that belongs there, for example %s."
                % (device, drive.path, here[-1].source, here[-1].source)
            )
        changes = []
        signature = system.signature(device)
    else:
        elsewhere = [mount.point for mount in mounts if mount.number == number]
        if elsewhere:
            raise Failed("%s is mounted at %s already: name a drive that nobody uses for %s, for example /dev/sdc." % (device, elsewhere[0], drive.path))
        if system.entries(drive.path):
            raise Failed("%s holds files, which a drive would hide: move them, or mount the drive elsewhere, for example at /mnt/disk1." % drive.path)
        signature = system.signature(device)
        changes = formatting(system, drive, device, may_format, signature)
        if changes:
            signature = {"TYPE": "xfs", "LABEL": changes[0].value}
        if not os.path.isdir(drive.path):
            changes.append(Change("make", drive.path))
    known = [line.split() for line in lines if line.split()[1:2] == [drive.path] and not line.startswith("#")]
    if not known:
        name = "LABEL=" + signature["LABEL"] if signature.get("LABEL") else "UUID=" + signature.get("UUID", "")
        changes.append(Change("add", FSTAB, "%s %s xfs %s 0 2" % (name, drive.path, OPTIONS)))
    elif not here and system.device(known[-1][0].replace('"', "")) not in (device, None):
        raise Failed("%s mounts another drive at %s, %s: correct that line, or leave %s out, for example." % (FSTAB, drive.path, known[-1][0], drive.path))
    return changes + ([] if here else [Change("mount", drive.path)])


def formatting(system: System, drive: Drive, device: str, may_format: bool, signature: dict[str, str]) -> list[Change]:
    """The step that makes a file system on a blank drive; none when XFS is on it."""
    if signature.get("TYPE") == "xfs":
        return []
    kind = signature.get("TYPE") or signature.get("PTTYPE")
    users = system.users(device)
    if kind or users or not system.is_zero(device):
        holds = kind or ("%s on it" % ", ".join(users) if users else "data that nothing here knows")
        raise Failed(
            "%s, which is to be mounted at %s, holds %s: only a blank drive is formatted, so name another, or, when all that is on it may be lost, "
            "clear it yourself, for example wipefs --all %s && dd if=/dev/zero of=%s bs=1M count=1." % (device, drive.path, holds, device, device)
        )
    if not may_format:
        raise Failed(
            "%s, which is to be mounted at %s, is blank: make a file system on it, or have it done with minio_format_drives, for example "
            "minio_format_drives: true." % (device, drive.path)
        )
    return [Change("format", device, label_of(drive.path))]


def run(module: t.Any) -> None:
    system = System(lambda words: module.run_command(words, environ_update={"LC_ALL": "C"}))
    drives = [Drive(os.path.normpath(one["path"]), one["device"]) for one in module.params["drives"]]
    try:
        changes, sizes = plan(system, drives, module.params["format"])
        if not module.check_mode:
            for change in changes:
                system.apply(change)
            left, sizes = plan(system, drives, False)
            if left:
                raise Failed("after all steps there is still to %s %s." % (left[0].how, left[0].what))
    except Failed as failure:
        module.fail_json(msg=str(failure))
    told = [" ".join(part for part in change if part) for change in changes]
    result = {"changed": bool(changes), "changes": [change._asdict() for change in changes], "sizes": sizes}
    if module._diff:
        result["diff"] = {"before": "", "after": "".join(line + "\n" for line in told)}
    module.exit_json(**result)
