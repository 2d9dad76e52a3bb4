# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection URLs from their parts, as W&B Server reads them. PRIVATE to the collection."""

from __future__ import annotations

import ipaddress
import typing as t
from urllib.parse import quote


def check_parts(parts: t.Any, required: t.Sequence[str], optional: t.Sequence[str]) -> None:
    """Raises ValueError with one sentence when a part is missing, empty or unknown; a value is never shown."""
    if not isinstance(parts, t.Mapping):
        raise ValueError("takes a dictionary with %s, not a %s" % (", ".join(required), type(parts).__name__))
    missing = [name for name in required if parts.get(name) in (None, "")]
    if missing:
        raise ValueError("the part %s is missing or empty; needed are %s" % (missing[0], ", ".join(required)))
    unknown = sorted(set(parts) - set(required) - set(optional))
    if unknown:
        raise ValueError("there is no part %s; known are %s" % (unknown[0], ", ".join([*required, *optional])))
    port = parts.get("port")
    if port not in (None, "") and not (str(port).isdecimal() and 0 < int(port) < 65536):
        raise ValueError("the part port must be a TCP port from 1 to 65535, for example 9000")


def build_url(
    scheme: str,
    user: str,
    password: str,
    host: str,
    port: t.Any,
    path: str,
    query: t.Mapping[str, t.Any],
) -> str:
    """Percent-encodes all but the unreserved characters of RFC 3986 (letters, digits and C(-._~)) in each part."""
    authority = "%s:%s@%s" % (_encoded(user), _encoded(password), _host(host))
    if port:
        authority += ":%d" % int(port)
    text = "%s://%s/%s" % (scheme, authority, _encoded(path))
    if query:
        text += "?" + "&".join("%s=%s" % (_encoded(name), _encoded(value)) for name, value in query.items())
    return text


def _encoded(value: t.Any) -> str:
    return quote(str(value), safe="")


def _host(host: str) -> str:
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        return "[%s]" % bare if ipaddress.ip_address(bare).version == 6 else bare
    except ValueError:
        return _encoded(host)
