# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the scripts of the role mysql follow option files."""

from __future__ import annotations

import os
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
    return [line for line in done.stdout.replace(str(folder), "TOP").splitlines() if line and not line.startswith("# baremetal.wandb: of ")]


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


def test_what_comes_after_the_role_s_own_file_is_told_with_its_file(tmp_path):
    options = "[mysqld]\nearly = 1\n!includedir TOP/my.cnf.d\n[mysqld]\nLoose-Late = 2\n[client]\nport = 3\n"
    (tmp_path / "my.cnf.d").mkdir()
    for name, text in {"a.cnf": "[mysqld]\nfirst=1\n", "zzz.cnf": "[client]\nuser=x\n[mysqld-8.4]\nskip-log-bin\n  sync_binlog=0 # why\n"}.items():
        (tmp_path / "my.cnf.d" / name).write_text(text, encoding="utf-8")
    found = looked(tmp_path, options=options, settings="[mysqld]\nsync_binlog = 1\n")
    later = f"later=skip_log_bin:{tmp_path}/my.cnf.d/zzz.cnf sync_binlog:{tmp_path}/my.cnf.d/zzz.cnf late:{tmp_path}/my.cnf"
    assert later in found and "elsewhere=sync_binlog " in found


def test_a_file_that_includes_itself_ends(tmp_path):
    assert flattened(tmp_path, my_cnf="a = 1\n!include TOP/my.cnf\n").count("a = 1") == 11


def program(folder, name, text):
    path = folder / name
    path.write_text("#!/bin/sh\n" + text, encoding="utf-8")
    path.chmod(0o755)
    return path


def looked(folder, held=(), options="", settings=None, state="", active=False):
    """What look.sh says of the data in TOP/data of a host that is as far as the script asks it: of EL, or with a package of that state of Debian."""
    tools, data = folder / "bin", folder / "data"
    for path in (tools, data, folder / "my.cnf.d"):
        path.mkdir(exist_ok=True)
    for name in "sh sed grep cut tr sort head tail cat find stat readlink getent awk sha256sum".split():
        (tools / name).symlink_to(str(shutil.which(name)))
    mysqld = program(tools, "mysqld", 'echo "$0  Ver 8.4.6 for Linux on x86_64 (Source distribution)"\n')
    program(tools, "systemctl", f'[ "$1" = is-active ] && exit {0 if active else 3}\n')
    if state:
        program(tools, "dpkg-query", f'case $1 in --search) echo "mysql-server-core: $2" ;; *) printf "%s 8.4.6-1" "{state}" ;; esac\n')
    (folder / "my.cnf").write_text(options.replace("TOP", str(folder)), encoding="utf-8")
    if settings is not None:
        (folder / "my.cnf.d/zz.cnf").write_text(settings.replace("TOP", str(folder)), encoding="utf-8")
    for name in held:
        (folder / name.replace("MARK", "data.baremetal-wandb-first")).touch()
    script = FUNCTIONS + "".join((TOP / "roles/mysql/files" / name).read_text(encoding="utf-8") for name in ("unfinished.sh", "look.sh"))
    arguments = [mysqld, "3306", folder / "my.cnf", folder / "my.cnf.d/zz.cnf", data, "/nonexistent", "127.0.0.1", "mysql", "/nonexistent", "/nonexistent.log"]
    done = subprocess.run(["/bin/sh", "-c", script, "sh", *map(str, arguments)], capture_output=True, text=True, check=False, env={"PATH": str(tools)})
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("held", "options", "unfilled"),
    [
        ([], "[mysqld]\ndatadir=TOP/data\n", True),
        ([], "", True),
        ([], "[mysqld]\ndatadir=/srv/mysql\n", False),  # the data are elsewhere
        (["data/mysql.ibd"], "[mysqld]\ndatadir=TOP/data/\n", False),
        (["data/mysql.ibd", "MARK"], "", True),
        (["data/mysql.ibd", "data/binlog.index", "MARK"], "", False),  # a server has begun with them, so they may be somebody's
    ],
)
def test_on_el_a_data_directory_that_is_still_to_be_filled_is_seen(tmp_path, held, options, unfilled):
    assert ("unfilled=yes" in looked(tmp_path, held, options)) is unfilled


@pytest.mark.parametrize(
    ("state", "more", "active", "data"),
    [
        ("ii ", [], False, "mysql"),  # the mark of a run that was broken off after its end
        ("hi ", [], False, "mysql"),
        ("iF ", [], False, "unfinished"),
        ("iF ", [], True, "mysql"),
        ("iF ", ["data/binlog.index"], False, "mysql"),
    ],
)
def test_a_mark_alone_does_not_make_data_nobody_s(tmp_path, state, more, active, data):
    found = looked(tmp_path, ["data/mysql.ibd", "MARK", *more], state=state, active=active)
    assert f"data={data}" in found and "marked=yes" in found


