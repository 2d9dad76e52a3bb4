# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a MinIO node and its drives must be. PRIVATE to the collection.

The subject of every check is a Node: C(minio.service.own), C(minio.drive.*), C(minio.volumes) and C(minio.layout) hold before MinIO runs, the others while
it does. C(minio.cluster.*) and C(minio.object.*) are of all nodes and need the admin account, so one node is enough to ask.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import ssl
import time
import typing as t
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from ansible_collections.baremetal.wandb.plugins.module_utils import _minio_api
from ansible_collections.baremetal.wandb.plugins.module_utils._check import Checks, Verdict, equal, failed, passed, skipped, warned
from ansible_collections.baremetal.wandb.plugins.module_utils._endpoint_http import Answer, Endpoint, why

# MinIO's own folder at the top of each of its drives.
SYSTEM_FOLDER = ".minio.sys"
FORMED = "data of MinIO"
# mkfs makes this one on ext file systems; MinIO leaves it alone.
NOT_DATA = {"lost+found"}
# A set takes from each drive only what the smallest has. Drives of one model differ by less than this share; other models by more.
SIZE_TOLERANCE = 0.01
# The role certificate renews a month before the end.
EXPIRY_WARNED = 14  # days
# What the files of the role say of their maker, and the programs that serve as MinIO does.
MARK = "role baremetal.wandb.minio"
PROGRAMS = {"minio", "silo"}
PROCESSES = "/proc"
# MinIO writes nothing to a drive that would be more than 99 % full.
ROOM_WARNED, ROOM_FAILED = 10, 2  # percent
# From 15 minutes on MinIO refuses every signature, those of its own nodes too; the order of an object's versions is that of the nodes' clocks.
SKEW_WARNED, SKEW_REFUSED = 10, 900  # seconds
# Another node that takes longer to say anything is as good as off.
PEER_TIMEOUT = 3  # seconds


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
    ca_file: str | None
    certificate_file: str
    access_key: str
    secret_key: str
    region: str
    known: dict[str, t.Any]  # what the cluster answered

    @property
    def several(self) -> bool:
        """Whether the drives form an erasure set: a single one may be any directory."""
        return self.nodes * len(self.drives) > 1

    @property
    def peers(self) -> list[str]:
        """URLs of all nodes, this one first."""
        own = urlsplit(self.url)
        others = ["%s:%s" % (own.scheme, drive[: drive.index("/", 2)]) for pool in pools(self.volumes, self.url) for drive in pool]
        return list(dict.fromkeys([self.url, *others]))


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


def formats(node: Node) -> dict[str, dict[str, t.Any]]:
    """What each formed drive of this node says of its place."""
    found = {}
    for drive in node.drives:
        try:
            with open(os.path.join(drive, SYSTEM_FOLDER, "format.json"), encoding="utf-8") as file:
                found[drive] = json.load(file)
        except FileNotFoundError:
            continue
    return found


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


@check("minio.layout", "each drive is in the place that it had when it was formed", needs=["minio.drive.present"])
def layout(node: Node) -> Verdict:
    wanted, wrong = pools(node.volumes, node.url), []
    known = formats(node)
    ids = sorted({found["id"] for found in known.values()})
    if ids[1:]:
        wrong.append("drives of different clusters, %s" % " and ".join(ids))
    for drive, found in known.items():
        members = [member for members in found["xl"]["sets"] for member in members]
        url = re.sub("^https?:", "", node.url + drive)
        pool = next((pool for pool in wanted if url in pool), [])
        if len(pool) != len(members):
            wrong.append("%s is one of %d drives, and %d are wanted" % (drive, len(members), len(pool)))
        elif found["xl"]["this"] not in members:
            wrong.append("%s has a drive that has no place" % drive)
        elif pool[members.index(found["xl"]["this"])] != url:
            wrong.append("%s has the drive of %s" % (drive, pool[members.index(found["xl"]["this"])].lstrip("/")))
    expected = "each drive where its format.json has it"
    if not wrong:
        return passed({drive: found["xl"]["this"] for drive, found in known.items()}, expected)
    return failed(
        expected,
        ", ".join(wrong),
        "MinIO leaves out a drive that is in the place of another: mount each where it was, best by label (minio_drive_devices), and put the hosts of the "
        "group wandb_minio and minio_drives back into their order",
    )


