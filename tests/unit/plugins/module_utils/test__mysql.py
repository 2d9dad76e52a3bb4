# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import ssl

import pymysql
import pytest
from ansible_collections.baremetal.wandb.plugins.module_utils import _mysql
from ansible_collections.baremetal.wandb.plugins.module_utils._mysql import Grant, Server, parse_grants

OPTIONS = {
    "login_unix_socket": None,
    "login_host": "db1",
    "login_port": 3306,
    "login_user": "wandb_local",
    "login_password": "s3cr3t",
    "ssl_ca": None,
    "ssl_verify_name": False,
    "ssl_cert": None,
    "ssl_key": None,
    "connect_timeout": 2,
}


def grant(scope, *privileges, option=False):
    return Grant(scope, frozenset(privileges), option)


@pytest.mark.parametrize(
    "lines, expected",
    [
        (["GRANT USAGE ON *.* TO `u`@`%`"], []),
        (["GRANT ALL PRIVILEGES ON `wandb_local`.* TO `u`@`%` WITH GRANT OPTION"], [grant("`wandb_local`.*", "ALL", option=True)]),
        (["GRANT SELECT, CREATE TEMPORARY TABLES ON `a`.* TO `u`@`10.0.0.%`"], [grant("`a`.*", "SELECT", "CREATE TEMPORARY TABLES")]),
        (["GRANT USAGE ON `a`.* TO `u`@`%` WITH GRANT OPTION"], [grant("`a`.*", option=True)]),
        (["GRANT RELOAD ON *.* TO `u`@`%`", "GRANT BACKUP_ADMIN,CLONE_ADMIN ON *.* TO `u`@`%`"], [grant("*.*", "RELOAD", "BACKUP_ADMIN", "CLONE_ADMIN")]),
        (["GRANT SELECT (`a`, `b,c`), INSERT (`)`) ON `d`.`t` TO `u`@`%`"], [grant("`d`.`t`", "SELECT (`a`, `b,c`)", "INSERT (`)`)")]),
        (["GRANT EXECUTE ON PROCEDURE `d`.`p` TO `u`@`%`"], [grant("PROCEDURE `d`.`p`", "EXECUTE")]),
        (["GRANT PROXY ON `x`@`%` TO `u`@`%` WITH GRANT OPTION"], [grant("`x`@`%`", "PROXY", option=True)]),
        (["GRANT ALL PRIVILEGES ON `we``ird ON db`.* TO `o``ddTO`@`%`"], [grant("`we``ird ON db`.*", "ALL")]),
        (["GRANT `dba`@`%` TO `u`@`%`"], []),
    ],
)
def test_show_grants_is_read_scope_by_scope(lines, expected):
    assert parse_grants(lines) == expected


def test_partial_revokes_are_refused_and_shown():
    with pytest.raises(ValueError, match="REVOKE INSERT ON"):
        parse_grants(["GRANT INSERT ON *.* TO `u`@`%`", "REVOKE INSERT ON `a`.* FROM `u`@`%`"])


def error(number, text, cause=None):
    one = pymysql.err.OperationalError(number, text)
    if cause:
        one.original_exception = cause
    return one


def unverified(code):
    one = ssl.SSLCertVerificationError("certificate verify failed")
    one.verify_code = code
    return one


@pytest.mark.parametrize(
    "failure, words",
    [
        (error(1045, "Access denied"), "wandb_mysql_password"),
        (error(1045, "Access denied"), "(REQUIRE X509), which ssl_cert and ssl_key name"),
        (error(1130, "Host not allowed"), "host part"),
        (error(1524, "Plugin not loaded"), "caching_sha2_password"),
        (error(2003, "refused", ConnectionRefusedError(111, "refused")), "nothing listens at db1:3306"),
        (error(2003, "name", socket.gaierror(-2, "unknown")), "db1 does not resolve"),
        (error(2003, "timed out", socket.timeout()), "no answer from db1:3306"),
        (error(2003, "no route", OSError(113, "No route to host")), "no answer from db1:3306"),
        (error(2026, "SSL"), "ssl_ca"),
        (error(2003, "TLS", unverified(64)), "certificate is not for db1"),
        (error(2003, "TLS", unverified(20)), "ssl_ca must name"),
        (error(2013, "Lost connection"), "did not answer"),
        (error(9999, "unheard of"), "error log"),
    ],
)
def test_each_refused_login_has_its_own_advice_without_a_secret(failure, words):
    advice = _mysql.login_advice(failure, Server(pymysql, OPTIONS))
    assert words in advice and "s3cr3t" not in advice


