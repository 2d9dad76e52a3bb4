# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What MySQL knows by version and what W&B wants of it, as data. PRIVATE to the collection."""

from __future__ import annotations

import typing as t

# The long-term series; other releases are innovation releases, which end with the next one.
# https://dev.mysql.com/doc/refman/8.4/en/mysql-releases.html
LTS = ((8, 0), (8, 4), (9, 7))


class Profile(t.NamedTuple):
    minimum_version: str
    settings: dict[str, t.Any]


# The six of W&B's installation guide for machines of one's own, and the newer figures of its reference architecture.
_GUIDE: dict[str, t.Any] = {
    "binlog_format": "ROW",
    "innodb_online_alter_log_max_size": 268435456,
    "sync_binlog": 1,
    "innodb_flush_log_at_trx_commit": 1,
    "binlog_row_image": "MINIMAL",
    "sort_buffer_size": 33554432,
}
PROFILES = {
    "guide": Profile("8.0.28", _GUIDE),
    "current": Profile("8.4.0", {**_GUIDE, "sort_buffer_size": 67108864, "max_prepared_stmt_count": 1048576}),
}


# What may be larger than a profile has it.
LEAST = frozenset(["innodb_online_alter_log_max_size", "sort_buffer_size", "max_prepared_stmt_count"])


class Setting(t.NamedTuple):
    """A setting of mysqld. I(type) is C(size), C(int), C(number), C(switch), C(text) or the words it can be, I(since), I(deprecated) and I(removed) are
    versions, I(default) is the value that makes a deprecated one needless, I(instead) what took its place. What is below I(low) or above I(high) the
    server would silently make another value of, and what is no multiple of I(step)."""

    type: str | tuple[str, ...]
    since: str = ""
    deprecated: str = ""
    removed: str = ""
    default: str = ""
    instead: str = ""
    low: float | None = None
    high: float | None = None
    step: int = 1


# The server goes from one to its neighbour alone: https://dev.mysql.com/doc/refman/8.4/en/replication-options-gtids.html#sysvar_gtid_mode
GTID_MODES = ("OFF", "OFF_PERMISSIVE", "ON_PERMISSIVE", "ON")


class Bound(t.NamedTuple):
    """Two settings of which the server never has I(lower) above I(upper): whichever is set, it refuses the value or makes another of one of them. I(defaults)
    are both by the version from which on they hold, empty for what follows from the other."""

    lower: str
    upper: str
    defaults: dict[tuple[int, ...], tuple[str, str]]


BOUNDS = (
    Bound("innodb_io_capacity", "innodb_io_capacity_max", {(8, 0): ("200", "2000"), (8, 4): ("10000", "20000")}),
    Bound("innodb_max_dirty_pages_pct_lwm", "innodb_max_dirty_pages_pct", {(8, 0): ("10", "90")}),
    Bound("binlog_cache_size", "max_binlog_cache_size", {(8, 0): ("32768", "")}),
    Bound("binlog_stmt_cache_size", "max_binlog_stmt_cache_size", {(8, 0): ("32768", "")}),
    Bound("super_read_only", "read_only", {(8, 0): ("OFF", "OFF")}),
    Bound("gtid_mode", "enforce_gtid_consistency", {(8, 0): ("OFF", "OFF"), (9, 7): ("ON", "ON")}),
)

