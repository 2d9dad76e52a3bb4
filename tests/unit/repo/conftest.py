# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes importable: the collections that the roles depend on, whose modules say which options are secret; and the benchmark."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path.home() / ".cache" / "baremetal-wandb" / "collections"))
sys.path.append(str(Path(__file__).resolve().parents[2] / "bench"))
