# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the environment of lint, tests and demo, and the link .venv to it. Standard library only: nothing is there yet.

Everything lands in ~/.cache/baremetal-wandb, by content: venv/HASH of the requirements files and the Python version, and
collections/ with what the roles need of community.crypto. A half-made entry lacks its mark and is made anew.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import typing as t
import zipfile
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
CACHE = Path.home() / ".cache" / "baremetal-wandb"
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt")
COLLECTIONS = CACHE / "collections"
# The bundle on PyPI that carries collections, for machines that reach no collection server: version and what is taken out of it.
BUNDLE = "ansible==12.3.0"
BUNDLED = ("ansible_collections/community/crypto/",)


def say(text: str) -> None:
    print(f"venv: {text}", flush=True)


@contextlib.contextmanager
def locked(name: str) -> t.Iterator[None]:
    """One maker at a time; the others wait and then find the thing made."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f"{name}.lock", "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def make_venv() -> Path:
    digest = hashlib.sha256(sys.version.encode())
    for name in REQUIREMENTS:
        digest.update((TOP / name).read_bytes())
    venv = CACHE / "venv" / digest.hexdigest()[:16]
    mark = venv / ".complete"
    with locked("venv"):
        if mark.exists() and (venv / "bin" / "python").exists():
            return venv
        started = time.monotonic()
        say(f"installing {' and '.join(REQUIREMENTS)} into {venv}")
        shutil.rmtree(venv, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run(
            [str(venv / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", "-r", str(TOP / REQUIREMENTS[-1])],
            check=True,
        )
        mark.touch()
        say(f"ready after {time.monotonic() - started:.0f} s")
    return venv


def make_collections(venv: Path) -> None:
    mark = COLLECTIONS / f".complete-{BUNDLE}"
    with locked("collections"):
        if mark.exists():
            return
        say(f"taking community.crypto out of {BUNDLE}")
        shutil.rmtree(COLLECTIONS, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            subprocess.run(
                [
                    *(str(venv / "bin" / "pip"), "download", "--quiet", "--disable-pip-version-check", "--no-deps"),
                    *("--only-binary", ":all:", "--dest", folder, BUNDLE),
                ],
                check=True,
            )
            (wheel,) = Path(folder).glob("ansible-*.whl")
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(COLLECTIONS, [name for name in archive.namelist() if name.startswith(BUNDLED)])
        mark.touch()


def main() -> None:
    if sys.version_info < (3, 11):
        sys.exit(f"venv: Python 3.11 or newer is needed, this is {sys.version.split()[0]}; name another one: make PYTHON=python3.12")
    try:
        venv = make_venv()
        make_collections(venv)
    except subprocess.CalledProcessError as error:
        sys.exit(f"venv: {' '.join(error.cmd[:4])} ... ended with exit code {error.returncode}; its own words are above")
    link = TOP / ".venv"
    if not link.is_symlink() or os.readlink(link) != str(venv):
        # A second name first, then a rename: the link is never absent while others use it.
        with tempfile.TemporaryDirectory(dir=TOP, prefix=".venv-") as folder:
            new = Path(folder) / "link"
            new.symlink_to(venv)
            new.replace(link)


if __name__ == "__main__":
    main()
