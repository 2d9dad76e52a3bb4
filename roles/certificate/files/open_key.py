# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Prints the private key of the file KEY (PEM) unencrypted; its passphrase comes on standard input."""

from __future__ import annotations

import sys

from cryptography.hazmat.primitives import serialization

with open(sys.argv[1], "rb") as file:
    content = file.read()
try:
    key = serialization.load_pem_private_key(content, sys.stdin.buffer.read())
except TypeError:  # it is not encrypted
    key = serialization.load_pem_private_key(content, None)
print(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode(), end="")