@pytest.mark.parametrize(
    ("mark", "program_state", "more", "aside"),
    [(True, 3, [], True), (True, 0, [], False), (False, 3, [], False)]
    + [(True, 3, ["binlog.index"], False), (True, 3, ["wandb_local/"], False), (True, 3, ["auto.cnf", "sys/"], True)],
)
def test_only_what_a_first_installation_left_is_set_aside(tmp_path, mark, program_state, more, aside):
    """What is in use stays, whatever a mark says."""
    tools, data = tmp_path / "bin", tmp_path / "data"
    tools.mkdir()
    data.mkdir()
    program(tools, "systemctl", f'[ "$1" = is-active ] && exit {program_state}\nexit 0\n')
    for name in ["mysql.ibd", *more]:
        (data / name).mkdir() if name.endswith("/") else (data / name).touch()
    if mark:
        (tmp_path / "data.baremetal-wandb-first").touch()
    script = (TOP / "roles/mysql/files/unfinished.sh").read_text(encoding="utf-8") + '\nbegin_filling "$@"'
    subprocess.run(["sh", "-c", script, "sh", str(data), "mysql"], check=True, env={"PATH": f"{tools}:/usr/bin:/bin"})
    assert (not (data / "mysql.ibd").exists()) is aside and len(list(tmp_path.glob("data.unfinished.*/mysql.ibd"))) == aside


@pytest.mark.parametrize(
    ("held", "options", "settings", "lost"),
    [
        ([], "", None, False),
        ([], "", "[mysqld]\ndatadir = TOP/data\n", False),  # a first installation that was broken off early
        ([], "!includedir TOP/my.cnf.d\n", "[mysqld]\nbind_address = 127.0.0.1\ndatadir = TOP/data\n", True),
        (["data/lost+found"], "", "[mysqld]\nbind_address = 127.0.0.1\n", True),
        ([], "[mysqld]\ndatadir = /srv/mysql\n", "[mysqld]\nbind_address = 127.0.0.1\n", False),
        (["data/mysql.ibd"], "", "[mysqld]\nbind_address = 127.0.0.1\ndatadir = TOP/data\n", False),
    ],
)
@pytest.mark.parametrize("state", ["", "ii "])
def test_a_disk_that_is_not_mounted_is_seen(tmp_path, held, options, settings, lost, state):
    assert ("lost=yes" in looked(tmp_path, held, options, settings, state)) is lost


VIEWS = "[ERROR] [MY-010943] [Server] System views initialization failed."


@pytest.mark.parametrize(
    ("said", "marked", "ended"),
    [
        (["[ERROR] [MY-012592] no room"], True, 1),
        (["[Warning] before", VIEWS, "[ERROR] [MY-010119] Aborting"], True, 75),
        (["[ERROR] [MY-012592] no room", VIEWS, "[ERROR] [MY-010119] Aborting"], True, 1),
        ([VIEWS], False, 1),  # somebody's data
        ([], True, 1),
    ],
)
def test_what_the_server_said_is_told_when_debians_package_cannot_begin_its_data(tmp_path, said, marked, ended):
    """And only a race that it lost with itself is to be tried again."""
    tools, data, log = tmp_path / "bin", tmp_path / "data", tmp_path / "error.log"
    tools.mkdir()
    data.mkdir()
    if not marked:
        (data / "mysql.ibd").touch()
    log.write_text(f"[ERROR] of an earlier server\n{VIEWS}\n", encoding="utf-8")
    program(tools, "apt-get", "".join(f"echo '{line}' >> {log}\n" for line in said) + f"touch {data}/mysql.ibd\nexit 100\n")
    program(tools, "systemctl", "exit 3\n")
    for name in ("dpkg", "apt-mark"):
        program(tools, name, "")
    script = "".join((TOP / "roles/mysql/files" / name).read_text(encoding="utf-8") for name in ("unfinished.sh", "packages-apt.sh"))
    words = ["sh", "-c", script.replace("/var/log/mysql/error.log", str(log)), "sh", "", "", str(data), "install", "mysql-server"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env={"PATH": f"{tools}:{os.environ['PATH']}"})
    assert done.returncode == ended
    told = [line.removeprefix("Error: ") for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert told == [line for line in said if line.startswith("[ERROR]")]
