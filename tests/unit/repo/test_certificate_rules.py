# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role certificate warns of where no lab has it: a certificate of a public CA."""

from __future__ import annotations

import subprocess
import sys

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from rendered import role_file
from repository import TOP
from test_text_values import render

pytestmark = pytest.mark.usefixtures("compiled_once", "own_filters")


@pytest.mark.parametrize(
    ("ends", "given", "warns"),
    [
        ("20270101000000Z", {}, False),
        ("20270203000000Z", {}, False),
        ("20270204000000Z", {}, True),
        ("20270204000000Z", {"certificate_ca_file": "/etc/ssl/baremetal-wandb/ca.crt"}, False),
        ("20270204000000Z", {"certificate_ca_cert_file": "/srv/tls/ca.pem"}, False),
    ],
)
def test_a_certificate_of_a_public_ca_for_more_than_398_days_is_warned_of(ends, given, warns):
    (task,) = [one for one in role_file("certificate", "tasks/own_files.yml") if one["name"] == "Warn of a certificate that browsers refuse for its age"]
    held = "{{ [" + ", ".join("(%s)" % condition for condition in task["when"]) + "] is all }}"
    own = {"not_before": "20260101000000Z", "not_after": ends}
    assert render("certificate", held, "proxy1", __certificate_own=own, **{"certificate_ca_file": "", **task["vars"], **given}) is warns


@pytest.mark.parametrize("passphrase", [b"", b"pass 'phrase'"])
def test_a_key_is_opened_by_its_passphrase(tmp_path, passphrase):
    """One without any stays as it is."""
    key = ec.generate_private_key(ec.SECP256R1())
    form = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    pem = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    (tmp_path / "key").write_bytes(key.private_bytes(*pem, form))
    command = [sys.executable, str(TOP / "roles/certificate/files/open_key.py"), str(tmp_path / "key")]
    done = subprocess.run(command, input=passphrase or b"anything", capture_output=True, check=True)
    assert done.stdout == key.private_bytes(*pem, serialization.NoEncryption())