# What is not here is left to the server's own judgement (mysqld --validate-config). Removals are given by series with long-term
# support: that all of them stop 9.7.4 was seen, in which release of the years between each went does not matter. Ranges are those of all versions:
# https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html and the pages on InnoDB and the binary log.
SETTINGS: dict[str, Setting] = {
    "binlog_expire_logs_seconds": Setting("int", low=0, high=2**32 - 1),
    "binlog_format": Setting(("ROW", "STATEMENT", "MIXED"), deprecated="8.0.34", default="ROW"),
    "default_time_zone": Setting("zone"),
    "enforce_gtid_consistency": Setting(("OFF", "ON", "WARN")),
    "binlog_row_image": Setting(("FULL", "MINIMAL", "NOBLOB")),
    "gtid_mode": Setting(GTID_MODES),
    "innodb_buffer_pool_size": Setting("size", low=5 * 2**20),
    "innodb_dedicated_server": Setting("switch"),
    "innodb_flush_log_at_trx_commit": Setting(("0", "1", "2")),
    "innodb_flush_method": Setting("text"),
    "innodb_io_capacity": Setting("int", low=100),
    "innodb_io_capacity_max": Setting("int", low=100),
    "innodb_log_file_size": Setting("size", deprecated="8.0.30", removed="9.7.0", instead="innodb_redo_log_capacity"),
    "innodb_log_files_in_group": Setting("int", deprecated="8.0.30", removed="9.7.0", instead="innodb_redo_log_capacity"),
    "innodb_online_alter_log_max_size": Setting("size", low=65536),
    "innodb_redo_log_capacity": Setting("size", since="8.0.30", instead="innodb_log_file_size", low=8 * 2**20, high=512 * 2**30, step=2**20),
    "long_query_time": Setting("number", low=0, high=31536000),
    "max_allowed_packet": Setting("size", low=1024, high=2**30),
    "max_connections": Setting("int", low=1, high=100000),
    "max_prepared_stmt_count": Setting("int", low=0, high=4194304),
    "read_only": Setting("switch"),
    "require_secure_transport": Setting("switch"),
    "slow_query_log": Setting("switch"),
    "sort_buffer_size": Setting("size", low=32768, high=2**64 - 1),
    "super_read_only": Setting("switch"),
    "sync_binlog": Setting("int", low=0, high=2**32 - 1),
    # Renamed; both names work in between.
    "log_slave_updates": Setting("switch", deprecated="8.0.26", instead="log_replica_updates"),
    "slave_parallel_workers": Setting("int", deprecated="8.0.26", instead="replica_parallel_workers"),
    # Gone.
    "admin_ssl": Setting("switch", removed="8.4.0", instead="admin_tls_version"),
    "avoid_temporal_upgrade": Setting("switch", removed="8.4.0"),
    "binlog_transaction_dependency_tracking": Setting("text", removed="8.4.0"),
    "character_set_client_handshake": Setting("switch", removed="8.4.0"),
    "default_authentication_plugin": Setting("text", removed="8.4.0", instead="authentication_policy"),
    "expire_logs_days": Setting("int", removed="8.4.0", instead="binlog_expire_logs_seconds"),
    "innodb_checksums": Setting("switch", removed="8.0.0", instead="innodb_checksum_algorithm"),
    "innodb_file_format": Setting("text", removed="8.0.0"),
    "innodb_large_prefix": Setting("switch", removed="8.0.0"),
    "innodb_locks_unsafe_for_binlog": Setting("switch", removed="8.0.0"),
    "innodb_support_xa": Setting("switch", removed="8.0.0"),
    "innodb_undo_logs": Setting("int", removed="8.0.0", instead="innodb_rollback_segments"),
    "innodb_undo_tablespaces": Setting("int", deprecated="8.0.4", removed="9.7.0"),
    "log_bin_use_v1_row_events": Setting("switch", removed="8.4.0"),
    "log_syslog": Setting("switch", removed="8.0.0"),
    "log_warnings": Setting("int", removed="8.0.0", instead="log_error_verbosity"),
    "master_info_repository": Setting("text", removed="8.4.0"),
    "max_tmp_tables": Setting("int", removed="8.0.0"),
    "myisam_repair_threads": Setting("int", removed="8.4.0"),
    "mysql_native_password": Setting("switch", since="8.4.0", deprecated="8.4.0", removed="9.7.0"),
    "new": Setting("switch", removed="8.4.0"),
    "old": Setting("switch", removed="8.4.0"),
    "old_passwords": Setting("int", removed="8.0.0"),
    "query_cache_limit": Setting("size", removed="8.0.0"),
    "query_cache_size": Setting("size", removed="8.0.0"),
    "query_cache_type": Setting("text", removed="8.0.0"),
    "relay_log_info_repository": Setting("text", removed="8.4.0"),
    "replica_parallel_type": Setting("text", deprecated="8.0.29", removed="9.7.0"),
    "secure_auth": Setting("switch", removed="8.0.0"),
    "show_compatibility_56": Setting("switch", removed="8.0.0"),
    "show_old_temporals": Setting("switch", removed="8.4.0"),
    "skip_host_cache": Setting("switch", removed="8.4.0", instead="host_cache_size"),
    "slave_rows_search_algorithms": Setting("text", removed="8.4.0"),
    "ssl": Setting("switch", removed="8.4.0", instead="tls_version"),
    "sync_frm": Setting("switch", removed="8.0.0"),
    "temptable_use_mmap": Setting("switch", deprecated="8.0.26", removed="9.7.0", instead="temptable_max_mmap"),
    "transaction_write_set_extraction": Setting("text", removed="8.4.0"),
    "tx_isolation": Setting("text", removed="8.0.0", instead="transaction_isolation"),
}
