# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import json
import tarfile

import pytest
from ansible_collections.baremetal.wandb.plugins.filter.image_archive import image_archive


def written(path, files, mode="w"):
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return str(path)


@pytest.mark.parametrize(("prefix", "mode"), [("", "w"), ("./", "w"), ("", "w:gz")])
def test_images_of_an_archive(tmp_path, prefix, mode):
    manifest = [{"Config": "a.json", "RepoTags": ["wandb/local:0.83.0"]}, {"Config": "b.json", "RepoTags": None}]
    files = {"manifest.json": manifest, "a.json": {"architecture": "amd64"}, "b.json": {"architecture": "arm64"}, "layer.tar": b"x" * 5000}
    path = written(tmp_path / "a.tar", {prefix + name: content for name, content in files.items()}, mode)
    assert image_archive(path) == {"problem": "", "names": ["wandb/local:0.83.0"], "architectures": ["amd64", "arm64"]}


def test_an_archive_of_oci_alone(tmp_path):
    path = written(tmp_path / "a.tar", {"oci-layout": {"imageLayoutVersion": "1.0.0"}, "index.json": {}})
    assert image_archive(path) == {"problem": "", "names": [], "architectures": []}


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"readme.txt": b"a"}, "no manifest.json"),
        ({"manifest.json": b"a"}, "Expecting value"),
        ({"manifest.json": [{"Config": "a.json", "RepoTags": []}]}, "a.json"),
        ({"manifest.json": {"a": 1}}, "indices"),
    ],
)
def test_what_is_no_archive_of_images(tmp_path, files, words):
    assert words in image_archive(written(tmp_path / "a.tar", files))["problem"]


def test_what_is_no_archive(tmp_path):
    (tmp_path / "a").write_bytes(b"an installer, say")
    assert image_archive(str(tmp_path / "a"))["problem"]
    assert image_archive(str(tmp_path / "none"))["problem"] == "No such file or directory"
