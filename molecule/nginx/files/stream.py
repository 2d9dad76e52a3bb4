# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sends 1 GiB through the proxy of this host and gets as much, each with a pause in which a proxy that spools would, and prints as JSON what came through.

nginx removes the names of its temporary files when it makes them: they are seen by what its processes have open.
"""
from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time

ADDRESS, NAME = sys.argv[1:]
COUNT, BLOCK = 2**30, b"x" * 2**20
spooled: set[str] = set()
done = threading.Event()


def look() -> None:
    while not done.wait(0.1):
        for process in subprocess.run(["pgrep", "-x", "nginx"], capture_output=True, text=True, check=True).stdout.split():
            for number in os.listdir("/proc/%s/fd" % process):
                try:
                    path = os.readlink("/proc/%s/fd/%s" % (process, number))
                except OSError:
                    continue
                if path.startswith("/var/lib/nginx/") or path.startswith("/var/cache/nginx/"):
                    spooled.add(path)


def connection() -> http.client.HTTPSConnection:
    made = http.client.HTTPSConnection(NAME, timeout=60)
    made.sock = ssl.create_default_context().wrap_socket(socket.create_connection((ADDRESS, 443), 60), server_hostname=NAME)
    return made


def body():
    for part in range(COUNT // len(BLOCK)):
        if part == 64:
            time.sleep(1)
        yield BLOCK


watcher = threading.Thread(target=look)
watcher.start()
try:
    client = connection()
    client.request("PUT", "/stream", body=body(), headers={"Content-Length": str(COUNT)})
    up = json.load(client.getresponse())["length"]
    client = connection()
    client.request("GET", "/down/%d" % COUNT)
    response = client.getresponse()
    down = len(response.read(2**20))
    time.sleep(1)
    while piece := response.read(2**20):
        down += len(piece)
finally:
    done.set()
    watcher.join()
print(json.dumps({"up": up, "down": down, "spooled": sorted(spooled)}))
