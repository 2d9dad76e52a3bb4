# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client of MySQL through a change of its password: one connection that is kept, and new logins with either password, until it is told to stop.

Takes the files of the old password, of the new one, and of the result: counts by what was done, and the errors of logins that neither password made.
"""

from __future__ import annotations

import collections
import json
import signal
import sys
import time
from pathlib import Path

import pymysql

old, new, result = (Path(name) for name in sys.argv[1:])
stopped: list[int] = []
signal.signal(signal.SIGTERM, lambda number, frame: stopped.append(number))


def login(password: Path) -> pymysql.connections.Connection:
    return pymysql.connect(host="127.0.0.1", user="wandb_local", password=password.read_text(encoding="utf-8").encode())


def ask(connection: pymysql.connections.Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT CURRENT_USER()")


seen: collections.Counter[str] = collections.Counter()
errors: list[str] = []
kept = login(old)
last = ""
while not stopped:
    try:
        ask(kept)
        seen["kept"] += 1
    except pymysql.err.MySQLError as error:
        errors.append(f"kept: {error}")
    last, refusals = "", []
    for password in (old, new):
        try:
            with login(password) as connection:
                ask(connection)
            last += f" {password.name}"
        except pymysql.err.MySQLError as error:
            refusals.append(str(error))
    if len(refusals) == 2:
        errors.append(f"neither: {refusals}")
    seen[last.strip()] += 1
    result.write_text(json.dumps({"seen": seen, "errors": errors[:10], "last": last.strip()}), encoding="utf-8")
    time.sleep(0.2)
