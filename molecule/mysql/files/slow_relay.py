# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Passes connections of 127.0.0.1 on, each piece 15 ms late, as a tunnel over a long way does. Arguments: own port, host, port."""

from __future__ import annotations

import socket
import sys
import threading
import time

SECONDS = 0.015


def copy(source: socket.socket, target: socket.socket) -> None:
    while piece := source.recv(1 << 20):
        time.sleep(SECONDS)
        target.sendall(piece)
    target.shutdown(socket.SHUT_WR)


own, host, port = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
with socket.create_server(("127.0.0.1", own)) as listener:
    while True:
        near, dummy = listener.accept()
        far = socket.create_connection((host, port))
        for pair in ((near, far), (far, near)):
            threading.Thread(target=copy, args=pair, daemon=True).start()
