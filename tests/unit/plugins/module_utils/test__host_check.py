# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.baremetal.wandb.plugins.module_utils import _host_check
from ansible_collections.baremetal.wandb.plugins.module_utils._host_check import Host, Want, check

WANT = Want(architectures=[], cores=0, memory_gib=0, disk_gb=0, disk_path="/", network_gbps=0, address="", names=[], ports=[])


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


# eth0 is the way out and has 192.0.2.0/24; bond0 has 10.0.0.0/8, and vlan7 of that 10.20.0.0/16.
ROUTES = """Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
eth0 00000000 010200C0 0003 0 0 100 00000000 0 0 0
bond0 0000000A 00000000 0001 0 0 0 000000FF 0 0 0
eth0 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0
vlan7 0000140A 00000000 0001 0 0 0 0000FFFF 0 0 0
"""


def network(root, address="", routes=ROUTES, wanted=10, **speeds):
    """The record of host.network on a host with these routes and network cards; a speed of None is one that cannot be read."""
    (root / "proc/net").mkdir(parents=True)
    (root / "proc/net/route").write_text(routes)
    for name, speed in speeds.items():
        (root / "sys/class/net" / name).mkdir(parents=True)
        if speed is not None:
            (root / "sys/class/net" / name / "speed").write_text(speed)
    (record,) = check.records(Host(str(root)), WANT._replace(network_gbps=wanted, address=address), only=["host.network"])
    return record


@pytest.mark.parametrize(
    "address, interface",
    [("", "eth0"), ("192.0.2.11", "eth0"), ("10.1.2.3", "bond0"), ("10.20.0.3", "vlan7"), ("2.3.4.5", "eth0"), ("localhost", "eth0"), ("w.invalid", "eth0")],
)
def test_the_network_card_is_that_of_the_address(tmp_path, address, interface):
    record = network(tmp_path, address, eth0="1000\n", bond0="20000\n", vlan7="2500\n")
    speed = {"eth0": 1, "bond0": 20, "vlan7": 2.5}[interface]
    assert (record["found"], record["expected"]) == ("%g Gb/s at %s" % (speed, interface), "at least 10 Gb/s")
    assert record["status"] == ("pass" if speed >= 10 else "warn")
    assert record["advice"] == ("" if speed >= 10 else "connect %s with 10 Gb/s, of which the guide of W&B asks for two" % interface)


@pytest.mark.parametrize("speed, expected", [("9999\n", "warn"), ("10000\n", "pass"), ("100\n", "warn"), ("-1\n", "skip"), ("", "skip"), (None, "skip")])
def test_a_speed_that_the_kernel_does_not_know_is_not_judged(tmp_path, speed, expected):
    record = network(tmp_path, eth0=speed)
    assert record["status"] == expected
    assert expected != "skip" or "does not say how fast eth0 is, as of most virtual network cards" in record["found"]


@pytest.mark.parametrize("routes", ["", ROUTES.splitlines()[0] + "\n"])
def test_without_a_route_no_speed_is_judged(tmp_path, routes):
    record = network(tmp_path, "2001:db8::1", routes=routes, eth0="1000\n")
    assert (record["status"], record["found"]) == ("skip", "this host has no IPv4 route to 2001:db8::1")


def test_no_speed_is_judged_when_none_is_asked_for(tmp_path):
    assert network(tmp_path, wanted=0, eth0="10\n")["found"] == "no speed asked for"
