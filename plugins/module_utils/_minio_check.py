# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a MinIO node and its drives must be. PRIVATE to the collection.

The subject of every check is a Node: C(minio.service.own), C(minio.drive.*) and C(minio.volumes) hold before MinIO runs, the others while it does.
"""

from __future__ import annotations

import hashlib
import http.client
import itertools
import os
import re
import typing as t
from urllib.parse import urlsplit

from ansible_collections.baremetal.wandb.plugins.module_utils._check import Checks, Verdict, equal, failed, passed, skipped, warned

# MinIO's own folder at the top of each of its drives.
SYSTEM_FOLDER = ".minio.sys"
FORMED = "data of MinIO"
# mkfs makes this one on ext file systems; MinIO leaves it alone.
NOT_DATA = {"lost+found"}
# A set takes from each drive only what the smallest has. Drives of one model differ by less than this share; other models by more.
SIZE_TOLERANCE = 0.01
# What the files of the role say of their maker, and the programs that serve as MinIO does.
MARK = "role baremetal.wandb.minio"
PROGRAMS = {"minio", "silo"}
PROCESSES = "/proc"


class Node(t.NamedTuple):
    """One node as the role wants it."""

    drives: t.Sequence[str]
    nodes: int
    volumes: str
    volumes_file: str
    url: str
    write_quorum: int
    timeout: int
    unit_file: str
    binary: str

    @property
    def several(self) -> bool:
        """Whether the drives form an erasure set: a single one may be any directory."""
        return self.nodes * len(self.drives) > 1


def is_mount_point(drive: str) -> bool:
    return os.path.ismount(drive)


def size(drive: str) -> int:
    """Bytes of the file system that the drive is on."""
    found = os.statvfs(drive)
    return found.f_frsize * found.f_blocks


def entries(drive: str) -> list[str]:
    return sorted(set(os.listdir(drive)) - NOT_DATA)


def recorded(path: str) -> dict[str, str]:
    """What the environment file of the node sets of MinIO's variables."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line.partition("=") for line in file.read().splitlines()]
    except FileNotFoundError:
        return {}
    return {name.strip(): value.strip().strip("\"'") for name, found, value in lines if found and name.strip().startswith("MINIO_")}


def recorded_volumes(path: str) -> str | None:
    return recorded(path).get("MINIO_VOLUMES")


def expanded(pattern: str) -> list[str]:
    """What MinIO makes of an argument with ellipses, C({1...4}): of several the last is the outermost loop."""
    parts = re.split(r"\{([0-9]+)\.\.\.([0-9]+)\}", pattern)
    texts, starts, ends = parts[::3], parts[1::3], parts[2::3]
    ranges = []
    for start, end in zip(starts, ends):
        padded = len(start) > 1 and start.startswith("0") or end.startswith("0")
        ranges.append([str(number).zfill(len(end) if padded else 0) for number in range(int(start), int(end) + 1)])
    return ["".join(itertools.chain(*zip(texts, [*reversed(numbers), ""]))) for numbers in itertools.product(*reversed(ranges))]


def pools(given: str, url: str) -> list[list[str]]:
    """The drives of each pool of MINIO_VOLUMES, however it is written: paths of a single node are those of I(url), and schemes count for nothing."""
    arguments = given.split()
    found = [expanded(argument) for argument in arguments] if "{" in given else [arguments]
    return [[re.sub("^https?:", "", drive if "//" in drive else url + drive) for drive in pool] for pool in found]


def is_ours(path: str) -> bool:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return MARK in file.read()
    except FileNotFoundError:
        return False


def processes() -> t.Iterator[tuple[str, str, str]]:
    """Each process of this machine that can be seen: its folder, its program and its systemd unit."""
    for number in sorted(filter(str.isdigit, os.listdir(PROCESSES)), key=int):
        folder = os.path.join(PROCESSES, number)
        try:
            program = os.readlink(os.path.join(folder, "exe")).removesuffix(" (deleted)")
            with open(os.path.join(folder, "cgroup"), encoding="ascii", errors="replace") as file:
                groups = file.read().splitlines()
        except OSError:  # it has ended, or is a thread of the kernel
            continue
        yield folder, program, os.path.basename(groups[-1]) if groups else ""


def digest(path: str) -> str:
    with open(path, "rb") as file:
        found = hashlib.sha256()
        for chunk in iter(lambda: file.read(2**20), b""):
            found.update(chunk)
    return found.hexdigest()


def readable(count: int) -> str:
    return "%.1f GiB" % (count / 2**30)