@pytest.mark.parametrize(
    "failure, words",
    [
        (error(1045, "Access denied"), "(REQUIRE ISSUER or SUBJECT)"),
        (error(2026, "SSL"), "ssl_cert must name"),
        (error(2006, "MySQL server has gone away (BrokenPipeError(32, 'Broken pipe'))"), "ssl_cert must name"),
        (error(2013, "Lost connection ([Errno 104] Connection reset by peer)"), "ssl_cert must name"),
        (error(2013, "Lost connection ([SSL: TLSV1_ALERT_UNKNOWN_CA] tlsv1 alert unknown ca)"), "ssl_cert must name"),
        (error(2013, "Lost connection"), "did not answer"),
    ],
)
def test_a_login_with_a_clients_certificate_is_advised_of_it(failure, words):
    certified = Server(pymysql, {**OPTIONS, "ssl_cert": "/c.pem", "ssl_key": "/c.key"})
    assert words in _mysql.login_advice(failure, certified)


def test_a_second_account_that_comes_first_on_the_socket_is_named():
    advice = _mysql.login_advice(error(1045, "Access denied"), Server(pymysql, {**OPTIONS, "login_unix_socket": "/run/mysqld/mysqld.sock"}))
    assert "DROP USER '%s'@'localhost'" % OPTIONS["login_user"] in advice and "s3cr3t" not in advice


def test_root_is_never_advised_away():
    advice = _mysql.login_advice(error(1045, "Access denied"), Server(pymysql, {**OPTIONS, "login_unix_socket": "/s", "login_user": "root"}))
    assert "mysql_root_password" in advice and "IDENTIFIED WITH auth_socket" in advice and "DROP" not in advice


def test_only_nothing_listening_counts_as_absent():
    assert _mysql.is_absent(error(2003, "refused", ConnectionRefusedError()))
    assert _mysql.is_absent(error(2003, "no socket", FileNotFoundError()))
    assert not _mysql.is_absent(error(2003, "timed out", socket.timeout()))
    assert not _mysql.is_absent(error(1045, "Access denied"))


def test_a_closed_port_and_a_missing_socket_are_told_apart():
    with socket.socket() as held:  # bound but not listening: connections are refused
        held.bind(("127.0.0.1", 0))
        server = Server(pymysql, {**OPTIONS, "login_host": "127.0.0.1", "login_port": held.getsockname()[1]})
        with pytest.raises(pymysql.err.OperationalError) as refused:
            server.connect()
    assert "nothing listens" in _mysql.login_advice(refused.value, server)
    server = Server(pymysql, {**OPTIONS, "login_unix_socket": "/nonexistent/mysqld.sock"})
    with pytest.raises(pymysql.err.OperationalError) as missing:
        server.connect()
    assert "no socket /nonexistent/mysqld.sock" in _mysql.login_advice(missing.value, server)


@pytest.mark.parametrize("options", [{"ssl_ca": "/nonexistent/ca.pem"}, {"ssl_cert": "/nonexistent/c.pem", "ssl_key": "/nonexistent/c.key"}])
def test_a_file_of_tls_that_is_not_there_is_named(options):
    server = Server(pymysql, {**OPTIONS, **options})
    with pytest.raises(pymysql.err.OperationalError, match=", ".join(options.values())):
        server.connect()
