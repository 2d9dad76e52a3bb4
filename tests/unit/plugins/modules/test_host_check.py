# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket

import pytest
from ansible_collections.baremetal.wandb.plugins.modules import host_check


def record(result, id):
    return next(one for one in result["checks"] if one["id"] == id)


@pytest.mark.parametrize(
    "options, words",
    [
        ({"cores": -1}, "cores must be a number from 0 on"),
        ({"network_gbps": -1}, "network_gbps must be a number from 0 on"),
        ({"disk_path": "var/lib"}, "disk_path must be an absolute path"),
        ({"ports": [{"used_by": ["nginx"]}]}, "port"),
        ({"memory": 8}, "memory"),
        ({"ports": [{"port": 99999}]}, "ports must have numbers from 1 to 65535"),
    ],
)
def test_bad_arguments_are_named(run_module, options, words):
    result = run_module(host_check.main, **options)
    assert result["failed"] and words in result["msg"]


def test_this_machine_passes_when_nothing_is_asked(run_module):
    result = run_module(host_check.main, skip=["host.root", "host.system", "host.clock.*"])
    assert not result["failed"] and result["summary"] == {"pass": 5, "warn": 0, "fail": 0, "skip": 3}


def test_a_user_who_is_not_root_fails(run_module, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    result = run_module(host_check.main, only=["host.root"])
    assert result["failed"] and "found user id 1000" in result["msg"] and "become: true" in result["msg"]


@pytest.mark.parametrize("option", ["only", "skip"])
def test_a_check_that_does_not_exist_is_named(run_module, option):
    result = run_module(host_check.main, **{option: ["host.cores", "host.nonsense"]})
    assert result["failed"] and "%s: there is no check host.nonsense; there are host.root, host.system" % option in result["msg"]


def test_too_small_warns_and_fails_only_when_asked(run_module):
    small = {"cores": 4096, "memory_gib": 1e6, "disk_gb": 1e9, "only": ["host.cores", "host.memory", "host.disk"]}
    result = run_module(host_check.main, **small)
    assert not result["failed"] and result["summary"]["warn"] == 3
    assert run_module(host_check.main, **small, fail_on="warn")["failed"]


def test_a_tenth_less_than_asked_is_enough(run_module):
    found = float(record(run_module(host_check.main), "host.memory")["found"].split()[0])
    assert run_module(host_check.main, only=["host.memory"], memory_gib=found * 1.09)["summary"]["pass"] == 1
    assert run_module(host_check.main, only=["host.memory"], memory_gib=found * 1.15)["summary"]["warn"] == 1


def test_a_path_that_does_not_exist_yet_lies_on_its_parents_disk(run_module):
    result = run_module(host_check.main, only=["host.disk"], disk_gb=0.001, disk_path="/nonexistent/deep/down")
    assert result["summary"]["pass"] == 1


def test_another_architecture_fails(run_module):
    result = run_module(host_check.main, only=["host.architecture"], architectures=["s390x"])
    assert result["failed"] and "expected s390x" in result["msg"]


def test_the_name_that_does_not_resolve_is_named(run_module):
    result = run_module(host_check.main, only=["host.names.*"], names=["localhost", "wandb.invalid"])
    assert result["failed"] and record(result, "host.names.resolve")["found"] == "no address for wandb.invalid"
    assert not run_module(host_check.main, only=["host.names.*"], names=["localhost"])["failed"]


def test_a_port_held_by_another_process_fails_and_names_it(run_module):
    with open("/proc/self/comm", encoding="utf-8") as file:
        me = file.read().strip()
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        result = run_module(host_check.main, only=["host.ports"], ports=[{"port": port, "used_by": ["nginx"]}])
        assert result["failed"] and "%d is held by %s" % (port, me) in result["msg"]
        assert not run_module(host_check.main, only=["host.ports"], ports=[{"port": port, "used_by": ["nginx", me]}])["failed"]
    assert not run_module(host_check.main, only=["host.ports"], ports=[{"port": port}])["failed"]
