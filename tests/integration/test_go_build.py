# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role minio builds a server of its source by Go, once. MinIO itself takes minutes, so this is a small program that Go's own commands fetch and build."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from repository import CACHED, TOP

sys.path.insert(0, str(TOP / "tests/lab"))

import parts

MODULE, VERSION = "example.com/minio", "v1.0.0"
PLAY = [
    {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {"ansible.builtin.import_role": {"name": "baremetal.wandb.minio", "tasks_from": "go_build.yml"}},
            {"ansible.builtin.stat": {"path": "{{ _minio_local_source }}", "checksum_algorithm": "sha256"}, "register": "__minio_server"},
            {
                "ansible.builtin.assert": {
                    "that": "sentences | length == 0",
                    "fail_msg": "{{ sentences | join }}",
                    "quiet": True,
                },
                "vars": {"sentences": "{{ _minio_server_rules | rejectattr('holds') | map(attribute='sentence') }}"},
            },
        ],
    }
]


@pytest.fixture(name="proxy", scope="module")
def module_proxy(tmp_path_factory):
    """A folder that Go takes for a proxy of modules, with one version of one."""
    folder = tmp_path_factory.mktemp("proxy")
    versions = folder / MODULE / "@v"
    versions.mkdir(parents=True)
    files = {"go.mod": f"module {MODULE}\n\ngo 1.24\n", "main.go": 'package main\n\nfunc main() { println("built by Go") }\n'}
    (versions / "list").write_text(VERSION + "\n")
    (versions / f"{VERSION}.info").write_text(f'{{"Version": "{VERSION}", "Time": "2026-01-01T00:00:00Z"}}')
    (versions / f"{VERSION}.mod").write_text(files["go.mod"])
    with zipfile.ZipFile(versions / f"{VERSION}.zip", "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{MODULE}@{VERSION}/{name}", text)
    return folder


def built(folder: Path, proxy: Path, version: str = VERSION, **variables: str) -> tuple[int, str, list[Path]]:
    """Runs the play; its exit code, what it said and what the controller keeps."""
    go = {"GOPROXY": f"file://{proxy}", "GOSUMDB": "off", "GOMODCACHE": str(folder / "modules"), "GOFLAGS": "-modcacherw"}
    given = {
        "minio_install_method": "go_build",
        "minio_go_module": f"{MODULE}@{version}",
        "minio_go_command": parts.go_command(),
        "minio_go_environment": go,
        "minio_cache_dir": str(folder / "kept"),
        **variables,
    }
    (folder / "play.yml").write_text(yaml.safe_dump(PLAY), encoding="utf-8")
    (folder / "given.yml").write_text(yaml.safe_dump(given), encoding="utf-8")
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": f"{TOP / 'collections'}:{CACHED}", "ANSIBLE_NOCOLOR": "1", "COLUMNS": "10000"}
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", "-c", "local"]
    command += ["-e", f"ansible_python_interpreter={sys.executable}", "-e", f"@{folder / 'given.yml'}", str(folder / "play.yml")]
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return done.returncode, " ".join(done.stdout.split()), sorted((folder / "kept").glob("minio-*"))


def test_a_server_is_built_once_and_kept(tmp_path, proxy):
    code, said, (server,) = built(tmp_path, proxy)
    assert code == 0, said
    assert "built by Go" in subprocess.run([server], capture_output=True, text=True, check=True).stderr
    made = server.stat().st_mtime_ns
    code, said, kept = built(tmp_path, proxy, minio_go_command="/nonexistent/go")
    assert (code, kept, server.stat().st_mtime_ns) == (0, [server], made), said


def test_a_source_that_cannot_be_had_is_named(tmp_path, proxy):
    code, said, kept = built(tmp_path, proxy, "v2.0.0")
    assert code != 0 and kept == []
    assert f"minio_go_module {MODULE}@v2.0.0 cannot be built on localhost (" in said and "bring Go 1.24 or newer" in said


def test_a_build_with_other_bytes_than_wanted_is_refused(tmp_path, proxy):
    code, said, kept = built(tmp_path, proxy, minio_sha256="0" * 64)
    assert code != 0 and len(kept) == 1
    assert f"minio_sha256 does not belong to minio_go_module {MODULE}@{VERSION}, whose SHA-256 is" in said
