# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""certificate.py FOLDER SERIAL: a CA, unless there is one, and a server's certificate of that serial number with a new key, signed by it.

All certificates of a day hold from and until the same second, so that their dates tell nothing.
"""

from __future__ import annotations

import datetime
import sys
import typing as t
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

folder, serial = Path(sys.argv[1]), int(sys.argv[2])
begin = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)


def name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def make_key(path: Path) -> ec.EllipticCurvePrivateKey:
    made = ec.generate_private_key(ec.SECP256R1())
    path.write_bytes(made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return made


def make_certificate(path: Path, subject: str, number: int, public: t.Any, signer: t.Any, is_ca: bool) -> None:
    builder = x509.CertificateBuilder(name("Lab CA"), name(subject), public, number, begin, begin + datetime.timedelta(days=30))
    made = builder.add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True).sign(signer, hashes.SHA256())
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))


if not (folder / "ca.pem").exists():
    ca_key = make_key(folder / "ca.key")
    make_certificate(folder / "ca.pem", "Lab CA", 1, ca_key.public_key(), ca_key, is_ca=True)
ca_key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), password=None)
make_certificate(folder / "db.pem", "db1", serial, make_key(folder / "db.key").public_key(), ca_key, is_ca=False)
