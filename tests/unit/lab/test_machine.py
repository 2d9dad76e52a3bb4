# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lab does to the machine that carries it: what it installs and sets, what it says of that, and the sentence for what it cannot mend."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import machine
import pytest
import topology

APT_INSTALL = "apt-get -q -y -o DPkg::Lock::Timeout=120 install --no-install-recommends"


class Machine:
    """The files and programs of a machine that can carry a lab, in a folder; a test takes something away. Its programs note that they were run."""

    def __init__(self, folder: Path):
        self.bin, self.log, self.id = folder / "bin", folder / "log", folder / "machine-id"
        self.proc, self.loop, self.groups = folder / "proc", folder / "loop-control", folder / "cgroup"
        for path in (self.bin, self.proc, self.groups):
            path.mkdir()
        for name in (*machine.COMMANDS, "apt-get", "modprobe", "systemd-machine-id-setup"):
            self.program(name)
        self.id.write_text("0123456789abcdef0123456789abcdef\n")
        (self.proc / "filesystems").write_text("nodev\tsysfs\nnodev\toverlay\n\text4\n\txfs\n")
        self.settings = {name: self.proc / "sys" / name.replace(".", "/") for name in machine.SETTINGS}
        for name, path in self.settings.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{machine.SETTINGS[name]}\n")
        for path in (self.log, self.loop, self.groups / "cgroup.procs", self.groups / "cgroup.controllers"):
            path.touch()

    def program(self, name: str, script: str = "") -> None:
        path = self.bin / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> "{self.log}"\n{script}\n')
        path.chmod(0o755)

    def ran(self) -> list[str]:
        return self.log.read_text().splitlines()


@pytest.fixture(name="fit")
def fit_machine(tmp_path, monkeypatch):
    """A machine that lacks nothing, in place of this one."""
    fake = Machine(tmp_path)
    monkeypatch.setenv("PATH", str(fake.bin))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(release="6.1.0-28-amd64"))
    for name, value in {
        "CACHE": tmp_path / "cache", "MACHINE_ID": fake.id, "PROC": fake.proc, "LOOP_CONTROL": fake.loop,
        "CGROUP_ROOTS": (fake.groups, fake.groups / "unified"),
    }.items():
        monkeypatch.setattr(machine, name, value)
    return fake


def refused() -> str:
    """The sentence with which the machine is refused."""
    with pytest.raises(topology.LabError) as problem:
        machine.prepare()
    assert "\n" not in str(problem.value)
    return str(problem.value)


def test_a_machine_that_lacks_nothing_is_left_alone_without_a_word(fit, capsys):
    machine.prepare()
    assert (fit.ran(), capsys.readouterr().err) == ([], "")


def test_what_is_missing_is_installed_in_one_go_and_said(fit, capsys):
    for name in ("mmdebstrap", "systemd-nspawn", "gpg"):
        (fit.bin / name).unlink()
    fit.program("apt-get", '[ "$DEBIAN_FRONTEND" = noninteractive ]')
    machine.prepare()
    assert fit.ran() == [f"{APT_INSTALL} gnupg mmdebstrap systemd-container"]
    assert "s] installing what the lab needs on this machine: gnupg mmdebstrap systemd-container\n" in capsys.readouterr().err


def test_package_lists_are_brought_only_when_the_packages_are_not_found(fit):
    (fit.bin / "mmdebstrap").unlink()
    fit.program("apt-get", f'case "$*" in *update) : > {fit.bin}/lists ;; *) [ -e {fit.bin}/lists ] ;; esac')
    machine.prepare()
    assert fit.ran() == [f"{APT_INSTALL} mmdebstrap", "apt-get -q update", f"{APT_INSTALL} mmdebstrap"]


def test_packages_that_cannot_be_had(fit):
    (fit.bin / "mmdebstrap").unlink()
    fit.program("apt-get", 'case "$*" in *update) ;; *) echo "Reading lists"; echo "E: Unable to locate package mmdebstrap" >&2; exit 100 ;; esac')
    assert refused() == f"{APT_INSTALL} mmdebstrap failed (100): E: Unable to locate package mmdebstrap"


def test_a_machine_without_apt(fit):
    for name in ("mmdebstrap", "gpg", "apt-get"):
        (fit.bin / name).unlink()
    assert refused() == "missing on this machine: gnupg mmdebstrap; without apt-get, install what is equal to these Debian packages by hand"


def test_every_command_has_its_package():
    assert all(package and package == package.lower() and " " not in package for package in machine.COMMANDS.values())


@pytest.mark.parametrize(("release", "fits"), [("5.13.19-6-pve", False), ("4.18.0-553.el8.x86_64", False), ("5.14.0-427.el9.x86_64", True), ("6.12.41", True)])
def test_kernel(fit, monkeypatch, release, fits):
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(release=release))
    (fit.bin / "mmdebstrap").unlink()
    if fits:
        machine.prepare()
    else:
        assert refused() == f"this machine's kernel is {release}; the lab needs 5.14 or newer, which can end a whole control group at once"
    # A machine that is refused gets no package either.
    assert len(fit.ran()) == fits


@pytest.mark.parametrize("name", ["overlay", "xfs"])
def test_a_file_system_is_loaded_or_missed(fit, name):
    path = fit.proc / "filesystems"
    path.write_text(path.read_text().replace(name, "other"))
    machine.prepare()
    assert fit.ran() == [f"modprobe {name}"]
    fit.program("modprobe", "exit 1")
    assert refused() == f"this machine's kernel has no {name} file system, which the lab needs (modprobe {name} failed)"


def test_loop_devices(fit):
    fit.loop.unlink()
    assert refused() == f"this machine has no {fit.loop}: the lab needs loop devices (modprobe loop, or a privileged container)"


def test_control_groups(fit):
    hybrid = fit.groups / "unified"
    (fit.groups / "cgroup.controllers").unlink()  # the old hierarchies lie there
    sentence = f"this machine has no cgroup2 tree at {fit.groups} or {hybrid}, which systemd-nspawn needs"
    assert refused() == sentence
    hybrid.mkdir()
    (hybrid / "cgroup.procs").touch()
    assert refused() == sentence
    (hybrid / "cgroup.controllers").touch()
    machine.prepare()
    assert machine.cgroup_root() == hybrid


def test_only_root_may(fit, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert refused() == "the lab boots hosts, so it needs root: run it with sudo or as root"
    assert fit.ran() == []


@pytest.mark.parametrize("lacks", ["missing", "empty"])
def test_a_machine_id(fit, capsys, lacks):
    if lacks == "missing":
        fit.id.unlink()
    else:
        fit.id.write_text("\n")
    machine.prepare()
    assert fit.ran() == ["systemd-machine-id-setup "] and f"s] wrote {fit.id}, which this machine lacked\n" in capsys.readouterr().err


def test_kernel_settings_are_raised_never_lowered(fit, capsys):
    fit.settings["fs.aio-max-nr"].write_text("65536\n")
    fit.settings["fs.inotify.max_user_instances"].write_text("99999\n")
    machine.prepare()
    assert fit.settings["fs.aio-max-nr"].read_text() == "1048576" and fit.settings["fs.inotify.max_user_instances"].read_text() == "99999\n"
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("s] set fs.aio-max-nr = 1048576 on this machine (until its next boot)")
