# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text without its secrets, however they are written in it. PRIVATE to the collection."""

from __future__ import annotations

import base64
import html
import json
import re
import typing as t
from urllib.parse import quote

MASK = "********"
# Shorter ones are words of any text. Base64 within longer text loses up to two characters at each end.
_SHORTEST, _SHORTEST_PART = 4, 6
# What is a secret by its place, whoever made it: (where it is, what stands there instead).
_PLACES = tuple(
    (re.compile(pattern, re.DOTALL if "PRIVATE" in pattern else re.MULTILINE), instead)
    for pattern, instead in (
        (r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END [A-Z ]*PRIVATE KEY-----)", r"\1%s\2" % MASK),
        (r"(?i)((?:authorization|cookie):\s*).*$", r"\1%s" % MASK),
        (r"(X-Amz-(?:Signature|Security-Token)=)[^&\s\"']+", r"\1%s" % MASK),
        (r"(://[^\s:/@]*:)[^\s/@]+(@)", r"\1%s\2" % MASK),
        (r"(?i)(identified by(?: password)? ')[^']*", r"\1%s" % MASK),
        (r"(?i)^(\s*[\w.-]*(?:password|passwd|secret|licen[sc]e|token|api_key|private_key)[\w.-]*\s*=\s*)\S.*$", r"\1%s" % MASK),
    )
)


def _base64_forms(data: bytes) -> t.Iterator[str]:
    """How bytes look in Base64, alone and at any place in more bytes, of which the neighbours change the first and the last character."""
    for code in (base64.b64encode, base64.urlsafe_b64encode):
        yield code(data).decode()
        for before in range(3):
            text = code(b"\0" * before + data).decode()
            part = text[(0, 2, 3)[before] : len(text) - (0, 3, 2)[(before + len(data)) % 3]]
            if len(part) >= _SHORTEST_PART:
                yield part


def _url_form(secret: str) -> str:
    """A pattern for text of which a URL may have any character but letters and digits encoded, in whatever case."""
    characters = []
    for character in secret:
        code = quote(character, safe="") if character not in "-._~" else "%%%02X" % ord(character)
        ways = [character, *([code, code.lower()] if code.startswith("%") else []), *(["+"] if character == " " else [])]
        characters.append("(?:%s)" % "|".join(map(re.escape, ways)) if ways[1:] else re.escape(character))
    return "".join(characters)


def _forms(secret: str) -> set[str]:
    """Patterns for the ways in which a secret may stand in text: as it is or in a URL, in JSON, in a page, and in Base64."""
    found = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], html.escape(secret), html.escape(secret, quote=False)}
    for text in (secret, quote(secret, safe="")):
        found.update(_base64_forms(text.encode()))
    return {_url_form(secret), *map(re.escape, found)}


def masker(secrets: t.Iterable[str]) -> t.Callable[[str], str]:
    """A function that gives a text without the secrets in any form, and without what is a secret by its place."""
    given = {text for secret in secrets for text in (secret, secret.strip(), *secret.splitlines()) if len(text) >= _SHORTEST}
    # What is within another comes after it. The first alternative that fits counts.
    known = [form for secret in sorted(given, key=len, reverse=True) for form in sorted(_forms(secret), key=len, reverse=True)]
    pattern = re.compile("|".join(known)) if known else None

    def masked(text: str) -> str:
        if pattern:
            text = pattern.sub(MASK, text)
        for place, instead in _PLACES:
            text = place.sub(instead, text)
        return text

    return masked
