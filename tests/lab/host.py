# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One host of a lab: a systemd-nspawn machine on an overlay of a shared root, in a control group of its own.

The control group holds every process of the host, its supervisor included, so ending the group is what pulling the plug is,
and works whatever happened to the program that started it.
"""
from __future__ import annotations

import dataclasses
import os
import pathlib
import shlex
import socket
import subprocess
import time
import uuid

import machine
import network
import roots
from topology import BLANK_DRIVE, Host, LabError

V1_CONTROLLERS = ("memory", "cpu", "cpuacct", "pids", "cpuset", "blkio", "devices", "freezer")
# systemd-nspawn mounts the old hierarchies read-only; an engine that is to enforce limits must write there.
V1_WRITABLE = f"""[Unit]
Description=Writable control groups
DefaultDependencies=no
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -ec 'for c in {" ".join(V1_CONTROLLERS)}; do mount -o remount,bind,rw /sys/fs/cgroup/$c; done'
"""


@dataclasses.dataclass(frozen=True)
class LabHost:
    """A host of the topology in a lab: `folder` is the lab's, `number` its network's, `root` the shared lower layer."""

    lab: str
    folder: pathlib.Path
    number: int
    host: Host
    root: pathlib.Path

    @property
    def home(self) -> pathlib.Path:
        """Folder with everything of this host."""
        return self.folder / "hosts" / self.host.name

    @property
    def address(self) -> str:
        """IPv4 address."""
        return network.address(self.number, self.host.address)

    @property
    def group(self) -> pathlib.Path:
        """The host's control group in the cgroup2 tree."""
        return lab_group(self.lab) / self.host.name

    @property
    def device(self) -> str:
        """Name by which systemd-nspawn knows the host; its end of the cable is vb-<this>."""
        return f"{network.bridge(self.number)}-{self.host.name}"

    def running(self) -> bool:
        """Whether any process of the host lives."""
        return populated(self.group)

    def disks(self) -> list[pathlib.Path]:
        """Where the machine mounts the host's drives."""
        return [self.home / "disks" / f"disk{n}" for n in range(1, len(self.host.drives) + 1)]

    def blanks(self) -> list[pathlib.Path]:
        """The files behind the drives that have nothing on them."""
        return [self.home / f"blank{n}.img" for n in range(1, self.host.blank_drives + 1)]

    def lay(self, public_key: str) -> None:
        """Make the host's own layer: what tells it from the others that share its root."""
        upper = self.home / "upper"
        for folder in (upper / "etc", self.home / "work", self.home / "root", self.home / "docker", self.home / "containers"):
            folder.mkdir(parents=True, exist_ok=True)
        name = self.host.name
        gateway = network.address(self.number, 1)
        write(upper, "etc/hostname", f"{name}\n")
        write(upper, "etc/hosts", f"127.0.0.1 localhost\n::1 localhost ip6-localhost\n{self.address} {name}\n")
        write(upper, "etc/resolv.conf", f"nameserver {gateway}\n")
        write(upper, "etc/machine-id", f"{uuid.uuid4().hex}\n", 0o444)
        write(upper, "etc/systemd/network/10-lab.network", f"[Match]\nName=host0\n[Network]\nAddress={self.address}/24\nGateway={gateway}\nIPv6AcceptRA=no\n")
        # A folder in the upper layer replaces the mode and owner of the one below, so they are set here again.
        home = upper / "home/ops"
        write(upper, "home/ops/.ssh/authorized_keys", public_key, 0o600)
        for path, mode in ((home, 0o700), (home / ".ssh", 0o700)):
            path.chmod(mode)
        for path in (home, home / ".ssh", home / ".ssh/authorized_keys"):
            os.chown(path, 1000, 1000)
        if self.host.cgroup == "v1":
            write(upper, "etc/systemd/system/lab-cgroups.service", V1_WRITABLE)
            wants = upper / "etc/systemd/system/sysinit.target.wants"
            wants.mkdir(exist_ok=True)
            (wants / "lab-cgroups.service").symlink_to("../lab-cgroups.service")
        if self.host.mysql_source:
            write(upper, "etc/apt/sources.list.d/sid.sources", roots.stanza(machine.apt_sources()["main"], "sid", "Check-Valid-Until: no\n"))
            write(upper, "etc/apt/preferences.d/sid", "Package: *\nPin: release n=sid\nPin-Priority: 100\n")
        for number, size in enumerate(self.host.drives, 1):
            image = self.home / f"disk{number}.img"
            if not image.exists():
                temporary = self.home / f"disk{number}.part"
                with open(temporary, "wb") as file:
                    file.truncate(size)
                machine.run("mkfs.xfs", "-q", "-f", temporary)
                temporary.rename(image)
        for image in self.blanks():
            with open(image, "ab") as file:
                file.truncate(BLANK_DRIVE)

    def mounts(self) -> str:
        """Shell commands that mount the host's root and drives."""
        layers = f"lowerdir={self.root},upperdir={self.home}/upper,workdir={self.home}/work"
        lines = [["mount", "-t", "overlay", f"lab-{self.lab}", "-o", layers, f"{self.home}/root"]]
        for number, disk in enumerate(self.disks(), 1):
            lines += [["mkdir", "-p", str(disk)], ["mount", "-o", "loop", f"{self.home}/disk{number}.img", str(disk)]]
        return "; ".join(shlex.join(line) for line in lines)

    def boot(self) -> None:
        """Power on: start systemd in a mount namespace of its own, which alone sees the host's mounts and ends with it."""
        if self.running():
            return
        self.off()
        binds = [f"--bind={self.home}/docker:/var/lib/docker", f"--bind={self.home}/containers:/var/lib/containers"]
        binds += [f"--bind={disk}:/mnt/{disk.name}" for disk in self.disks()]
        for image in self.blanks():
            device = machine.run("losetup", "--find", "--show", image).stdout.strip()
            # By its own name, too, under which programs that look for a label find it.
            binds += [f"--bind={device}:/dev/{image.stem}", f"--bind={device}"]
        command = [
            "systemd-nspawn", "--quiet", f"--directory={self.home}/root", f"--machine={self.device}", f"--hostname={self.host.name}", "--boot",
            "--register=no", "--keep-unit", f"--network-bridge={network.bridge(self.number)}", "--resolv-conf=off", "--timezone=off", "--link-journal=no",
            # The hosts share the machine's clock, so none of them may set it.
            "--capability=all", "--drop-capability=CAP_SYS_TIME", "--system-call-filter=@mount @keyring bpf", *binds,
        ]
        v1 = self.host.cgroup == "v1"
        environment = dict(
            PATH=f"{os.environ['PATH']}:/usr/sbin:/sbin",
            SYSTEMD_NSPAWN_UNIFIED_HIERARCHY="0" if v1 else "1",
            SYSTEMD_NSPAWN_TMPFS_TMP="0",  # the root's own fstab mounts /tmp, noexec
        )
        groups = [make_group(self.group)]
        if v1:
            if not v1_groups(self.lab, self.host.name):
                raise LabError(f"host {self.host.name} wants cgroup v1, which this machine does not have mounted below /sys/fs/cgroup")
            groups += [make_group(group) for group in v1_groups(self.lab, self.host.name)]
        join = "".join(f"echo $$ > '{group}/cgroup.procs'; " for group in groups)
        inner = ["unshare", "--mount", "--propagation", "private", "sh", "-ec", f'{self.mounts()}; exec "$@"', "sh", *command]
        with open(self.home / "console.log", "ab") as console:
            started = subprocess.Popen(["sh", "-ec", f'{join}exec "$@"', "sh", *inner], stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                                       env=environment, start_new_session=True)
        while not self.running() and started.poll() is None:
            time.sleep(0.01)

    def wait(self, seconds: float = 60) -> None:
        """Return when the user ops can log in over SSH; `seconds` is the time it may take."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.running():
                raise LabError(f"host {self.host.name} ended while booting; {self.console_tail()}")
            if self.ssh_answers() and self.ssh("true", stdin=subprocess.DEVNULL, capture_output=True).returncode == 0:
                return
            time.sleep(0.2)
        raise LabError(f"host {self.host.name} let nobody in over SSH within {seconds:.0f} s; {self.console_tail()}")

    def ssh_answers(self) -> bool:
        """Whether something on port 22 greets as SSH."""
        try:
            with socket.create_connection((self.address, 22), timeout=1) as connection:
                connection.settimeout(2)
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False

    def ssh(self, *command, **options) -> subprocess.CompletedProcess:
        """Run a command in the host, as the user ops."""
        return subprocess.run(["ssh", *ssh_options(self.lab, self.folder), f"ops@{self.address}", *command], check=False, **options)

    def console_tail(self) -> str:
        """What the console says of it: the first unit that failed, else its last lines (the very last is often systemd-nspawn's clearing up)."""
        path = self.home / "console.log"
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n") if path.exists() else []
        lines = [line.strip() for line in lines if line.strip()]
        return f"its console ({path}) says: {next((line for line in lines if '[FAILED]' in line), ' | '.join(lines[-4:]) or 'nothing')}"

    def off(self) -> None:
        """Power off as a pulled plug: nothing in the host gets to say goodbye. Also ends whatever a crash left of it."""
        close_connections(self.lab, self.address)
        off(self.lab, self.folder, self.host.name)
        # The kernel takes a dead host's cable away in its own time; one that is still there would keep the host from booting again.
        if os.path.exists(f"/sys/class/net/vb-{self.device}"):
            machine.run("ip", "link", "delete", f"vb-{self.device}", check=False)


def off(lab: str, folder: pathlib.Path, name: str) -> None:
    """Kill every process of a host and wait until its drives are free; works by the names of things alone."""
    group = lab_group(lab) / name
    kill_group(group)
    for old in v1_groups(lab, name):
        remove_group(old)
    home = folder / "hosts" / name
    for point in machine.mounts_below(home):  # what somebody mounted there by hand
        unmount(point)
    for device in loop_devices(home):  # of blank drives, which no mount of the machine's ends
        machine.run("losetup", "--detach", device, check=False)
    deadline = time.monotonic() + 10
    while loop_devices(home):
        if time.monotonic() > deadline:
            machine.say(f"{' '.join(loop_devices(home))} of host {name}: in use by something outside the lab, goes away with that")
            break
        time.sleep(0.05)


def loop_devices(home: pathlib.Path) -> list[str]:
    """Loop devices of a host's drives."""
    found = []
    for entry in pathlib.Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            if entry.read_text(encoding="utf-8").startswith(f"{home}/"):
                found.append(f"/dev/{entry.parts[3]}")
        except OSError:  # gone since it was listed
            continue
    return found


def unmount(point: str) -> None:
    """Unmount; a host that was just killed may hold its mounts for a moment."""
    for _attempt in range(50):
        if machine.run("umount", point, check=False).returncode == 0:
            return
        time.sleep(0.1)
    machine.run("umount", "--lazy", point)


def lab_group(lab: str) -> pathlib.Path:
    """The control group above those of a lab's hosts."""
    return machine.cgroup_root() / "baremetal-wandb" / lab


def v1_groups(lab: str, name: str) -> list[pathlib.Path]:
    """A host's control groups in the old hierarchies, for hosts with `cgroup: v1`."""
    return [pathlib.Path("/sys/fs/cgroup") / controller / "baremetal-wandb" / lab / name for controller in (*V1_CONTROLLERS, "systemd")
            if os.path.exists(f"/sys/fs/cgroup/{controller}/tasks")]


def make_group(group: pathlib.Path) -> pathlib.Path:
    """Make a control group, with all controllers handed down where the cgroup2 tree has any."""
    with groups_lock():
        group.mkdir(parents=True, exist_ok=True)
    top = pathlib.Path(str(group).split("/baremetal-wandb/", maxsplit=1)[0])
    if (top / "cgroup.controllers").exists():
        controllers = " ".join(f"+{name}" for name in (top / "cgroup.controllers").read_text(encoding="ascii").split())
        for above in (top, top / "baremetal-wandb", group.parent):
            if controllers:
                (above / "cgroup.subtree_control").write_text(controllers, encoding="ascii")
    elif (top / "cpuset.mems").exists():
        for below in (top / "baremetal-wandb", group.parent, group):  # an empty cpuset takes no process
            for name in ("cpuset.cpus", "cpuset.mems"):
                (below / name).write_text((top / name).read_text(encoding="ascii"), encoding="ascii")
    return group


def groups_lock():
    """Held while the folders above the hosts' control groups come and go, since labs share them."""
    return machine.lock(machine.CACHE / "labs" / ".groups.lock")


def populated(group: pathlib.Path) -> bool:
    """Whether a control group or one below it holds a process."""
    try:
        return "populated 1" in (group / "cgroup.events").read_text(encoding="ascii")
    except FileNotFoundError:
        return False


def kill_group(group: pathlib.Path) -> None:
    """Kill all processes of a control group and remove it."""
    if not group.exists():
        return
    deadline = time.monotonic() + 20
    while populated(group):
        (group / "cgroup.kill").write_text("1", encoding="ascii")
        if time.monotonic() > deadline:
            raise LabError(f"processes in {group} do not end; look at them with: cat {group}/cgroup.procs")
        time.sleep(0.05)
    remove_group(group)


def remove_group(group: pathlib.Path) -> None:
    """Remove a control group with no processes, and those above it that are ours and empty."""
    if group.exists():
        for folder, _folders, _files in os.walk(group, topdown=False):
            remove_empty(folder)
    with groups_lock():
        for above in (group.parent, group.parent.parent):
            if above.exists() and not any(entry.is_dir() for entry in above.iterdir()):
                remove_empty(above)


def remove_empty(group) -> None:
    """Remove one control group; the kernel may need a moment after its last process."""
    for _attempt in range(50):
        try:
            os.rmdir(group)
            return
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.05)


