#!/usr/bin/python

# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: log_bundle
short_description: Gather what tells why a W&B site does not work, without its secrets
version_added: 0.1.0
description:
  - Writes the logs of the container, nginx, MySQL and MinIO, the state of their units, their versions and the files that the roles made of one host
    into an archive, C(tar) with C(gzip), that root alone can read.
  - Secrets are masked before they are written, as they are, in URLs, in JSON and in Base64; so are private keys, headers with credentials, passwords in URLs
    and signatures of presigned URLs, whoever made them.
options:
  path:
    description: The archive.
    type: path
    required: true
  prefix:
    description: Folder in the archive, for example the name of the host.
    type: str
    required: true
  secrets:
    description: What must not be in it. Those with less than four characters cannot be told from other text.
    type: list
    elements: str
    default: []
  since:
    description: From when on the journal is gathered, as C(journalctl --since) takes it.
    type: str
    default: 24 hours ago
  limit_kb:
    description: The end of a log that is kept of each, in KiB.
    type: int
    default: 4096
  folder:
    description: Instead of what a host has, the archive holds this folder, whose files are masked too.
    type: path
attributes:
  check_mode:
    description: Can run in check mode and returns what would be in the archive.
    support: full
  diff_mode:
    description: Returns details on what has changed.
    support: none
  idempotent:
    description: Changes nothing of what it looks at.
    support: full
author:
  - The baremetal.wandb authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Gather what this host knows
  baremetal.wandb.log_bundle:
    path: /var/tmp/logs.tar.gz
    prefix: "{{ inventory_hostname }}"
    secrets: "{{ lookup('baremetal.wandb.secret_values', wantlist=true) }}"
"""

RETURN = r"""
path:
  description: The archive.
  returned: always
  type: str
  sample: /var/tmp/logs.tar.gz
names:
  description: What is in the archive.
  returned: always
  type: list
  elements: str
  sample: [app1/journal/wandb-local.log, app1/files/etc/default/wandb-local]
"""

import io
import os
import pathlib
import tarfile
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.baremetal.wandb.plugins.module_utils._log_bundle import gathered
from ansible_collections.baremetal.wandb.plugins.module_utils._mask import masker


def texts_of(folder):
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_text(encoding="utf-8", errors="replace")


def main():
    module = AnsibleModule(
        argument_spec=dict(
            path=dict(type="path", required=True),
            prefix=dict(type="str", required=True),
            secrets=dict(type="list", elements="str", default=[], no_log=True),
            since=dict(type="str", default="24 hours ago"),
            limit_kb=dict(type="int", default=4096),
            folder=dict(type="path"),
        ),
        supports_check_mode=True,
    )
    params = module.params

    def run(command):
        if not module.get_bin_path(command[0], opt_dirs=["/usr/sbin", "/usr/local/bin"]):
            return None
        return "".join(module.run_command(list(command), errors="replace")[1:])

    found = texts_of(params["folder"]) if params["folder"] else gathered(run, params["since"], params["limit_kb"] * 1024)
    masked = masker(params["secrets"])
    texts = {"%s/%s" % (params["prefix"], name): masked(text).encode() for name, text in found}
    if not module.check_mode:
        with os.fdopen(os.open(params["path"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz") as archive:
                for name, data in texts.items():
                    entry = tarfile.TarInfo(name)
                    entry.size, entry.mode, entry.mtime = len(data), 0o600, int(time.time())
                    archive.addfile(entry, io.BytesIO(data))
    module.exit_json(changed=False, path=params["path"], names=list(texts))


if __name__ == "__main__":
    main()
