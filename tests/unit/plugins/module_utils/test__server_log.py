# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines as W&B Server, MySQL's driver, Go and the engines write them: those of wandb/local are from the issues of its project, which are named."""

from __future__ import annotations

import re

import pytest
from ansible_collections.baremetal.wandb.plugins.module_utils._server_log import CAUSES, advice_on, newest_cause

LINES = {
    "panic: Dirty database version 1. Fix and force version.": "a migration was broken off",  # server#16, #20
    "panic: file does not exist": "a newer release has migrated",  # server#99, a downgrade
    "!!! Error while downloading settings from external bucket local-files: NoSuchBucket: The specified bucket does not exist": "makes the bucket",  # server#80
    "panic: NoSuchBucket": "makes the bucket",
    "InvalidAccessKeyId: The Access Key Id you provided does not exist in our records.": "correct wandb_s3_access_key",
    "SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided.": "wandb_s3_secret_key is another",  # wandb#1543
    "RequestTimeTooSkewed: The difference between the request time and the server's time is too large.": "the clocks",
    "api error AccessDenied: Access Denied.": "the key may not use the bucket",  # server#108
    "panic: dial tcp 127.0.0.1:3306: connect: connection refused": "which gives it MYSQL",  # server#86
    "fatal: Error 1045 (28000): Access denied for user 'wandb_local'@'192.0.2.2' (using password: YES)": "correct wandb_mysql_user",
    "Error 1049 (42000): Unknown database 'wandb_local'": "the database is not there",
    "fatal: unsupported database: MySQL 5.7.22, MySQL 8.0.28 or newer is required": "needs MySQL 8.0.28",
    "Error 1038 (HY001): Out of sort memory, consider increasing server sort buffer size": "sort_buffer_size",
    "Error 1040 (08004): Too many connections": "raise max_connections",
    "Error 1290 (HY000): The MySQL server is running with the --super-read-only option so it cannot execute this statement": "must name the primary",
    "tls: failed to verify certificate: x509: certificate signed by unknown authority": "does not trust",
    'Get "https://s3.example.com/": http: server gave HTTP response to HTTPS client': "scheme and port of wandb_s3_url",
    "invalid value / unknown config name: prefered": "correct server_mysql_tls",
    "parse \"mysql://wandb:***@db/wandb\": net/url: invalid userinfo": "which encodes them",
    "dial tcp 10.0.0.9:6379: connect: connection refused": "correct redis",
    "NOAUTH Authentication required.": "correct redis",
    "license has expired": "set wandb_license",
    "ERROR Unable to use the drive /vol/minio: found backend type fs, expected xl or xl-single": "image's own object store",  # server#98
    "*** Init system aborted: Read-only file system: /etc/container_environment/HOST": "must write its root",  # server#13
    "mkdir: cannot create directory '/vol/env': Permission denied": "group 0 and write permission",  # wandb#2941
    "chmod: changing permissions of '/vol/env': Operation not permitted": "group 0 and write permission",  # server#33
    "2021/11/19 12:22:39 Error adding user: open /vol/env/users.htpasswd: no such file or directory": "group 0 and write permission",
    "panic: Can't create default user": "group 0 and write permission",
    "entity already exists for the user local": "local_restore",  # server#39
    "write /var/lib/docker/overlay2/x: no space left on device": "a disk is full",
    "docker: Error response from daemon: driver failed: Bind for 127.0.0.1:8080 failed: port is already allocated.": "ss -ltnp",
    "Error: cannot listen on the TCP port: listen tcp4 10.0.0.4:8080: bind: address already in use": "ss -ltnp",
    "fork/exec /usr/bin/python3: cannot allocate memory": "memory does not suffice",
    "exec /sbin/my_init: exec format error": "amd64 only",
    "docker: Error response from daemon: No such image: docker.io/wandb/local:0.83.0": "the image is gone",
    "Error: docker.io/wandb/local:0.83.0: image not known": "the image is gone",
    "[mysql] 2022/02/23 07:47:40 packets.go:36: read tcp 192.0.2.1:49070->192.0.2.2:3306: i/o timeout": "leave the container alone",  # server#39
    "dial tcp: lookup s3.example.com on 10.0.0.1:53: no such host": "cannot resolve the name",
    "fatal: failed to connect to the database: dial tcp 10.0.0.5:3306: i/o timeout": "the way there is closed",
    "fatal: failed to connect to the database: dial tcp 10.0.0.5:3306: connect: connection refused": "nothing listens there",
}
HARMLESS = (
    "*** Running /etc/my_init.d/01_enable-services.sh...",
    "*** Migrating database...",
    "*** All services started",
    "!!! Set the environment variable LOCAL_RESTORE=true if you're unable to login to the admin console",
    "goroutine 1 [running]:",
    "*** Found custom SSL certifcates, updating root trust...",
    "127.0.0.1 GET /ready 503",
    "connected to MySQL 9.7.0",
)


@pytest.mark.parametrize("line", LINES)
def test_a_line_that_betrays_its_cause_gets_advice(line):
    assert LINES[line] in advice_on(line)


def test_each_cause_is_that_of_a_line():
    assert {advice_on(line) for line in LINES} == {advice for _pattern, advice in CAUSES}


@pytest.mark.parametrize("line", HARMLESS)
def test_a_line_that_says_nothing_gets_none(line):
    assert advice_on(line) == ""


def test_the_newest_cause_counts():
    refused, dirty = "dial tcp 10.0.0.5:3306: connect: connection refused", "panic: Dirty database version 4. Fix and force version."
    assert newest_cause([dirty, "a", refused, *HARMLESS]) == (refused, advice_on(refused))
    assert newest_cause([refused, dirty, "b"]) == (dirty, advice_on(dirty))
    assert newest_cause(HARMLESS) == newest_cause([]) == ("", "")


def test_an_advice_is_part_of_a_sentence():
    assert [advice for _pattern, advice in CAUSES if advice.endswith(".") or re.match(r"[A-Z][a-z]+ [a-z]+ ", advice) and not advice.startswith("Redis")] == []
