# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Galaxy's importer, which lints once more, takes the archive that is published."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
CACHED = Path.home() / ".cache" / "baremetal-wandb" / "collections"


def test_importer_accepts_the_archive(tmp_path):
    subprocess.run([sys.executable, TOP / "tests/run.py", "build", tmp_path], cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    (archive,) = tmp_path.glob("baremetal-wandb-*.tar.gz")
    result = subprocess.run(
        [sys.executable, "-m", "galaxy_importer.main", str(archive)],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "ANSIBLE_COLLECTIONS_PATH": str(CACHED)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    said = result.stdout + result.stderr
    assert result.returncode == 0 and "Importer processing completed successfully" in said, said
    # It looks at the archive alone, without the collection that this one depends on; the unit tests try the playbooks' syntax with it.
    apart = re.compile(r"couldn't resolve module/action 'community\.crypto\.|playbook due to failing syntax check")
    assert [line for line in re.findall(r"^(?:ERROR|WARNING).*", said, re.MULTILINE) if not apart.search(line)] == []
