# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bootstraps pip in ansible-test's environments from the Python at hand and the package index.

ansible-test downloads such a script from a host of its own, which a closed network does not reach, unless one lies in its cache:
tests/run.py puts this one there. Arguments are those of pip: requirements, as pip==24.2, and options.
"""

from __future__ import annotations

import os
import subprocess
import sys

BUNDLE = "/etc/ssl/certs/ca-certificates.crt"

if __name__ == "__main__":
    requirements = [word for word in sys.argv[1:] if not word.startswith("-")]
    environment = dict(os.environ)
    # ansible-test strips the environment, and the pip of ensurepip knows only its own CAs.
    if os.path.exists(BUNDLE):
        environment["PIP_CERT"] = BUNDLE
    subprocess.run([sys.executable, "-m", "ensurepip", "--default-pip"], check=True, env=environment)
    subprocess.run([sys.executable, "-m", "pip", "install", "--disable-pip-version-check", *requirements], check=True, env=environment)
