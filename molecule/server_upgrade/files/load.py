# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks W&B Server for its user until it is told to stop (SIGTERM), and writes how often and how long it did not answer: load.py URL KEY_FILE RESULT"""

from __future__ import annotations

import base64
import json
import signal
import sys
import time
import urllib.request
from pathlib import Path

url, key, result = sys.argv[1], Path(sys.argv[2]).read_text(encoding="utf-8").strip(), Path(sys.argv[3])
headers = {"Content-Type": "application/json", "Authorization": "Basic " + base64.b64encode(b"api:" + key.encode()).decode()}
body = json.dumps({"operationName": "Viewer", "query": "query Viewer { viewer { username } }"}).encode()
going = True


def stop(*_signal: object) -> None:
    global going
    going = False


signal.signal(signal.SIGTERM, stop)
answered, failed, longest, last = 0, 0, 0.0, time.monotonic()
while going:
    try:
        with urllib.request.urlopen(urllib.request.Request(url + "/graphql", body, headers), timeout=5) as answer:
            json.load(answer)["data"]["viewer"]["username"]
    except (OSError, KeyError, TypeError, ValueError):
        failed += 1
    else:
        answered += 1
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    result.write_text(json.dumps({"answered": answered, "failed": failed, "longest_gap": round(longest, 2)}), encoding="utf-8")
    time.sleep(0.1)
