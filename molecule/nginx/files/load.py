# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks the proxy ADDRESS 50 times a second, over a new connection each, beside one upload of 1 GiB that goes on until the file STOP is there.

load.py ADDRESS STOP OUT writes to the file OUT, as JSON: how many requests were answered with 200 and what became of others, how many bytes of the upload
the upstream got, and which certificates were seen.
"""
from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import sys
import threading
import time

ADDRESS, STOP, OUT = sys.argv[1:]
COUNT, BLOCK = 2**30, b"x" * 2**20
CONTEXT = ssl.create_default_context()
found = {"answered": 0, "lost": [], "uploaded": 0, "serials": []}
lock = threading.Lock()


def connection(name: str) -> http.client.HTTPSConnection:
    made = http.client.HTTPSConnection(name, timeout=60)
    made.sock = CONTEXT.wrap_socket(socket.create_connection((ADDRESS, 443), 60), server_hostname=name)
    return made


def ask() -> None:
    try:
        client = connection("wandb.example.com")
        serial = client.sock.getpeercert()["serialNumber"]
        client.request("GET", "/load", headers={"Connection": "close"})
        status = client.getresponse().status
        lost = [] if status == 200 else [status]
    except Exception as error:
        serial, lost = None, [repr(error)]
    with lock:
        found["answered"] += not lost
        found["lost"] += lost
        if serial and serial not in found["serials"]:
            found["serials"].append(serial)


def body():
    """All but the last block at once, and of that one a little at a time until the proxy was reloaded."""
    for _part in range(COUNT // len(BLOCK) - 1):
        yield BLOCK
    left = len(BLOCK)
    while left > 1 and not os.path.exists(STOP):
        left -= 1
        yield b"x"
        time.sleep(0.2)
    yield BLOCK[:left]


def upload() -> None:
    try:
        client = connection("s3.example.com")
        client.request("PUT", "/upload", body=body(), headers={"Content-Length": str(COUNT)})
        found["uploaded"] = json.load(client.getresponse())["length"]
    except Exception as error:
        found["uploaded"] = repr(error)


threads = [threading.Thread(target=upload)]
threads[0].start()
begun = time.monotonic()
while not os.path.exists(STOP):
    threads.append(threading.Thread(target=ask))
    threads[-1].start()
    time.sleep(max(0.0, begun + len(threads) / 50 - time.monotonic()))
found["seconds"] = time.monotonic() - begun
for thread in threads:
    thread.join()
with open(OUT + ".next", "w", encoding="utf-8") as out:
    json.dump(found, out)
os.rename(OUT + ".next", OUT)
