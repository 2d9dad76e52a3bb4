# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the collections that the roles depend on importable: the linters ask their modules which options are secret."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path.home() / ".cache" / "baremetal-wandb" / "collections"))
