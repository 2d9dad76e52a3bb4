# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks for secrets in an archive: scan.py ARCHIVE, with a JSON list of them on standard input. Prints what it found, and the names of all files."""

from __future__ import annotations

import base64
import json
import sys
import tarfile
from urllib.parse import quote

secrets = json.load(sys.stdin)
names, found = [], []
with tarfile.open(sys.argv[1]) as archive:
    for entry in archive:
        text = archive.extractfile(entry).read().decode("utf-8", "replace")
        names.append(entry.name)
        for number, secret in enumerate(secrets):
            for form in (secret, quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1], base64.b64encode(secret.encode()).decode()):
                if form in text:
                    found.append("%s: secret %d" % (entry.name, number))
print(json.dumps({"found": sorted(set(found)), "names": names}))