check = Checks()


@check("minio.service.own", "no MinIO of somebody else's making is here")
def own(node: Node) -> Verdict:
    ours = is_ours(node.unit_file)
    foreign = [node.unit_file] if os.path.exists(node.unit_file) and not ours else []
    # A package brings a file without volumes.
    if recorded_volumes(node.volumes_file) is not None and not is_ours(node.volumes_file):
        foreign.append(node.volumes_file)
    unit = os.path.basename(node.unit_file)
    for folder, program, group in processes():
        if os.path.basename(program) in PROGRAMS and not (ours and group == unit):
            foreign.append("%s (process %s)" % (program, os.path.basename(folder)))
    return equal(
        [],
        foreign,
        "stop and remove it, or have the role take its place with its drives, its nodes in their order, its root account and minio_user, the account that "
        "owns its data: once with, for example, -e minio_adopt=true",
    )


@check("minio.drive.present", "each drive is a directory")
def present(node: Node) -> Verdict:
    missing = [drive for drive in node.drives if not os.path.isdir(drive)]
    if not missing:
        return passed(node.drives, "directories")
    return failed(
        "directories",
        "none at %s" % ", ".join(missing),
        "mount a drive at %s, or name the directories where drives are mounted in minio_drives, for example minio_drives: [/mnt/disk1, /mnt/disk2]"
        % ", ".join(missing),
    )


@check("minio.drive.mounted", "each drive is a file system of its own", needs=["minio.drive.present"])
def mounted(node: Node) -> Verdict:
    loose = [drive for drive in node.drives if not is_mount_point(drive)]
    if not loose:
        return passed("mount points")
    if node.several:
        return failed(
            "mount points",
            "no drive is mounted at %s" % ", ".join(loose),
            "mount each drive at its directory (an fstab line with LABEL=, xfs, defaults,noatime), or name where drives are mounted in minio_drives, "
            "for example minio_drives: [/mnt/disk1, /mnt/disk2]",
        )
    return warned(
        "a mount point",
        "%s is a directory of another file system" % loose[0],
        "a full bucket fills that file system too: give MinIO a drive of its own",
    )


@check("minio.drive.size", "drives have one size", needs=["minio.drive.mounted"])
def sizes(node: Node) -> Verdict:
    found = {drive: size(drive) for drive in node.drives}
    formed = [found[drive] for drive in node.drives if SYSTEM_FOLDER in entries(drive)]
    smallest, largest = min(found.values()), max(found.values())
    if formed and smallest >= (1 - SIZE_TOLERANCE) * min(formed):
        if largest - smallest <= SIZE_TOLERANCE * largest:
            return passed(found, "drives of one size")
        return warned("drives of one size", found, "MinIO uses of each drive only as much as the smallest has")
    if largest - smallest > SIZE_TOLERANCE * largest:
        return failed(
            "drives of one size",
            ", ".join("%s %s" % (drive, readable(count)) for drive, count in found.items()),
            "MinIO uses of each drive only as much as the smallest has: name drives of equal size in minio_drives, "
            "for example minio_drives: [/mnt/disk1, /mnt/disk2]",
        )
    return passed(found, "drives of one size")


@check("minio.drive.data", "drives hold nothing but MinIO's data", needs=["minio.drive.present"])
def data(node: Node) -> Verdict:
    foreign = {drive: found for drive, found in ((drive, entries(drive)) for drive in node.drives) if found and SYSTEM_FOLDER not in found}
    if not foreign:
        return passed({drive: FORMED if SYSTEM_FOLDER in entries(drive) else "empty" for drive in node.drives}, "empty, or with %s" % SYSTEM_FOLDER)
    return failed(
        "empty, or with %s" % SYSTEM_FOLDER,
        "; ".join("%s holds %s" % (drive, ", ".join(found[:5]) + (" ..." if found[5:] else "")) for drive, found in foreign.items()),
        "move that data away, or leave the drive out of minio_drives: nothing is deleted here",
    )