def _endpoint(node: Node) -> Endpoint:
    return Endpoint(node.url, node.ca_file, node.timeout)


def _health(node: Node, path: str) -> Answer:
    """The answer of the node itself, since no proxy is asked."""
    return _endpoint(node).request("GET", path)


@check("minio.health.live", "MinIO answers on this node")
def live(node: Node) -> Verdict:
    try:
        answer = _health(node, "/minio/health/live")
    except OSError as error:
        advice = "look at systemctl status minio and journalctl -u minio"
        if isinstance(error, ssl.SSLCertVerificationError):
            advice = "the other nodes refuse this certificate too: have %s for this address, valid, and of a CA in %s" % (node.certificate_file, node.ca_file)
        elif isinstance(error, ssl.SSLError):
            advice = "it speaks no TLS yet: systemctl restart minio on all nodes at once"
        return failed("an answer from %s" % node.url, why(error), advice)
    return equal(200, answer.status, "something else than MinIO answers at %s: free the port" % node.url)


@check("minio.tls.certificate", "MinIO shows the certificate that is installed", needs=["minio.health.live"])
def shown_certificate(node: Node) -> Verdict:
    if not _endpoint(node).secure:
        return skipped("no TLS at %s" % node.url)
    with open(node.certificate_file, encoding="ascii", errors="replace") as file:
        leaf = re.search("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", file.read(), re.DOTALL)
    return equal(
        hashlib.sha256(ssl.PEM_cert_to_DER_cert(leaf[0])).hexdigest() if leaf else "a certificate in %s" % node.certificate_file,
        hashlib.sha256(_endpoint(node).certificate_bytes()).hexdigest(),
        "MinIO reads %s again when it is replaced, and goes on with what it has while the key beside it is not its own: bring both again with the role minio"
        % node.certificate_file,
    )


