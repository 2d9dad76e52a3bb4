# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.wandb.plugins.filter.mysql_tuning import FilterModule
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql import version_numbers
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql_table import PROFILES, SETTINGS

mysql_tuning = FilterModule().filters()["mysql_tuning"]
MIB = 2**20


def tuned(memory=32, share=70, **facts):
    return mysql_tuning({"version": "9.7.4", "memory": memory * 1024, "share": share, "profile": "guide", **facts})


@pytest.mark.parametrize(
    "memory, share, connections, pool, log, packet",
    [  # GiB of the host, per cent, then max_connections and MiB
        (2, 70, 100, 512, 128, 64),
        (2, 25, 100, 128, 128, 64),
        (4, 70, 100, 2048, 512, 64),
        (8, 70, 100, 4096, 1024, 64),
        (8, 25, 100, 1024, 256, 64),
        (16, 70, 173, 10240, 2560, 128),
        (16, 25, 100, 3072, 768, 64),
        (32, 70, 347, 20480, 5120, 256),
        (64, 70, 695, 41984, 8192, 256),
        (128, 70, 1000, 87040, 8192, 256),
        (256, 70, 1000, 178176, 8192, 256),
        (512, 70, 1000, 361472, 8192, 256),
        (512, 25, 1000, 125952, 8192, 256),
    ],
)
def test_hosts(memory, share, connections, pool, log, packet):
    found = tuned(memory, share)
    settings = found["settings"]
    assert settings["max_connections"] == connections
    assert [settings[name] // MIB for name in ("innodb_buffer_pool_size", "innodb_redo_log_capacity", "max_allowed_packet")] == [pool, log, packet]
    assert found["errors"] == [] and len(found["reasons"]) == 4
    # What is always in use stays within the share, but for the least of a pool that a server of any use has.
    assert pool == 128 or pool + 384 + connections <= memory * 1024 * share // 100


def test_a_smaller_share_never_gives_more():
    for memory in (2, 4, 8, 16, 32, 64, 128, 256, 512):
        pools = [tuned(memory, share)["settings"]["innodb_buffer_pool_size"] for share in range(5, 91, 5)]
        assert pools == sorted(pools)


def test_reasons_have_their_figures():
    connections, pool = tuned()["reasons"][:2]
    assert connections == "max_connections = 347: half of 22.4 GiB (70 % of 32.0 GiB) at 33 MiB for each that sorts, at least 100 and at most 1000."
    assert pool.startswith("innodb_buffer_pool_size = 21474836480: 22.4 GiB (70 % of 32.0 GiB) less 384 MiB for the server, 347 MiB for connections")


@pytest.mark.parametrize("version", ["8.0.28", "8.0.46", "8.4.11-0ubuntu0.26.04.1", "9.7.4-2", ""])
def test_the_guide_holds_exactly(version):
    guide = PROFILES["guide"].settings
    assert guide == {
        "binlog_format": "ROW",
        "innodb_online_alter_log_max_size": 268435456,
        "sync_binlog": 1,
        "innodb_flush_log_at_trx_commit": 1,
        "binlog_row_image": "MINIMAL",
        "sort_buffer_size": 33554432,
    }
    settings = tuned(version=version)["settings"]
    assert {name: settings[name] for name in guide} == guide


def test_the_current_profile_is_the_guide_with_newer_figures():
    settings = tuned(profile="current")["settings"]
    assert settings["sort_buffer_size"] == 64 * MIB and settings["max_prepared_stmt_count"] == 1048576 and settings["binlog_row_image"] == "MINIMAL"


@pytest.mark.parametrize(
    "version, has, has_not",
    [
        ("8.0.28", {"binlog_format", "innodb_log_file_size", "innodb_io_capacity", "innodb_flush_method"}, {"innodb_redo_log_capacity"}),
        ("8.0.46", {"innodb_redo_log_capacity", "innodb_io_capacity"}, {"binlog_format", "innodb_log_file_size"}),
        ("8.4.11", {"innodb_redo_log_capacity"}, {"binlog_format", "innodb_log_file_size", "innodb_io_capacity", "innodb_flush_method"}),
        ("9.7.4-2", {"innodb_redo_log_capacity"}, {"binlog_format", "innodb_log_file_size", "innodb_io_capacity"}),
    ],
)
def test_the_file_has_what_its_version_takes(version, has, has_not):
    file = set(tuned(version=version)["file"])
    assert has <= file and not has_not & file
    assert all(not SETTINGS[name].removed or version_numbers(SETTINGS[name].removed) > version_numbers(version) for name in file if name in SETTINGS)


def test_the_disk_is_reckoned_with_when_it_is_known():
    settings = tuned(iops=5000)["settings"]
    assert (settings["innodb_io_capacity"], settings["innodb_io_capacity_max"]) == (5000, 10000)


def test_the_double_of_what_the_user_says_of_the_disk_goes_with_it():
    for facts in ({}, {"iops": 5000}):
        settings = tuned(settings={"innodb_io_capacity": 30000}, **facts)["settings"]
        assert (settings["innodb_io_capacity"], settings["innodb_io_capacity_max"]) == (30000, 60000)


def test_a_loose_setting_is_reckoned_with_and_stays_loose_in_the_file():
    found = tuned(settings={"loose_max_connections": 200, "loose_sync_binlog": 0})
    assert found["settings"]["max_connections"] == found["file"]["loose_max_connections"] == 200 and "loose_max_connections" not in found["settings"]
    assert not {"max_connections", "sync_binlog"} & set(found["file"]) and "sync_binlog is 0, and W&B asks for 1" in found["warnings"][0]


def test_the_users_own_win_and_are_reckoned_with():
    found = tuned(settings={"max_connections": 100, "sort_buffer_size": "64M", "innodb_buffer_pool_size": "16G", "bind_address": "10.0.0.1"})
    assert found["settings"]["innodb_buffer_pool_size"] == found["file"]["innodb_buffer_pool_size"] == "16G"
    assert found["settings"]["innodb_redo_log_capacity"] == 4 * 2**30 and found["file"]["bind_address"] == "10.0.0.1"
    assert [reason.split()[0] for reason in found["reasons"]] == ["innodb_redo_log_capacity", "max_allowed_packet"]
    assert tuned(settings={"max_connections": 1000})["settings"]["innodb_buffer_pool_size"] < tuned()["settings"]["innodb_buffer_pool_size"]


def test_a_log_that_the_user_sizes_the_old_way_is_left_alone():
    found = tuned(version="8.0.46", settings={"innodb_log_file_size": "1G"})
    assert found["file"]["innodb_log_file_size"] == "1G" and "innodb_redo_log_capacity" not in found["settings"]
    assert found["warnings"] == ["mysql_settings.innodb_log_file_size is deprecated in this version of MySQL: set innodb_redo_log_capacity instead."]


def test_sort_buffers_beyond_the_memory_are_warned_of_with_the_sum():
    assert tuned()["warnings"] == []
    assert tuned(settings={"sync_binlog": "1", "binlog_row_image": "minimal", "sort_buffer_size": "33M"})["warnings"] == []
    weaker = {"sync_binlog": 0, "innodb_flush_log_at_trx_commit": 2, "binlog_row_image": "FULL", "sort_buffer_size": "256K"}
    said = tuned(settings=weaker)["warnings"]
    assert [sentence.split()[0] for sentence in said] == ["mysql_settings." + name for name in weaker]
    assert said[0] == "mysql_settings.sync_binlog is 0, and W&B asks for 1: remove it, unless you mean it."
    (warning,) = tuned(settings={"max_connections": 500, "sort_buffer_size": "64M"})["warnings"]
    assert warning.startswith("500 connections that all sort at once take 31.2 GiB in sort buffers of 64 MiB")
    assert "is 49.2 GiB, and the host has 32.0" in warning


@pytest.mark.parametrize(
    "version, settings, words",
    [
        ("9.7.4", {"query_cache_size": 0}, "mysql_settings.query_cache_size is no setting of MySQL 9.7.4 any more: remove it."),
        ("", {"query_cache_size": 0}, "of any version that W&B supports any more"),
        ("9.7.4", {"innodb_log_file_size": "1G"}, "set innodb_redo_log_capacity instead"),
        ("8.4.1", {"default_authentication_plugin": "x"}, "set authentication_policy instead"),
        ("8.0.29", {"innodb_redo_log_capacity": "1G"}, "a setting from MySQL 8.0.30 on, and this one is 8.0.29: set innodb_log_file_size instead"),
        ("", {"sort_buffer_size": "big"}, "mysql_settings.sort_buffer_size must be a size in bytes, for example 33554432 or 32M, not big."),
        ("", {"sort_buffer_size": "1.5G"}, "must be a size in bytes"),
        ("", {"max_connections": "3k"}, "max_connections must be a whole number"),
        ("", {"max_connections": True}, "max_connections must be a whole number"),
        ("", {"max_connections": [1]}, "max_connections must be a whole number"),
        ("", {"max_connections": None}, "max_connections must be a whole number"),
        ("", {"max_connections": -5}, "mysql_settings.max_connections must be 1 or more, not -5: the server would take that instead; for example 1."),
        ("9.7.4", {"max_connections": 200000}, "max_connections must be 100000 or less, not 200000"),
        ("", {"sort_buffer_size": 1}, "sort_buffer_size must be 32768 or more, not 1"),
        ("", {"sort_buffer_size": "16K"}, "sort_buffer_size must be 32768 or more, not 16K"),
        ("", {"max_allowed_packet": "2G"}, "max_allowed_packet must be 1073741824 or less, not 2G"),
        ("", {"long_query_time": -0.5}, "long_query_time must be 0 or more, not -0.5"),
        ("", {"binlog_row_image": "SMALL"}, "binlog_row_image must be one of FULL, MINIMAL, NOBLOB, not SMALL"),
        ("", {"slow_query_log": "maybe"}, "slow_query_log must be ON or OFF"),
        ("9.7.4", {"innodb_redo_log_capacity": 9000000}, "must be a multiple of 1048576, not 9000000: the server would take 8388608 instead"),
        # What YAML makes of a value without quotes, or does not make a number of.
        ("", {"default_time_zone": 600}, 'default_time_zone must be a time zone, an offset in quotes, for example "+10:00"'),  # +10:00
        ("", {"max_connections": "1_000"}, "max_connections must be a whole number"),
        ("", {"max_connections": "1e3"}, "max_connections must be a whole number"),
        ("", {"max_connections": 1000.0}, "max_connections must be a whole number, for example 300, not 1000.0"),
        ("", {"max_allowed_packet": True}, "max_allowed_packet must be a size in bytes"),
        ("", {"innodb_flush_method": False}, "innodb_flush_method must be one word"),
        ("", {"innodb_flush_log_at_trx_commit": True}, "innodb_flush_log_at_trx_commit must be one of 0, 1, 2, not ON"),
        ("", {"no_such_setting": None}, "no_such_setting must be one value, not null: write it as an option file has it, for example 32M."),
        ("", {"sql_mode": ["ANSI", "TRADITIONAL"]}, "sql_mode must be one value, not a list: write it as an option file has it, for example ANSI,TRADITIONAL."),
        ("", {"no_such_setting": {"a": 1}}, "no_such_setting must be one value, not a dictionary"),
        # Names that an option file takes.
        ("", {"loose_max_connections": "many"}, "mysql_settings.loose_max_connections must be a whole number"),
        ("", {"loose_port": 1, "port": 2}, "mysql_settings.loose_port is another name of port, which is set, too"),
        ("", {"skip_slow_query_log": True}, 'mysql_settings.skip_slow_query_log names no variable of the server: set slow_query_log itself, for example slow'),
        ("", {"loose_disable_mysqlx": True}, 'set mysqlx itself, for example mysqlx: "OFF".'),
        ("", {"enable_local_infile": True}, 'set local_infile itself, for example local_infile: "ON".'),
        ("", {"maximum_sort_buffer_size": "64M"}, "set sort_buffer_size itself, for example sort_buffer_size: 32M."),
        ("", {"skip_log_bin": True}, "mysql_settings.skip_log_bin ends the binary log, which W&B's database has: remove it."),
        # Bounds.
        ("9.7.4", {"innodb_io_capacity": 300, "innodb_io_capacity_max": 200}, "mysql_settings.innodb_io_capacity is 300 where innodb_io_capacity_max is 200"),
        ("9.7.4", {"innodb_io_capacity_max": 5000}, "innodb_io_capacity_max is 5000 where innodb_io_capacity is 10000, and the server does not have both"),
        ("8.0.46", {"innodb_io_capacity_max": 1000}, "innodb_io_capacity_max is 1000 where innodb_io_capacity is 2000"),
        ("9.7.4", {"innodb_max_dirty_pages_pct_lwm": 95}, "is 95 where innodb_max_dirty_pages_pct is 90, and"),  # which is listed no longer
        ("8.4.1", {"gtid_mode": True}, "mysql_settings.gtid_mode is ON where enforce_gtid_consistency is OFF"),
        ("9.7.4", {"enforce_gtid_consistency": "WARN"}, "enforce_gtid_consistency is WARN where gtid_mode is ON"),
        ("9.7.4", {"gtid_mode": 3}, "gtid_mode must be one of OFF, OFF_PERMISSIVE, ON_PERMISSIVE, ON, not 3"),
    ],
)
def test_what_the_server_would_not_start_with_is_one_sentence(version, settings, words):
    (error,) = tuned(version=version, settings=settings)["errors"]
    assert words in error


@pytest.mark.parametrize(
    "version, settings",
    [
        ("", {"innodb_log_file_size": "1G"}),
        ("", {"max_connections": 100000, "sort_buffer_size": "32K", "long_query_time": 0.5}),
        ("8.4.1", {"no_such_setting": "x"}),
        ("8.4.1", {"slow_query_log": False}),
        ("", {"max_connections": "0300", "default_time_zone": "+10:00", "skip_name_resolve": True, "loose_no_such_setting": 1}),
        ("9.7.4", {"innodb_max_dirty_pages_pct_lwm": 95, "innodb_max_dirty_pages_pct": 99, "gtid_mode": True, "binlog_cache_size": "64K"}),
    ],
)
def test_what_the_table_cannot_judge_passes(version, settings):
    assert tuned(version=version, settings=settings)["errors"] == []


@pytest.mark.parametrize(
    "facts, words", [({"memory": 0}, "memory"), ({"memory": "8"}, "memory"), ({"share": 95}, "share"), ({"profile": "x"}, "guide, current")]
)
def test_a_wrong_call_is_named(facts, words):
    with pytest.raises(AnsibleFilterError, match=words):
        mysql_tuning({"version": "", "memory": 1024, "share": 50, "profile": "guide", **facts})
