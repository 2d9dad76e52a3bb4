# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the real W&B client and reads what C(wandb verify) prints. PRIVATE to the collection.

The client (0.31.0, wandb/sdk/verify/verify.py) prints one line for each of its checks, the title filled up with dots and then a
check mark or a cross, and after a cross its complaints in colour. Its exit code leaves three of the crosses out: the two
about https and the one about CORS; a crash leaves the rest unprinted. So the lines count, not the exit code alone.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import typing as t

from ansible_collections.baremetal.wandb.plugins.module_utils._check import Checks, Verdict, failed, passed, skipped, warned
from ansible_collections.baremetal.wandb.plugins.module_utils._endpoint_http import bundle

CHECKMARK, CROSS = "\u2705", "\u274c"

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_YELLOW = "\x1b[33m"

# The lines of the client in its order: id, the line, what the check proves, what to look at when it does not hold.
LINES = (
    (
        "logged_in",
        "Checking if logged in",
        "the client logs in",
        "set wandb_api_key to a key of this site (User settings, API keys), and see edge.wandb.* of endpoint_check for the way to it",
    ),
    (
        "signed_url_upload",
        "Checking signed URL upload",
        "a file goes up and down through signed URLs",
        "see s3.presigned.* of s3_check, and that BUCKET holds the public name of the object store (wandb_s3_url)",
    ),
    (
        "large_payload",
        "Checking ability to send large payloads through proxy",
        "a request of 10 MB passes the proxy",
        "set client_max_body_size to 0 in nginx for the W&B name; see edge.wandb.body of endpoint_check",
    ),
    ("base_url_https", "Checking requests to base url", "the client's requests are encrypted", "set wandb_url to an https URL"),
    (
        "signed_url_https",
        "Checking requests made over signed URLs",
        "signed URLs are encrypted",
        "set wandb_s3_url to an https URL, which gives BUCKET its tls=true, and wandb_url, which gives HOST",
    ),
    (
        "cors",
        "Checking CORs configuration of the bucket",
        "browsers may use the bucket",
        "let the store allow the origin in wandb_url; see s3.cors.* of s3_check",
    ),
    ("version", "Checking wandb package version is up to date", "client and server fit", "install a client that the server knows: verify_client_version"),
    (
        "metrics",
        "Checking logged metrics, saving and downloading a file",
        "a run's metrics and files come back as they were sent",
        "see s3.object.special_name of s3_check for files, mysql_check for metrics, and the server's log (journalctl -u wandb-local)",
    ),
    (
        "artifacts",
        "Checking artifact save and download workflows",
        "artifacts come back as they were saved",
        "see s3_check, and the server's log (journalctl -u wandb-local)",
    ),
    (
        "sweeps",
        "Checking sweep creation and agent execution",
        "a sweep's agent runs to its end",
        "see the server's log (journalctl -u wandb-local on the wandb_server host)",
    ),
)


class Outcome(t.NamedTuple):
    """What is known after the client ran. I(code) is None when it was stopped after its time."""

    login_code: int | None
    login_output: str
    verify_code: int | None
    verify_output: str
    skipped: str = ""
    remedy: str = ""


class Line(t.NamedTuple):
    """One line of the client's output. I(mark) is "pass", "warn", "fail", or "" when the line or its mark is not there."""

    mark: str
    complaint: str
    started: bool


def parse(output: str) -> dict[str, Line]:
    """The client's lines by id. A cross warns when all it says is in yellow, as the client prints its warnings."""
    starts = {}
    for id, title, _title, _advice in LINES:
        found = re.search(re.escape(title) + r"\.*", output)
        if found:
            starts[id] = found
    lines = {}
    for id, _line, _title, _advice in LINES:
        if id not in starts:
            lines[id] = Line("", "", False)
            continue
        begin = starts[id].end()
        end = min([match.start() for match in starts.values() if match.start() > begin], default=len(output))
        segment = output[begin:end]
        mark = re.search("%s|%s" % (CHECKMARK, CROSS), segment)
        text = segment[mark.end() :] if mark else segment
        complaint = " ".join(_COLOUR.sub("", text).split())
        if not mark:
            lines[id] = Line("", complaint, True)
        elif mark.group() == CHECKMARK:
            lines[id] = Line("pass", "", True)
        else:
            lines[id] = Line("warn" if _YELLOW in text else "fail", complaint, True)
    return lines


