# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One import guard for each third-party library. PRIVATE to the collection.

Each function returns the library, or ends the module with the sentence that says which one is missing and how to get it.
"""

from __future__ import annotations

import importlib
import traceback
import typing as t

from ansible.module_utils.basic import missing_required_lib


def _library(module: t.Any, name: str, package: str) -> t.Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        module.fail_json(
            msg=missing_required_lib(
                package,
                reason="by this module; the role baremetal.wandb.tools installs it: set ansible_python_interpreter of the task to tools_python",
            ),
            exception=traceback.format_exc(),
        )


def available(name: str) -> bool:
    """Whether the library can be imported: in check mode on a fresh host it cannot yet."""
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def not_looked(module: t.Any, name: str) -> t.NoReturn:
    """Ends a module that in check mode lacks a library for asking a server which is there: what it would change is not known, which is neither yes nor no."""
    msg = "did not look at what is there: the library %s is not installed yet, so this dry run does not know whether anything would change" % name
    module.warn(msg)
    module.exit_json(changed=False, skipped=True, msg=msg)


def pymysql(module: t.Any) -> t.Any:
    _library(module, "cryptography", "PyMySQL[rsa]")  # caching_sha2_password needs it when TLS is not offered
    return _library(module, "pymysql", "PyMySQL[rsa]")


def boto3(module: t.Any) -> t.Any:
    return _library(module, "boto3", "boto3")


def minio(module: t.Any) -> t.Any:
    return _library(module, "minio", "minio")