@check("minio.volumes", "the cluster keeps the drives with which it was formed", needs=["minio.drive.present"])
def volumes(node: Node) -> Verdict:
    known = recorded_volumes(node.volumes_file)
    formed = any(SYSTEM_FOLDER in entries(drive) for drive in node.drives)
    if known is None or not formed:
        return passed("no data yet" if not formed else "no record of its drives", "no data, or the same drives")
    before, wanted = pools(known, node.url), pools(node.volumes, node.url)
    if wanted[: len(before)] == before:
        return passed(node.volumes, known)
    reason = "MinIO would not start with other drives"
    if all(pool in wanted for pool in before):
        reason = "the order of its pools is fixed for ever, so one that is added comes last in minio_pools"
    elif sorted(itertools.chain(*before)) == sorted(itertools.chain(*wanted)):
        reason = "MinIO would not start: the order of its drives is fixed for ever when they are formed, since each drive knows its place in an erasure set"
    elif set(itertools.chain(*before)) < set(itertools.chain(*wanted)):
        reason = "the size of its erasure sets is fixed for ever, so nodes and drives are added as a pool of their own (minio_pools), not to one that is there"
    return failed(
        known,
        node.volumes,
        reason + ": put the hosts of the group wandb_minio, their wandb_address and minio_drives back; "
        "when only addresses changed, run once with, for example, -e minio_allow_changed_volumes=true",
    )


def _health(node: Node, path: str) -> http.client.HTTPResponse:
    """MinIO's answer; http.client knows no proxy, so the node itself is asked."""
    server = urlsplit(node.url)
    connection = http.client.HTTPConnection(server.hostname or "", server.port or 80, timeout=node.timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer
    finally:
        connection.close()


@check("minio.health.live", "MinIO answers on this node")
def live(node: Node) -> Verdict:
    try:
        answer = _health(node, "/minio/health/live")
    except OSError as error:
        return failed("an answer from %s" % node.url, error.strerror or str(error), "look at systemctl status minio and journalctl -u minio")
    return equal(200, answer.status, "something else than MinIO answers at %s: free the port" % node.url)


@check("minio.health.write_quorum", "enough drives are online to write", needs=["minio.health.live"])
def write_quorum(node: Node) -> Verdict:
    answer = _health(node, "/minio/health/cluster")
    if answer.status != 200:
        return failed(
            "at least %d drives of each erasure set online" % node.write_quorum,
            "fewer (%d from /minio/health/cluster)" % answer.status,
            "bring the other nodes of the group wandb_minio and their drives back: systemctl status minio on each names the missing ones",
        )
    quorum = answer.getheader("X-Minio-Write-Quorum")
    if quorum is None:
        return skipped("this release does not tell its write quorum")
    return equal(
        node.write_quorum,
        int(quorum),
        "this node belongs to a cluster of another size: its MINIO_VOLUMES (%s) differs from the group wandb_minio" % node.volumes_file,
    )


def process_of(node: Node) -> str | None:
    """The folder of the process that the node's unit runs."""
    unit = os.path.basename(node.unit_file)
    return next((folder for folder, _program, group in processes() if group == unit), None)


@check("minio.binary.same", "the server that runs is the one that is installed", needs=["minio.health.live"])
def same_binary(node: Node) -> Verdict:
    unit = os.path.basename(node.unit_file)
    folder = process_of(node)
    if folder is None:
        return failed("a process of %s" % unit, "none", "what answers at %s is not that unit's: stop it, and look at systemctl status %s" % (node.url, unit))
    running = os.path.join(folder, "exe")
    if os.path.samefile(running, node.binary):
        return passed(digest(node.binary))
    return equal(digest(node.binary), digest(running), "it was replaced while it ran: systemctl restart %s on all nodes at once" % unit)


@check("minio.environment.same", "the server runs with the environment of its file", needs=["minio.health.live"])
def same_environment(node: Node) -> Verdict:
    folder = process_of(node)
    if folder is None:
        return skipped("no process of %s" % os.path.basename(node.unit_file))
    with open(os.path.join(folder, "environ"), encoding="utf-8", errors="replace") as file:
        pairs = [line.partition("=") for line in file.read().split("\0")]
    running = {name: value for name, _found, value in pairs if name.startswith("MINIO_")}
    wanted = recorded(node.volumes_file)
    # Names alone, since somebody may have put a secret into it.
    differing = sorted(name for name in {*running, *wanted} if running.get(name) != wanted.get(name))
    if differing:
        return failed(
            "MINIO_ variables as in %s" % node.volumes_file,
            "others: %s" % ", ".join(differing),
            "MinIO takes any of them for its configuration, and all nodes must have the same: take them out of drop-ins of %s, and systemctl restart it on "
            "all nodes at once" % os.path.basename(node.unit_file),
        )
    # The one that names the node's own address.
    return passed(["%s=%s" % (name, value) for name, value in sorted(wanted.items()) if name != "MINIO_OPTS" and "ROOT" not in name])
