# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the scripts of the role mysql follow option files."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from repository import TOP

FUNCTIONS = (TOP / "roles/mysql/files/options.sh").read_text(encoding="utf-8")
OURS = "# baremetal.wandb: here the server reads the file of the role"


def flattened(folder, **files):
    """What the shell makes of my.cnf with ours.d/zz.cnf as the role's own file."""
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_cnf", ".cnf")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.replace("TOP", str(folder)), encoding="utf-8")
    (folder / "ours.d").mkdir(exist_ok=True)
    arguments = [str(folder / "my.cnf"), str(folder / "ours.d/zz.cnf"), "new = 1"]
    done = subprocess.run(["sh", "-c", FUNCTIONS + '\nflatten "$@"', "sh", *arguments], capture_output=True, text=True, check=True)
    return [line for line in done.stdout.replace(str(folder), "TOP").splitlines() if line]


@pytest.mark.parametrize(
    ("files", "lines"),
    [
        ({"my_cnf": "[mysqld]\na = 1"}, ["[mysqld]", "a = 1"]),
        ({"my_cnf": "!includedir TOP/ours.d/\n"}, [OURS, "new = 1"]),
        ({"my_cnf": "  ! includedir   TOP/ours.d \n"}, [OURS, "new = 1"]),
        ({"my_cnf": "!include TOP/ours.d/zz.cnf\n"}, [OURS, "new = 1"]),
        ({"my_cnf": "# !includedir TOP/ours.d\n"}, ["# !includedir TOP/ours.d"]),
        # by name, with ours among them; what stands in its place afterwards is of the same group as before
        (
            {
                "my_cnf": "[mysqld]\n!includedir TOP/ours.d\nb = 2\n",
                "ours.d__a_cnf": "[client]\nc = 3\n",
                "ours.d__zzz_cnf": "d = 4\n",
                "ours.d__zz_cnf": "old = 1\n",
            },
            ["[mysqld]", "[client]", "c = 3", OURS, "new = 1", "d = 4", "[mysqld]", "b = 2"],
        ),
        ({"my_cnf": "!include TOP/x.cnf\n", "x_cnf": "!includedir TOP/ours.d\n"}, [OURS, "new = 1"]),
        # what it cannot follow is the server's to judge
        ({"my_cnf": "!include TOP/none.cnf\n!includedir TOP/none.d\n"}, ["!include TOP/none.cnf", "!includedir TOP/none.d"]),
    ],
)
def test_option_files_are_followed_as_the_server_reads_them(tmp_path, files, lines):
    assert flattened(tmp_path, **files) == lines


def test_a_file_that_includes_itself_ends(tmp_path):
    assert flattened(tmp_path, my_cnf="a = 1\n!include TOP/my.cnf\n").count("a = 1") == 11


@pytest.mark.parametrize(
    ("held", "options", "unfilled"),
    [
        ("", "[mysqld]\ndatadir=TOP/data\n", True),
        ("", "", True),
        ("", "[mysqld]\ndatadir=/srv/mysql\n", False),  # the data are elsewhere
        ("mysql.ibd", "[mysqld]\ndatadir=TOP/data/\n", False),
    ],
)
def test_on_el_a_data_directory_that_is_still_to_be_filled_is_seen(tmp_path, held, options, unfilled):
    """EL as far as the script asks it: no dpkg-query, and a program that says its version."""
    tools, data = tmp_path / "bin", tmp_path / "data"
    tools.mkdir()
    data.mkdir()
    for name in "sh sed grep cut tr sort head tail cat find stat readlink getent awk sha256sum".split():
        (tools / name).symlink_to(str(shutil.which(name)))
    mysqld = tools / "mysqld"
    mysqld.write_text('#!/bin/sh\necho "$0  Ver 8.4.6 for Linux on x86_64 (Source distribution)"\n')
    mysqld.chmod(0o755)
    (tmp_path / "my.cnf").write_text(options.replace("TOP", str(tmp_path)))
    if held:
        (data / held).touch()
    script = FUNCTIONS + (TOP / "roles/mysql/files/look.sh").read_text(encoding="utf-8")
    arguments = [str(mysqld), "3306", str(tmp_path / "my.cnf"), str(tmp_path / "my.cnf.d/zz.cnf"), str(data), "/nonexistent", "127.0.0.1", "/nonexistent.log"]
    found = subprocess.run(["/bin/sh", "-c", script, "sh", *arguments], capture_output=True, text=True, check=False, env={"PATH": str(tools)}).stdout
    assert ("unfilled=yes" in found.splitlines()) is unfilled and ("data=mysql" if held else "data=nothing") in found
