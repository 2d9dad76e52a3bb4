# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: openpgp_keys
short_description: Fingerprints and expiry of OpenPGP public keys
version_added: 0.1.0
author: The baremetal.wandb authors
description:
  - Reads ASCII-armored public keys, such as the signing key of a package repository, without GnuPG, which neither the controller nor a host may have.
  - The fingerprint is computed from the key itself. The expiry is what the newest signature of the key on itself says, and that it is revoked
    what any says; these signatures are not verified.
  - Only keys of version 4 are read, which are those that package managers take.
options:
  _input:
    description: Text with one or more blocks C(BEGIN PGP PUBLIC KEY BLOCK).
    type: string
    required: true
"""

EXAMPLES = r"""
- name: Trust only the key that is expected
  ansible.builtin.assert:
    that: keys | map(attribute='fingerprint') == ['BCA43417C3B485DD128EC6D4B7B3B788A8D3785C']
  vars:
    keys: "{{ lookup('ansible.builtin.file', 'mysql.asc') | baremetal.wandb.openpgp_keys }}"
"""

RETURN = r"""
_value:
  description: One entry for each primary key, in the order of the text.
  type: list
  elements: dictionary
  contains:
    fingerprint:
      description: Fingerprint, 40 hexadecimal digits.
      type: string
      sample: BCA43417C3B485DD128EC6D4B7B3B788A8D3785C
    expires:
      description: UTC date on which the key expires, empty if never.
      type: string
      sample: "2027-10-23"
    revoked:
      description: Whether its owner has taken the key back.
      type: bool
      sample: false
"""

import base64
import binascii
import datetime
import hashlib
import re
import typing as t

from ansible.errors import AnsibleFilterError

# https://www.rfc-editor.org/rfc/rfc4880: packet tags, signature types of a key on itself, signature subpackets
SIGNATURE = 2
PUBLIC_KEY = 6
PUBLIC_SUBKEY = 14
SELF_SIGNATURES = (0x10, 0x11, 0x12, 0x13, 0x1F)
REVOCATION = 0x20
CREATED = 2
KEY_EXPIRES = 9
ISSUER = 16
ARMOR = re.compile(r"-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:[^\r\n]+: [^\r\n]*\r?\n)*\r?\n(.*?)-----END PGP PUBLIC KEY BLOCK-----", re.DOTALL)


def openpgp_keys(text: str) -> list[dict[str, t.Any]]:
    blocks = ARMOR.findall(text)
    if not blocks:
        raise AnsibleFilterError("no ASCII-armored public key in it")
    try:
        return [key for block in blocks for key in _keys(base64.b64decode(re.sub(r"\s|^=.{4}\s*$", "", block, flags=re.MULTILINE), validate=True))]
    except (binascii.Error, IndexError, ValueError) as error:
        raise AnsibleFilterError("the public key in it is damaged (%s)" % error) from error


def _keys(data: bytes) -> t.Iterator[dict[str, t.Any]]:
    """The primary keys of one block, each with the expiry of its newest signature on itself."""
    found: list[dict[str, t.Any]] = []
    primary = False
    for tag, body in _packets(data):
        if tag == PUBLIC_KEY:
            if body[0] != 4:
                raise ValueError("a key of version %d" % body[0])
            digest = hashlib.sha1(b"\x99" + len(body).to_bytes(2, "big") + body).hexdigest().upper()
            found.append({"fingerprint": digest, "created": int.from_bytes(body[1:5], "big"), "signed": -1, "valid": 0, "revoked": False})
        if tag in (PUBLIC_KEY, PUBLIC_SUBKEY):
            primary = tag == PUBLIC_KEY
        elif tag == SIGNATURE and primary and found and body[0] == 4 and body[1] in (*SELF_SIGNATURES, REVOCATION):
            _note(found[-1], body)
    for key in found:
        date = datetime.datetime.fromtimestamp(key["created"] + key["valid"], datetime.timezone.utc).date().isoformat()
        yield {"fingerprint": key["fingerprint"], "expires": date if key["valid"] else "", "revoked": key["revoked"]}


def _note(key: dict[str, t.Any], body: bytes) -> None:
    """Takes the validity of a signature that the key made and that is newer than those seen, and its own revocation."""
    hashed_end = 6 + int.from_bytes(body[4:6], "big")
    hashed = dict(_subpackets(body[6:hashed_end]))
    others = dict(_subpackets(body[hashed_end + 2 : hashed_end + 2 + int.from_bytes(body[hashed_end : hashed_end + 2], "big")]))
    issuer = hashed.get(ISSUER) or others.get(ISSUER) or b""
    made = int.from_bytes(hashed.get(CREATED, b""), "big")
    if not issuer or not key["fingerprint"].endswith(issuer.hex().upper()):
        return
    if body[1] == REVOCATION:
        key["revoked"] = True
    elif made > key["signed"]:
        key["signed"], key["valid"] = made, int.from_bytes(hashed.get(KEY_EXPIRES, b""), "big")


def _packets(data: bytes) -> t.Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        head, at = data[at], at + 1
        if not head & 0x80:
            raise ValueError("no packet where one should be")
        if head & 0x40:
            tag = head & 0x3F
            length, at = _length(data, at)
        else:
            tag, size = (head >> 2) & 0x0F, 1 << (head & 3)
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        if at + length > len(data):
            raise ValueError("it ends too early")
        yield tag, data[at : at + length]
        at += length


def _subpackets(data: bytes) -> t.Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        length, at = _length(data, at)
        yield data[at] & 0x7F, data[at + 1 : at + length]
        at += length


def _length(data: bytes, at: int) -> tuple[int, int]:
    """A length of the new form, and where it ends."""
    first = data[at]
    if first < 192:
        return first, at + 1
    if first < 255:
        return ((first - 192) << 8) + data[at + 1] + 192, at + 2
    return int.from_bytes(data[at + 1 : at + 5], "big"), at + 5


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"openpgp_keys": openpgp_keys}
