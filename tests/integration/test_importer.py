# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Galaxy's importer takes the archive that is published."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from repository import CACHED

BIN = Path(sys.executable).parent


def test_importer_accepts_the_archive(archive, tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "galaxy_importer.main", str(archive)],
        cwd=tmp_path,
        # Not the linter, which has a step of its own over all files and takes longest of all here.
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "ANSIBLE_COLLECTIONS_PATH": str(CACHED), "GALAXY_IMPORTER_RUN_ANSIBLE_LINT": "no"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    said = result.stdout + result.stderr
    assert result.returncode == 0 and "Importer processing completed successfully" in said, said
    assert re.findall(r"^(?:ERROR|WARNING).*", said, re.MULTILINE) == []
