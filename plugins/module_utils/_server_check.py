# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the container of W&B Server must show on its own host. PRIVATE to the collection."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.baremetal.wandb.plugins.module_utils._check import Checks, Verdict, failed, passed
from ansible_collections.baremetal.wandb.plugins.module_utils._endpoint_http import Endpoint, why
from ansible_collections.baremetal.wandb.plugins.module_utils._server_log import newest_cause

UNIT = "wandb-local.service"
# Words of the lines by which W&B Server, MySQL's driver and the engines say what is wrong.
_COMPLAINT = re.compile("error|fatal|panic|denied|refused|no such|dirty|cannot|failed", re.IGNORECASE)
# A connection within the host; /ready itself asks the database and the bucket.
_TIMEOUT = 10  # seconds


class Server(t.NamedTuple):
    """The unit, the environment that its container should get, and where it answers.

    I(run) takes a command's words and gives what it printed, I(wanted) the value of each variable that I(file) should have.
    """

    url: str
    file: str
    wanted: t.Mapping[str, str]
    run: t.Callable[[t.Sequence[str]], str]

    def failed(self, expected: str, found: str, advice: str) -> Verdict:
        """A verdict with the newest of the log's last lines that betrays a cause, and advice on it; else that says what is wrong, else the newest.

        Systemd's own lines are not among them.
        """
        log = self.run(["journalctl", "_SYSTEMD_UNIT=" + UNIT, "--lines", "60", "--no-pager", "--output", "cat"])
        lines = [line.strip() for line in log.splitlines() if line.strip()]
        line, remedy = newest_cause(lines)
        line = line or next(filter(_COMPLAINT.search, reversed(lines)), lines[-1] if lines else "nothing")
        return failed(expected, "%s; its log says: %s" % (found, line[:300]), remedy or advice)

    def answers(self, path: str, advice: str) -> Verdict:
        expected = "200 from %s%s" % (self.url, path)
        try:
            status = Endpoint(self.url, timeout=_TIMEOUT).request("GET", path).status
        except OSError as error:
            found = why(error)
        else:
            if status == 200:
                return passed("200", expected)
            found = str(status)
        return self.failed(expected, found, advice)


check = Checks()


@check("server.environment", "the container's environment is that of the inventory")
def environment(server: Server) -> Verdict:
    expected = "%s in %s as the inventory has them" % (", ".join(server.wanted), server.file)
    advice = (
        "run site.yml (or its tag server): it writes %s anew and restarts the container; a value that shall stay belongs into the inventory instead"
        % server.file
    )
    try:
        with open(server.file, encoding="utf-8") as lines:
            found = dict(line.rstrip("\n").split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    except OSError as error:
        return failed(expected, "%s: %s" % (server.file, error.strerror), advice)
    other = ["%s is %s" % (name, "another" if name in found else "missing") for name, value in server.wanted.items() if found.get(name) != value]
    return failed(expected, ", ".join(other), advice) if other else passed("as expected", expected)


@check("server.running", "the container runs")
def running(server: Server) -> Verdict:
    shown = dict(line.split("=", 1) for line in server.run(["systemctl", "show", "--property", "ActiveState,SubState", UNIT]).splitlines())
    found = "%s (%s)" % (shown["ActiveState"], shown["SubState"])
    if found == "active (running)":
        return passed(found)
    return server.failed(
        "%s active (running)" % UNIT,
        found,
        "run site.yml (or its tag server), which starts it; 'journalctl --unit %s' on this host tells more" % UNIT,
    )


@check("server.healthz", "the container answers", needs=["server.running"])
def healthz(server: Server) -> Verdict:
    return server.answers("/healthz", "'journalctl --unit %s' on this host tells more; 'systemctl restart %s' starts it anew" % (UNIT, UNIT))


@check("server.ready", "W&B is ready on its own host", needs=["server.healthz"])
def ready(server: Server) -> Verdict:
    return server.answers(
        "/ready",
        "the line of its log names the cause, 'journalctl --unit %s' on this host tells more; while it migrates, which may take 10 minutes and more, "
        "wait and do not restart it" % UNIT,
    )