def tail(output: str, length: int = 400) -> str:
    """The end of an output in one line, where a traceback has its reason."""
    lines = [line for line in output.splitlines() if "Find detailed" not in line]  # a log in the home that is removed
    text = " ".join(_COLOUR.sub("", " ".join(lines)).split())
    return text if len(text) <= length else "... " + text[-length:]


def verdict(outcome: Outcome, id: str) -> Verdict:
    """What the client's output says about one of its checks."""
    _id, line, title, advice = next(entry for entry in LINES if entry[0] == id)
    if outcome.skipped:
        return skipped(outcome.skipped, outcome.remedy)
    if outcome.login_code != 0:
        stopped = "" if outcome.login_code else "no end in time. "
        return failed("wandb login ends with 0", "%s: %s%s" % (outcome.login_code, stopped, tail(outcome.login_output)), advice)
    lines = parse(outcome.verify_output)
    found = lines[id]
    if found.mark == "pass":
        if id == LINES[-1][0] and outcome.verify_code != 0 and all(other.mark == "pass" for other in lines.values()):
            return failed("wandb verify ends with 0", "%s: %s" % (outcome.verify_code, tail(outcome.verify_output)), advice)
        return passed("passed")
    if found.mark:
        # The client prints all warnings in yellow, but unencrypted requests and closed CORS break a site; only its
        # opinion about versions is one.
        judge = warned if found.mark == "warn" and id == "version" else failed
        return judge(title, found.complaint or "a cross without a word", advice)
    broken = [other for other, one in lines.items() if one.started and not one.mark]
    if found.started or not broken:
        return failed("a line '%s' with its mark" % line, "wandb verify ended without it: %s" % _end(outcome), advice)
    return failed("a line '%s'" % line, "wandb verify ended in wandb.verify.%s, before this check" % broken[0], "see wandb.verify.%s" % broken[0])


def _end(outcome: Outcome) -> str:
    return "%s: %s" % (("stopped after its time" if outcome.verify_code is None else outcome.verify_code), tail(outcome.verify_output))


check = Checks()


def _register(id: str, title: str, needs: t.Sequence[str]) -> None:
    @check("wandb.verify." + id, title, needs)
    def ask(outcome: Outcome) -> Verdict:
        return verdict(outcome, id)


for _id, _line, _title, _advice in LINES:
    # Without the file of the signed URL check the client leaves out what it would ask about that file's URL.
    _needs = ["wandb.verify.logged_in"] if _id != "logged_in" else []
    _register(_id, _title, _needs + (["wandb.verify.signed_url_upload"] if _id in ("signed_url_https", "cors") else []))


def run(client: str, url: str, api_key: str, ca_file: str | None, timeout: float, directory: str) -> Outcome:
    """Runs C(wandb login) and C(wandb verify) as a user with a new home, which is removed afterwards.

    The key travels in the environment and is masked in the output. I(timeout) is in seconds, for both commands together.
    """
    home = tempfile.mkdtemp(prefix="wandb-check-", dir=directory)
    try:
        environment = {key: value for key, value in os.environ.items() if key.lower() in ("path", "http_proxy", "https_proxy", "no_proxy")}
        environment.update(
            HOME=home,
            TMPDIR=home,
            LOGNAME="wandb-check",
            USER="wandb-check",
            LC_ALL="C.UTF-8",
            PYTHONUTF8="1",
            PYTHONUNBUFFERED="1",  # else a traceback comes before the lines that led to it
            WANDB_API_KEY=api_key,
            WANDB_BASE_URL=url,
        )
        trusted = bundle(ca_file, home)
        if trusted:
            # The client's Go part reads the first, its Python part the second.
            environment.update(SSL_CERT_FILE=trusted, REQUESTS_CA_BUNDLE=trusted)
        end = time.monotonic() + timeout
        login_code, login_output = _command([client, "login", "--host", url], environment, home, end)
        verify_code, verify_output = None, ""
        if login_code == 0:
            verify_code, verify_output = _command([client, "verify", "--host", url], environment, home, end)
        return Outcome(login_code, login_output.replace(api_key, "***"), verify_code, verify_output.replace(api_key, "***"))
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _command(command: list[str], environment: dict[str, str], home: str, end: float) -> tuple[int | None, str]:
    """Exit code and output (both streams, in the order of writing); the code is None when the time ran out: I(end), as time.monotonic() has it."""
    process = subprocess.Popen(
        command,
        env=environment,
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    try:
        output, _nothing = process.communicate(timeout=max(end - time.monotonic(), 0))
        return process.returncode, output
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _nothing = process.communicate()
        return None, output
