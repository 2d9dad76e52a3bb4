# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: image_archive
short_description: What an archive of container images holds
version_added: 0.1.0
author: The baremetal.wandb authors
description:
  - Reads what C(docker save) and C(podman save) write on the controller, without an engine.
options:
  _input:
    description: Path of the archive, on the controller.
    type: string
    required: true
"""

EXAMPLES = r"""
- name: Stop for an archive that is none
  ansible.builtin.assert:
    that: ('/srv/wandb-local.tar' | baremetal.wandb.image_archive).problem == ''
"""

RETURN = r"""
_value:
  description: >-
    C(problem), why it is no archive of images, or nothing; C(names) of the images; C(architectures) that they are for. An archive in the format of OCI alone
    does not tell names and architectures here.
  type: dictionary
  sample: {problem: "", names: ["wandb/local:0.83.0"], architectures: [amd64]}
"""

import json
import tarfile
import typing as t


def image_archive(path: str) -> dict[str, t.Any]:
    names: list[str] = []
    architectures: list[str] = []
    problem = ""
    try:
        with tarfile.open(path) as archive:
            members = {member.name.removeprefix("./"): member for member in archive}

            def content(name: str) -> t.Any:
                return json.load(t.cast(t.IO[bytes], archive.extractfile(members[name])))

            if "manifest.json" in members:
                images = content("manifest.json")
                names = [name for image in images for name in image["RepoTags"] or []]
                architectures = sorted({content(image["Config"])["architecture"] for image in images})
            elif "oci-layout" not in members:
                problem = "it has no manifest.json"
    except (OSError, tarfile.TarError, ValueError, KeyError, TypeError) as error:
        problem = str(error.strerror if isinstance(error, OSError) and error.strerror else error) or type(error).__name__
    return {"problem": problem, "names": names, "architectures": architectures}


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"image_archive": image_archive}