@check("minio.tls.expiry", "MinIO has a certificate that stays valid", needs=["minio.health.live"])
def expiry(node: Node) -> Verdict:
    if not _endpoint(node).secure:
        return skipped("no TLS at %s" % node.url)
    days = int((ssl.cert_time_to_seconds(_endpoint(node).certificate()["notAfter"]) - time.time()) // 86400)
    if days < EXPIRY_WARNED:
        return warned(
            "%d days left" % EXPIRY_WARNED,
            "%d days left" % days,
            "renew it: run the roles certificate and minio again, or replace the files in minio_tls_cert_file and minio_tls_key_file; no node restarts",
        )
    return passed("%d days left" % days, "%d days left" % EXPIRY_WARNED)


@check("minio.health.write_quorum", "enough drives are online to write", needs=["minio.health.live"])
def write_quorum(node: Node) -> Verdict:
    answer = _health(node, "/minio/health/cluster")
    if answer.status != 200:
        return failed(
            "at least %d drives of each erasure set online" % node.write_quorum,
            "fewer (%d from /minio/health/cluster)" % answer.status,
            "bring the other nodes of the group wandb_minio and their drives back: systemctl status minio on each names the missing ones",
        )
    quorum = answer.header("X-Minio-Write-Quorum")
    if not quorum:
        return skipped("this release does not tell its write quorum")
    return equal(
        node.write_quorum,
        int(quorum),
        "this node belongs to a cluster of another size: its MINIO_VOLUMES (%s) differs from the group wandb_minio" % node.volumes_file,
    )


@check("minio.health.read_quorum", "enough drives are online to read", needs=["minio.health.live"])
def read_quorum(node: Node) -> Verdict:
    return equal(
        200,
        _health(node, "/minio/health/cluster/read").status,
        "no object can be read: bring the other nodes of the group wandb_minio and their drives back before anything else",
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


# Of all nodes, asked on one that is given the admin account.


def answers(node: Node, url: str, path: str) -> Answer | None:
    """What this node or a peer says to somebody without a key, or None."""
    try:
        return Endpoint(url, node.ca_file, node.timeout if url == node.url else PEER_TIMEOUT).request("GET", path)
    except OSError:
        return None


def api(node: Node, url: str) -> _minio_api.Api:
    return _minio_api.Api(Endpoint(url, node.ca_file, node.timeout), node.access_key, node.secret_key, node.region)


def info(node: Node) -> dict[str, t.Any]:
    """The state of the cluster as this node tells it, asked once."""
    if "info" not in node.known:
        node.known["info"] = api(node, node.url).info()
    return t.cast("dict[str, t.Any]", node.known["info"])


def lacking(node: Node) -> _minio_api.Cluster:
    if "healed" not in node.known:
        node.known["healed"] = _minio_api.last_healing(api(node, node.url))
    return _minio_api.lacking(info(node), node.known["healed"] or 0)


def drives(node: Node) -> list[dict[str, t.Any]]:
    """The drives of the nodes that are online."""
    return [drive for server in info(node)["servers"] if server["state"] == "online" for drive in server.get("drives") or []]


@check("minio.cluster.clock", "the clocks of the nodes agree", needs=["minio.health.live"])
def clock(node: Node) -> Verdict:
    if not node.access_key:
        return skipped("asked on one node, which is given the admin account")
    skews = {}
    for url in node.peers:
        answer = answers(node, url, "/minio/health/live")
        if answer and answer.header("Date"):
            skews[url] = round(parsedate_to_datetime(answer.header("Date")).timestamp() - time.time())
    expected = "less than %d seconds apart" % SKEW_WARNED
    if not skews:
        return skipped("no node tells its time")
    url, skew = max(skews.items(), key=lambda item: abs(item[1]))
    found = "%s is %d seconds %s" % (url, abs(skew), "ahead" if skew > 0 else "behind")
    advice = "synchronise all nodes with NTP (chronyc tracking): from %d seconds on they refuse each other" % SKEW_REFUSED
    if abs(skew) >= SKEW_WARNED:
        return (failed if abs(skew) >= SKEW_REFUSED else warned)(expected, found, advice)
    return passed(found, expected)


@check("minio.cluster.login", "the cluster takes the admin account", needs=["minio.cluster.clock"])
def login(node: Node) -> Verdict:
    try:
        return passed("cluster %s" % info(node)["deploymentID"], "an answer")
    except (_minio_api.ApiError, OSError) as error:
        return failed(
            "an answer",
            str(error),
            "put wandb_minio_root_user and wandb_minio_root_password back to those with which it runs, or look at journalctl -u %s"
            % os.path.basename(node.unit_file),
        )


@check("minio.cluster.nodes", "each node is there", needs=["minio.cluster.login"])
def nodes(node: Node) -> Verdict:
    states = {server["endpoint"]: server["state"] for server in info(node)["servers"]}
    expected = "%d nodes online" % node.nodes
    if len(states) == node.nodes and set(states.values()) == {"online"}:
        return passed("%d nodes online" % len(states), expected)
    return warned(
        expected,
        ", ".join("%s %s" % state for state in sorted(states.items()) if state[1] != "online") or "%d nodes" % len(states),
        "the next one that is lost may stop all writes: start MinIO there (systemctl status %s), or mend the host" % os.path.basename(node.unit_file),
    )


@check("minio.cluster.drives", "each drive of the nodes that are there is in use", needs=["minio.cluster.login"])
def used_drives(node: Node) -> Verdict:
    found = drives(node)
    lost = ["%s %s" % (_minio_api.place(drive), drive["state"]) for drive in found if drive["state"] != "ok" or not drive.get("uuid")]
    expected = "all drives ok, each with its identity"
    if not lost:
        return passed("%d drives ok" % len(found), expected)
    return warned(
        expected,
        ", ".join(sorted(lost)),
        "mount it again, or replace it by an empty drive that is as large, which MinIO fills by itself (playbooks/maintenance.yml stops the node for that)",
    )


@check("minio.cluster.healing", "no drive is being healed", needs=["minio.cluster.login"])
def healing(node: Node) -> Verdict:
    found = lacking(node).healing
    if not found:
        return passed("none", "none")
    return warned("none", ", ".join(found), "it is being filled: lose no other drive until that is over, and restart nothing")


@check("minio.cluster.healed", "objects were healed after a node was away", needs=["minio.cluster.login"])
def healed(node: Node) -> Verdict:
    found = lacking(node).away
    if not found:
        return passed("no node was away since", "no node was away since")
    return warned(
        "no node was away since",
        ", ".join(found),
        "MinIO calls itself healthy, and what was written meanwhile lacks its parts on that node: run the role again, which heals (minio_heal)",
    )


@check("minio.cluster.capacity", "the drives have room", needs=["minio.cluster.login"])
def capacity(node: Node) -> Verdict:
    found = [drive for drive in drives(node) if drive.get("totalspace")]
    if not found:
        return skipped("no drive tells its size")
    share = {_minio_api.place(drive): 100 * drive.get("availspace", 0) / drive["totalspace"] for drive in found}
    drive, least = min(share.items(), key=lambda item: item[1])
    expected = "at least %d %% free on each drive" % ROOM_WARNED
    if least >= ROOM_WARNED:
        return passed("%d bytes free on all drives together" % sum(drive.get("availspace", 0) for drive in found), expected)
    return (failed if least < ROOM_FAILED else warned)(
        expected,
        "%s has %.1f %%" % (drive, least),
        "add nodes as a pool of their own (minio_pools), or remove objects: MinIO refuses to write to drives that are full to 99 %",
    )


@check("minio.cluster.release", "all nodes run one release", needs=["minio.cluster.login"])
def release(node: Node) -> Verdict:
    by_release: dict[str, list[str]] = {}
    for server in info(node)["servers"]:
        if server["state"] == "online":
            by_release.setdefault("%s %s" % (server.get("version"), server.get("commitID")), []).append(server["endpoint"])
    if len(by_release) == 1:
        return passed(*by_release, "one release")
    return failed(
        "one release",
        "; ".join("%s on %s" % (name, ", ".join(sorted(servers))) for name, servers in sorted(by_release.items())),
        "releases do not mix: systemctl restart %s on all nodes at once, or run the role on all of them" % os.path.basename(node.unit_file),
    )


@check("minio.object.old", "an object of the installation is still readable", needs=["minio.cluster.login"])
def old_object(node: Node) -> Verdict:
    expected = "the content of %s/%s" % (_minio_api.BUCKET, _minio_api.FIRST)
    try:
        found = api(node._replace(timeout=max(node.timeout, 30)), node.url).read(_minio_api.FIRST)  # it may try all drives for 17 s
    except _minio_api.ApiError as error:
        if error.code == "NoSuchBucket":
            return skipped("none was written yet: the role does when it heals for the first time")
        found = str(error).encode()
    if found == _minio_api.FIRST_CONTENT:
        return passed("as it was written", expected)
    return failed(
        expected,
        found[:200].decode(errors="replace"),
        "new writes can work while old objects cannot be read: bring lost drives back as they were; if the object was removed by hand, remove its bucket too "
        "(mc rb --force), and the role writes another",
    )


def cluster(node: Node) -> dict[str, t.Any]:
    """What the role must know before it restarts a node, and after; nothing of a cluster that does not answer, or cannot write anyway."""
    urls = [node.url]
    if recorded_volumes(node.volumes_file) is not None:
        # It runs as the file has it, which is not yet what is wanted when TLS is switched on or off.
        scheme = "https" if "--certs-dir" in recorded(node.volumes_file).get("MINIO_OPTS", "") else "http"
        node = node._replace(url=re.sub("^https?", scheme, node.url))
        urls = node.peers
    url, answer = next(((url, answer) for url in urls if (answer := answers(node, url, "/minio/health/cluster"))), (node.url, None))
    if answer is None or answer.status != 200:
        return {}
    asked = node._replace(url=url, known=node.known if url == node.url else {})
    try:
        found = lacking(asked)
        first = asked.known["healed"] is None
    except (_minio_api.ApiError, OSError):  # with a new account it runs only after the restart, and nodes are seen without one
        down = [peer for peer in node.peers if answers(node, peer, "/minio/health/live") is None]
        found, first = _minio_api.Cluster(["node %s offline" % urlsplit(peer).netloc for peer in down], [], []), False
    without = answers(node, node.url, "/minio/health/cluster?maintenance=true")
    return dict(found._asdict(), first=first, spare=without is not None and without.status == 200)
