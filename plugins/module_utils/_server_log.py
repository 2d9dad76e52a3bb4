# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines of the log of W&B Server's container that betray a known cause, and what to do about it. PRIVATE to the collection."""

from __future__ import annotations

import re
import typing as t

# (what a line has, advice). The first that fits a line is its cause, so the particular ones come before the general ones.
CAUSES: tuple[tuple[str, str], ...] = (
    (
        r"Dirty database version",
        "a migration was broken off in the middle: stop the container, restore the database from the backup of before the upgrade and start the release that "
        "wrote it; starting it again alone does not help",
    ),
    (
        r"panic: file does not exist|no migration found for version",
        "a newer release has migrated the database: set server_image back to that release, since W&B's migrations go one way",
    ),
    (r"NoSuchBucket|specified bucket does not exist", "run site.yml (or its tag bucket), which makes the bucket, or correct wandb_s3_bucket"),
    (
        r"InvalidAccessKeyId|Access Key Id you provided does not exist",
        "the object store does not know the key: correct wandb_s3_access_key, or run site.yml (or its tag bucket), which makes it in MinIO",
    ),
    (
        r"SignatureDoesNotMatch|BadDigest|signature we calculated",
        "wandb_s3_secret_key is another than the object store's, or a proxy before the store changes the Host header, the path or the body",
    ),
    (r"RequestTimeTooSkewed", "the clocks of this host and the object store differ: let a time service such as chrony run on both"),
    (r"(?i)AccessDenied\b|Access ?Denied\.?$", "the key may not use the bucket: correct wandb_s3_bucket, or have the store's owner allow it"),
    (r"dial tcp (127\.0\.0\.1|\[::1\]):3306", "the container looks for a database inside itself: run site.yml (or its tag server), which gives it MYSQL"),
    (r"Access denied for user", "the database refuses the account: correct wandb_mysql_user and wandb_mysql_password, or run site.yml (or its tag mysql)"),
    (r"Unknown database", "the database is not there: run site.yml (or its tag mysql), which makes it, or correct wandb_mysql_database"),
    (r"(?i)unsupported database|Unknown collation|Error 1064", "the database's version is not for W&B, which needs MySQL 8.0.28 or newer: see mysql_check"),
    (r"Error 1038|Out of sort memory", "sort_buffer_size of the database is too small: run site.yml (or its tag mysql), or see mysql_settings"),
    (r"Too many connections", "the database has no connection left: raise max_connections there, with the role mysql in mysql_settings"),
    (r"Error (1290|1836)\b|--(super-)?read-only option", "the database is read-only, as a replica is: wandb_mysql_host must name the primary"),
    (r"x509:|signed by unknown authority", "the container does not trust the other side's certificate: wandb_ca_file must name the CA that signed it"),
    (r"server gave HTTP response to HTTPS client", "the object store speaks plain HTTP there: correct the scheme and port of wandb_s3_url"),
    (r"invalid value / unknown config name", "the database's driver does not know this value: correct server_mysql_tls"),
    (
        r"invalid userinfo|invalid URL escape|net/url:",
        "a connection string has a character that is not encoded: run site.yml (or its tag server), which encodes them; do not edit it by hand",
    ),
    (
        r"(?i)NOAUTH|WRONGPASS|:6379\b|\bredis\b.*(refused|timeout|no such host)",
        "Redis cannot be used: correct redis in server_settings, or leave it out for the image's own",
    ),
    (
        r"(?i)licen[sc]e\b.*\b(expired|invalid|not set|required|missing)|(expired|invalid|no) licen[sc]e",
        "W&B does not take the licence: get a valid one from W&B and set wandb_license",
    ),
    (r"found backend type fs", "/vol has data of the image's own object store, which this release cannot read: keep files in an object store outside"),
    (r"(?i)read-only file system", "the image must write its root file system: take read-only out of the settings of the container engine"),
    (
        r"/vol\b.*([Pp]ermission denied|[Nn]o such file|not permitted)|cannot create directory ./vol|Can't create default user|cannot use /vol",
        "the container cannot write /vol: the folder that is mounted there needs group 0 and write permission for it, for example chgrp 0 and chmod 0770",
    ),
    (r"entity already exists for the user", "a sign-up was broken off: set server_settings: {local_restore: true} for a temporary login, once"),
    (r"(?i)no space left on device|Error 1114|disk full", "a disk is full: see df on this host, and on the database's for an error of MySQL"),
    (r"(?i)port is already allocated|address already in use", "another program has the port: see ss -ltnp on this host, and stop it or set wandb_server_port"),
    (r"(?i)cannot allocate memory|out of memory|signal: killed|OOM", "the host's memory does not suffice: W&B's guide asks for 8 GiB and 4 cores"),
    (r"(?i)exec format error", "the image is for another processor: it exists for amd64 only"),
    (r"(?i)no such image|image not known|unable to find image", "the image is gone from this host: run site.yml (or its tag server), which brings it"),
    (
        r"read tcp .*i/o timeout|(?i:invalid connection|bad connection|Lost connection to MySQL)",
        "the database broke off or is slow: look at its load and log, and leave the container alone while it migrates",
    ),
    (r"no such host|server misbehaving|Temporary failure in name resolution", "the container cannot resolve the name: add it to the DNS that this host asks"),
    (
        r"i/o timeout|no route to host|network is unreachable|Network is unreachable",
        "the way there is closed or the host is down: look at the host, the firewalls between and the address in the line",
    ),
    (r"connection refused", "nothing listens there: start the service whose address the line has, then W&B goes on by itself"),
)
_COMPILED = [(re.compile(pattern), advice) for pattern, advice in CAUSES]


def advice_on(line: str) -> str:
    """What to do about the cause that a line betrays; nothing when it betrays none."""
    return next((advice for pattern, advice in _COMPILED if pattern.search(line)), "")


def newest_cause(lines: t.Sequence[str]) -> tuple[str, str]:
    """The newest line that betrays a known cause, and the advice on it."""
    return next(((line, advice) for line in reversed(lines) if (advice := advice_on(line))), ("", ""))
