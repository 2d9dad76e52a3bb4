# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Things that tests need and that are not packages of the distribution, made once and cached by content."""
from __future__ import annotations

import pathlib

from topology import LabError

PARTS: dict = {}


def part(name: str) -> pathlib.Path:
    """Path of a part, made now if it is not in the cache."""
    if name not in PARTS:
        raise LabError(f"there is no part {name!r}; parts are {', '.join(PARTS)}")
    return PARTS[name]()
