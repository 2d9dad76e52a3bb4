# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: license_state
short_description: Whether a W&B licence is a token, and how long it is valid
version_added: 0.1.0
author: The baremetal.wandb authors
description:
  - A licence is a JSON Web Token. This reads what everybody can read of it; whether W&B signed it is for W&B Server to judge.
options:
  _input:
    description: The licence. White space around it does not count.
    type: string
    required: true
"""

EXAMPLES = r"""
- name: Stop for a licence that has expired
  ansible.builtin.assert:
    that: (server_license | baremetal.wandb.license_state).days | default(1, true) > 0
"""

RETURN = r"""
_value:
  description: >-
    C(token), whether it is one; C(expires), its last day (empty where it names none); C(days), whole days until then, negative after it (none where it names
    none). Nothing of the licence itself.
  type: dictionary
  sample: {token: true, expires: "2027-03-01", days: 92}
"""

import base64
import json
import math
import time
import typing as t


def license_state(text: t.Any, now: float | None = None) -> dict[str, t.Any]:
    try:
        header, payload, signature = str(text).strip().split(".")
        parts = [_decoded(header), _decoded(payload)]
        expiry = parts[1].get("exp")
        seconds = None if expiry is None else float(expiry) - (time.time() if now is None else now)
        expires = "" if expiry is None else time.strftime("%Y-%m-%d", time.gmtime(float(expiry)))
    except (ValueError, TypeError, AttributeError, OverflowError, OSError):
        return {"token": False, "expires": "", "days": None}
    return {"token": "alg" in parts[0] and bool(signature), "expires": expires, "days": None if seconds is None else math.floor(seconds / 86400)}


def _decoded(part: str) -> t.Any:
    return json.loads(base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True))


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"license_state": license_state}
