# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is gathered of a host when something is wrong with the site. PRIVATE to the collection."""

from __future__ import annotations

import glob
import os
import typing as t

UNITS = ("wandb-local", "docker", "podman", "nginx", "mysql", "mysqld", "minio", "silo", "aistor")
# Where it goes in the archive, and the command that says it. One that the host does not have is left out.
COMMANDS: dict[str, list[str]] = {
    "host/system.txt": ["uname", "-a"],
    "host/disks.txt": ["df", "-hT"],
    "host/memory.txt": ["free", "-m"],
    "host/time.txt": ["timedatectl"],
    "host/ports.txt": ["ss", "-ltnp"],
    "host/units-failed.txt": ["systemctl", "--failed", "--no-pager", "--plain"],
    "host/units.txt": ["systemctl", "show", "--property=Id,LoadState,ActiveState,SubState,NRestarts,ExecMainStatus,ActiveEnterTimestamp", *UNITS],
    "versions/docker.txt": ["docker", "version"],
    "versions/podman.txt": ["podman", "version"],
    "versions/nginx.txt": ["nginx", "-V"],
    "versions/mysql.txt": ["mysqld", "--version"],
    "versions/minio.txt": ["minio", "--version"],
    "containers/docker.txt": ["docker", "ps", "--all", "--no-trunc"],
    "containers/podman.txt": ["podman", "ps", "--all", "--no-trunc"],
    "containers/docker-images.txt": ["docker", "image", "ls", "--digests"],
    "containers/podman-images.txt": ["podman", "image", "ls", "--digests"],
}
# Of systemd's journal, by unit; which of them a host has, the answer says.
JOURNAL = ["journalctl", "--no-pager", "--output", "short-iso", "--since"]
# Files, which keep their paths. Keys of certificates and accounts of root are not among them.
FILES = (
    "/etc/os-release",
    "/etc/default/wandb-local",
    "/etc/default/minio*",
    "/etc/default/silo*",
    "/etc/systemd/system/wandb-local.service",
    "/etc/systemd/system/minio.service",
    "/etc/systemd/system/docker.service.d/*.conf",
    "/etc/systemd/system/mysql*.service.d/*.conf",
    "/etc/containers/systemd/*.container",
    "/etc/nginx/nginx.conf",
    "/etc/nginx/conf.d/*.conf",
    "/etc/mysql/my.cnf",
    "/etc/mysql/*.d/*.cnf",
    "/etc/my.cnf",
    "/etc/my.cnf.d/*.cnf",
    "/etc/hosts",
    "/etc/resolv.conf",
    "/var/log/nginx/*.log",
    "/var/log/mysql/*.log",
    "/var/log/mysqld.log",
    "/var/log/mysql.log",
)


def tail(path: str, limit: int) -> str:
    """The last whole lines of a file, at most I(limit) bytes of them."""
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - limit, 0))
        data = file.read(limit)
    return last_lines(data.decode("utf-8", "replace"), size > limit)


def last_lines(text: str, cut: bool) -> str:
    return "(its beginning is left out)\n" + text.split("\n", 1)[-1] if cut else text


def gathered(run: t.Callable[[t.Sequence[str]], str | None], since: str, limit: int) -> t.Iterator[tuple[str, str]]:
    """Names in the archive and their texts. I(run) gives what a command printed, or none where the host does not have it."""
    commands = {**COMMANDS, **{"journal/%s.log" % unit: [*JOURNAL, since, "--unit", unit] for unit in UNITS}}
    for name, command in commands.items():
        text = run(command)
        if text and not text.startswith("-- No entries --"):
            yield name, last_lines(text[-limit:], len(text) > limit)
    for path in sorted({path for pattern in FILES for path in glob.glob(pattern)}):
        if os.path.isfile(path):
            yield "files" + path, tail(path, limit)