def write(upper: pathlib.Path, name: str, text: str, mode: int = 0o644) -> None:
    """Write a file of a host, with the folders above it open to all readers."""
    path = upper / name
    for folder in reversed([parent for parent in path.parents if parent.is_relative_to(upper)]):
        if not folder.exists():
            folder.mkdir(mode=0o755)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def connections(lab: str) -> pathlib.Path:
    """Folder of the shared SSH connections to a lab's hosts (a socket's path must stay short)."""
    return pathlib.Path("/run/baremetal-wandb") / lab


def ssh_options(lab: str, folder: pathlib.Path) -> list[str]:
    """Options of ssh that reach the lab's hosts, for our own use and for Ansible's."""
    return ["-i", f"{folder}/id_ed25519", "-o", "IdentitiesOnly=yes", *ssh_common(lab)]


def ssh_common(lab: str) -> list[str]:
    """Options that have nothing to do with the key: hosts come and go, so their keys are not remembered; a dead host is noticed in seconds."""
    return ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=10",
            "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3", "-o", f"ControlPath={connections(lab)}/%r@%h"]


def close_connections(lab: str, address: str = "*") -> None:
    """End the shared SSH connections that somebody (Ansible) left open to a host, or to all of them."""
    for path in connections(lab).glob(f"*@{address}"):
        machine.run("ssh", "-o", f"ControlPath={path}", "-O", "exit", "nobody", check=False)
        path.unlink(missing_ok=True)
