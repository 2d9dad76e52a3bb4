# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json

import pytest
from ansible_collections.baremetal.wandb.plugins.filter.license_state import license_state

NOW = 1_800_000_000  # 2027-01-15
NO_TOKEN = {"token": False, "expires": "", "days": None}


def token(payload, header=None, signature="c2lnbmVk"):
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header or {"alg": "RS256"}, payload)]
    return ".".join([*parts, signature])


@pytest.mark.parametrize(
    ("payload", "expires", "days"),
    [
        ({"exp": NOW + 31 * 86400 + 1}, "2027-02-15", 31),
        ({"exp": NOW + 86399}, "2027-01-16", 0),
        ({"exp": NOW - 1}, "2027-01-15", -1),
        ({"exp": float(NOW)}, "2027-01-15", 0),
        ({"maxUsers": 10, "deploymentId": "?>~ä"}, "", None),
    ],
)
def test_a_token_tells_its_last_day(payload, expires, days):
    assert license_state(token(payload), NOW) == {"token": True, "expires": expires, "days": days}
    assert license_state("\n" + token(payload) + "\n", NOW)["token"]


@pytest.mark.parametrize(
    "text",
    ["", " ", None, 12, "lab", "a.b.c", "eyJhbGciOi", token({}).rsplit(".", 1)[0], token({}) + ".x", token({"exp": "soon"}), token([1]), token({"exp": 1e300})],
)
def test_what_is_no_token(text):
    assert license_state(text, NOW) == NO_TOKEN


@pytest.mark.parametrize("text", [token({}, signature=""), token({}, header={"a": 1}), token({})[:10] + "\n" + token({})[10:]])
def test_what_is_nearly_a_token(text):
    assert license_state(text, NOW)["token"] is False
