# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In the hosts of a lab, and in the runs of a scenario: keeps what Python compiles out of archives, by its content.

Ansible sends each module as an archive, which Python compiles anew for each task. That is 40 % of a task's processor time on the
host, and all hosts of a lab share the processors of one machine.
"""

import os
import sys
import zipimport

FOLDER = os.environ.get("LAB_COMPILED", "/run/lab-compiled")
compile_source = zipimport._compile_source


def compile_once(path, source):
    import _imp
    import marshal

    name = f"{FOLDER}/{sys.implementation.cache_tag}-{_imp.source_hash(0, source).hex()}"
    try:
        with open(name, "rb") as file:
            code = marshal.loads(file.read())
        _imp._fix_co_filename(code, path)
        return code
    except OSError:
        code = compile_source(path, source)
    if os.geteuid() == 0:
        os.makedirs(FOLDER, mode=0o700, exist_ok=True)
        own = f"{name}.{os.getpid()}"
        with open(own, "wb") as file:
            marshal.dump(code, file)
        os.rename(own, name)
    return code


zipimport._compile_source = compile_once
