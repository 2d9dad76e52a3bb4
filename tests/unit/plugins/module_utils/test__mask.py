# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets are found in text in every form, also next to other characters; other text stays as it is."""

from __future__ import annotations

import base64
import html
import json
import shlex
from urllib.parse import quote, quote_plus

import pytest
from ansible_collections.baremetal.wandb.plugins.module_utils._mask import masker

PRINTABLE = "".join(chr(code) for code in range(0x20, 0x7F))
SECRETS = ["p4ss", "s3cret-key-of-wandb", "p@ss/w+rd =%", PRINTABLE, "grüße an die Tür", 'a"b\\c&d<e>', "eyJhbGciOiJub25lIn0.eyJzdWIiOiJsYWIifQ.bGFi"]


def written(secret):
    """Ways in which programs write a secret."""
    yield secret
    yield quote(secret)
    yield quote(secret, safe="")
    yield quote_plus(secret)
    yield quote(secret, safe="").replace("%2F", "%2f").replace("%40", "%40")
    yield json.dumps({"x": secret})
    yield json.dumps({"x": secret}, ensure_ascii=False)
    yield html.escape(secret)
    yield "mysql://wandb_local:%s@db:3306/wandb_local?tls=preferred" % quote(secret, safe="")


@pytest.mark.parametrize("secret", SECRETS)
def test_no_form_is_left(secret):
    masked = masker([secret])
    inner = secret[1:-1]
    for text in written(secret):
        found = masked("before %s after" % text)
        assert "********" in found and found.startswith("before ") and found.endswith(" after")
        assert secret not in found and quote(secret, safe="") not in found and json.dumps(secret)[1:-1] not in found, text
        assert len(inner) < 4 or inner not in found


@pytest.mark.parametrize("before", ["", "x", "xy", "api:", "wandb:x"])
@pytest.mark.parametrize("after", ["", "y", "yz", "@db"])
@pytest.mark.parametrize("secret", SECRETS[1:])
def test_base64_is_masked_wherever_the_secret_begins(secret, before, after):
    masked = masker([secret])
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for text in (secret, quote(secret, safe="")):
            encoded = encode((before + text + after).encode()).decode()
            found = masked("Basic %s." % encoded)
            assert "********" in found
            left = found.removeprefix("Basic ").removesuffix(".").split("********")
            assert max(map(len, left)) <= len(encode(before.encode())) + len(after) + 8


def test_several_secrets_of_which_one_is_in_another():
    assert masker(["secret", "secret-of-more"])("secret-of-more secret") == "******** ********"


def test_lines_of_a_secret_and_what_is_too_short():
    assert masker(["line one\nline two\n", "ab", ""])("x line two x ab") == "x ******** x ab"
    assert masker([])("nothing to hide") == "nothing to hide"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("-----BEGIN PRIVATE KEY-----\nMIIE\nab\n-----END PRIVATE KEY-----\nx", "-----BEGIN PRIVATE KEY-----********-----END PRIVATE KEY-----\nx"),
        ("Authorization: Basic YXBpOmtleQ==\nnext", "Authorization: ********\nnext"),
        ("GET /b/o?X-Amz-Signature=abc123&x=1", "GET /b/o?X-Amz-Signature=********&x=1"),
        ("redis://user:pw@host:6379/0", "redis://user:********@host:6379/0"),
        ("LICENSE=eyJ\nHOST=https://wandb.example.com", "LICENSE=********\nHOST=https://wandb.example.com"),
        ("GORILLA_OIDC_SECRET = abc", "GORILLA_OIDC_SECRET = ********"),
        ("CREATE USER a IDENTIFIED BY 'pw'", "CREATE USER a IDENTIFIED BY '********'"),
        ("Access denied for user 'w'@'h' (using password: YES)", "Access denied for user 'w'@'h' (using password: YES)"),
        ("https://wandb.example.com:8080/a@b", "https://wandb.example.com:8080/a@b"),
    ],
)
def test_what_is_secret_by_its_place(text, left):
    assert masker([])(text) == left


def test_a_shell_s_quoting():
    secret = "it's a secret"
    assert "a secret" in masker(["other"])(shlex.quote(secret))
    assert secret not in masker([secret])("X='%s'" % secret)
