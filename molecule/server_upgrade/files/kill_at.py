# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a play and kills it, with all that it started, when a task begins: kill_at.py TASK ARGUMENT... Says "killed", or what the play said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys


def descendants(parent: int) -> list[int]:
    """A process and what it started, by their ids."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in listed.splitlines()]
    found = [parent]
    for one in found:
        found += [pid for pid, of in pairs if of == one]
    return found


task = sys.argv[1]
said = []
play = subprocess.Popen(["ansible-playbook", *sys.argv[2:]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
for line in play.stdout or ():
    said.append(line)
    if line.startswith("TASK [") and " : %s]" % task in line:
        for pid in descendants(play.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        print("killed")
        break
else:
    print("".join(said))
play.wait()
