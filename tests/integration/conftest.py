# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes ansible_collections.baremetal.wandb importable from a checkout of any name, by its own link collections/, what is known of its files, and
run.py; builds the archive, and copies the checkout to a folder of another name, once for all who look at them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "collections"))
sys.path += [str(TOP / "tests/unit/repo"), str(TOP / "tests")]  # last, since tests/ has a venv.py, too

from repository import CACHED
from run import copy_checkout


@pytest.fixture(name="archive", scope="session")
def built_archive(tmp_path_factory):
    """The collection archive that is published."""
    folder = tmp_path_factory.mktemp("archive")
    subprocess.run([sys.executable, TOP / "tests/run.py", "build", folder], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    (path,) = folder.glob("baremetal-wandb-*.tar.gz")
    return path


@pytest.fixture(name="checkout", scope="session")
def copied_checkout(tmp_path_factory):
    """Another checkout with all that its playbooks need, in a folder whose path has spaces."""
    place = tmp_path_factory.mktemp("places") / "a folder" / "check out"
    copy_checkout(place, new=False)
    link = Path("collections/ansible_collections/baremetal/wandb")
    (place / link).parent.mkdir(parents=True)
    (place / link).symlink_to(os.readlink(TOP / link))
    shutil.copytree(CACHED / "ansible_collections" / "community", place / "collections/ansible_collections/community")
    return place
