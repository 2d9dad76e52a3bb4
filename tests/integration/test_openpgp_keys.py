# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys as GnuPG makes them, which the lab brings to the machine."""

from __future__ import annotations

import subprocess

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.baremetal.wandb.plugins.filter.openpgp_keys import openpgp_keys


@pytest.fixture(name="home", scope="module")
def gpg_home(tmp_path_factory):
    """A home of its own for GnuPG."""
    home = tmp_path_factory.mktemp("gnupg")
    home.chmod(0o700)
    return home


@pytest.fixture(name="gpg", scope="module")
def gpg_there(home):
    """Runs GnuPG."""

    def run(*words: str, **options) -> str:
        command = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--passphrase", "", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout

    yield run
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True)


def make(gpg, user: str, algorithm: str, validity: str, made: str = "20250101T000000") -> tuple[str, str]:
    """The armored key and its fingerprint."""
    gpg("--faked-system-time", made, "--quick-generate-key", user, algorithm, "default", validity)
    listed = gpg("--with-colons", "--list-keys", user)
    fingerprint = next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:"))
    return gpg("--armor", "--export", user), fingerprint


@pytest.mark.parametrize("algorithm", ["rsa2048", "ed25519", "default"])
def test_fingerprint_and_expiry(gpg, algorithm):
    text, fingerprint = make(gpg, f"{algorithm}@example.com", algorithm, "30d")
    assert openpgp_keys(text) == [{"fingerprint": fingerprint, "expires": "2025-01-31", "revoked": False}]


def test_a_key_that_never_expires_and_words_around_it(gpg):
    text, fingerprint = make(gpg, "never@example.com", "ed25519", "never")
    commented = text.replace("BLOCK-----\n", "BLOCK-----\nComment: a key\n", 1)
    assert openpgp_keys("Here it is:\n" + commented) == [{"fingerprint": fingerprint, "expires": "", "revoked": False}]


def test_of_a_prolonged_key_the_newest_signature_counts(gpg):
    text, fingerprint = make(gpg, "prolonged@example.com", "rsa2048", "30d")
    gpg("--faked-system-time", "20250120T000000", "--quick-set-expire", fingerprint, "1y")
    assert openpgp_keys(gpg("--armor", "--export", fingerprint)) == [{"fingerprint": fingerprint, "expires": "2026-01-20", "revoked": False}]


def test_a_second_user_and_a_foreign_signature_change_nothing(gpg):
    text, other = make(gpg, "signer@example.com", "ed25519", "never")
    text, fingerprint = make(gpg, "signed@example.com", "ed25519", "30d")
    gpg("--faked-system-time", "20250110T000000", "--local-user", other, "--quick-sign-key", fingerprint)
    assert openpgp_keys(gpg("--armor", "--export", fingerprint)) == [{"fingerprint": fingerprint, "expires": "2025-01-31", "revoked": False}]


def test_a_revoked_key_is_told(gpg, home, tmp_path):
    dummy, fingerprint = make(gpg, "revoked@example.com", "ed25519", "never")
    kept = (home / "openpgp-revocs.d" / f"{fingerprint}.rev").read_text(encoding="utf-8")
    revocation = tmp_path / "revocation"
    revocation.write_text(kept.replace(":-----BEGIN", "-----BEGIN"), encoding="utf-8")  # the colon keeps it from being imported unawares
    gpg("--import", str(revocation))
    assert openpgp_keys(gpg("--armor", "--export", fingerprint)) == [{"fingerprint": fingerprint, "expires": "", "revoked": True}]


def test_two_keys_are_both_seen(gpg):
    one, two = (make(gpg, f"two{number}@example.com", "ed25519", "never") for number in (1, 2))
    both = [one[1], two[1]]
    assert [key["fingerprint"] for key in openpgp_keys(one[0] + two[0])] == both
    assert {key["fingerprint"] for key in openpgp_keys(gpg("--armor", "--export", *both))} == set(both)


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("-----BEGIN PGP PUBLIC KEY BLOCK-----", "<html>410 Gone</html>", "no ASCII-armored"),
        ("BLOCK-----\n\n", "BLOCK-----\n\nAAAA", "damaged"),
        ("\n=", "AAAA\n=", "damaged"),
    ],
)
def test_what_is_no_key_is_said(gpg, old, new, word):
    text, dummy = make(gpg, f"{len(old)}@example.com", "ed25519", "never")
    with pytest.raises(AnsibleFilterError, match=word):
        openpgp_keys(text.replace(old, new, 1))
