# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import string
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.wandb.plugins.filter.mysql_url import mysql_url
from ansible_collections.baremetal.wandb.plugins.filter.s3_url import s3_url

PRINTABLE = "".join(chr(code) for code in range(0x20, 0x7F))
UNRESERVED = string.ascii_letters + string.digits + "-._~"

MYSQL = {"user": "wandb_local", "password": "secret", "host": "10.0.0.12", "database": "wandb_local"}
S3 = {"access_key": "wandb-local", "secret_key": "secret", "host": "s3.example.com", "bucket": "local-files"}


def test_mysql_url_as_in_the_guide():
    assert mysql_url(MYSQL) == "mysql://wandb_local:secret@10.0.0.12:3306/wandb_local"


def test_mysql_url_with_port_and_parameters():
    assert mysql_url({**MYSQL, "port": "3307", "parameters": {"tls": "preferred"}}).endswith("@10.0.0.12:3307/wandb_local?tls=preferred")


def test_s3_url_with_tls_unless_told_otherwise():
    assert s3_url(S3) == "s3://wandb-local:secret@s3.example.com/local-files?tls=true"
    assert s3_url({**S3, "tls": False, "port": 9000}) == "s3://wandb-local:secret@s3.example.com:9000/local-files"


def test_s3_url_with_region():
    query = urlsplit(s3_url({**S3, "region": "us-east-1"})).query
    assert parse_qs(query) == {"tls": ["true"], "region": ["us-east-1"]}


@pytest.mark.parametrize("secret", [PRINTABLE, PRINTABLE[::-1], "äöü€😀", *PRINTABLE])
def test_every_secret_comes_back_from_the_url(secret):
    mysql = urlsplit(mysql_url({**MYSQL, "password": secret, "user": secret, "database": secret}))
    assert (mysql.hostname, mysql.port) == ("10.0.0.12", 3306)
    assert [unquote(part) for part in (mysql.username, mysql.password, mysql.path[1:])] == [secret] * 3
    s3 = urlsplit(s3_url({**S3, "secret_key": secret, "access_key": secret}))
    assert (s3.hostname, s3.path, s3.query) == ("s3.example.com", "/local-files", "tls=true")
    assert [unquote(part) for part in (s3.username, s3.password)] == [secret] * 2


def test_only_unreserved_characters_stay_as_they_are():
    encoded = urlsplit(mysql_url({**MYSQL, "password": PRINTABLE})).password
    assert set(encoded.replace("%", "")) <= set(UNRESERVED)
    assert urlsplit(mysql_url({**MYSQL, "password": UNRESERVED})).password == UNRESERVED


@pytest.mark.parametrize("host", ["2001:db8::12", "[2001:db8::12]"])
def test_ipv6_host_is_bracketed_once(host):
    assert "@[2001:db8::12]:3306/" in mysql_url({**MYSQL, "host": host})
    assert "@[2001:db8::12]/local-files" in s3_url({**S3, "host": host})


@pytest.mark.parametrize("part", sorted(MYSQL))
@pytest.mark.parametrize("value", [None, ""])
def test_mysql_url_names_the_missing_part_and_shows_no_value(part, value):
    with pytest.raises(AnsibleFilterError, match="mysql_url: the part %s is missing or empty" % part) as error:
        mysql_url({**MYSQL, part: value})
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("part", sorted(S3))
def test_s3_url_names_the_missing_part(part):
    with pytest.raises(AnsibleFilterError, match="s3_url: the part %s is missing or empty" % part):
        s3_url({name: value for name, value in S3.items() if name != part})


@pytest.mark.parametrize("port", ["mysql", 0, 65536, -1, "33 06"])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(AnsibleFilterError, match="TCP port"):
        mysql_url({**MYSQL, "port": port})


def test_a_misspelt_part_is_named():
    with pytest.raises(AnsibleFilterError, match="no part pasword"):
        mysql_url({**MYSQL, "pasword": "secret"})
    with pytest.raises(AnsibleFilterError, match="no part scheme"):
        s3_url({**S3, "scheme": "https"})


def test_tls_must_be_a_boolean():
    with pytest.raises(AnsibleFilterError, match="tls must be true or false"):
        s3_url({**S3, "tls": "yes"})


def test_a_string_in_place_of_the_parts_is_refused_without_showing_it():
    with pytest.raises(AnsibleFilterError, match="takes a dictionary") as error:
        mysql_url("mysql://user:secret@host/db")
    assert "secret" not in str(error.value)
