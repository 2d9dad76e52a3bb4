# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a node asks of its own cluster with MinIO's admin account: state, healing, and the objects of the role. PRIVATE to the collection.

Standard library only, since nodes have no libraries, and MinIO's SDK has no call for healing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import typing as t
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import quote
from xml.etree import ElementTree

from ansible_collections.baremetal.wandb.plugins.module_utils._endpoint_http import Answer, Endpoint

# The role's own bucket: an object that is written once, and the time of the last healing.
BUCKET = "baremetal-wandb"
FIRST = "installed"
FIRST_CONTENT = b"Written when the role baremetal.wandb.minio first saw this cluster; minio_check reads it.\n"
HEALED = "healed"


class ApiError(Exception):
    """What MinIO refused. I(code) is MinIO's, such as InvalidAccessKeyId."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__("%s: %s" % (code, message) if message else code)
        self.status = status
        self.code = code


class Api:
    """One node of a cluster, asked as one account; every error that it answers is an ApiError."""

    def __init__(self, endpoint: Endpoint, access_key: str, secret_key: str, region: str) -> None:
        self.endpoint = endpoint
        self._access_key, self._secret_key, self._region = access_key, secret_key, region

    def __call__(self, method: str, path: str, query: t.Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
        target = "&".join("%s=%s" % (quote(name, safe=""), quote(value, safe="")) for name, value in sorted((query or {}).items()))
        headers = self._signed(method, path, target, body, datetime.now(timezone.utc))
        answer = self.endpoint.request(method, path + ("?" + target if target else ""), headers, body)
        if answer.status >= 300:
            raise _error(answer)
        return answer

    def info(self) -> dict[str, t.Any]:
        """The state of the cluster as MinIO tells it, and C(now), the time of this node."""
        answer = self("GET", "/minio/admin/v3/info")
        return dict(json.loads(answer.body), now=parsedate_to_datetime(answer.header("Date")).timestamp())

    def read(self, key: str) -> bytes:
        """One of the role's own objects."""
        return self("GET", "/%s/%s" % (BUCKET, key)).body

    def _signed(self, method: str, path: str, query: str, body: bytes, now: datetime) -> dict[str, str]:
        """The headers of AWS Signature Version 4; I(path) and I(query) are written as they are sent."""
        stamp, scope = now.strftime("%Y%m%dT%H%M%SZ"), "%s/%s/s3/aws4_request" % (now.strftime("%Y%m%d"), self._region)
        digest = hashlib.sha256(body).hexdigest()
        names = "host;x-amz-content-sha256;x-amz-date"
        canonical = "\n".join(
            [method, path, query, "host:" + self.endpoint.authority, "x-amz-content-sha256:" + digest, "x-amz-date:" + stamp, "", names, digest]
        )
        text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + self._secret_key).encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.new(key, text.encode(), "sha256").hexdigest()
        return {
            "Authorization": "AWS4-HMAC-SHA256 Credential=%s/%s,SignedHeaders=%s,Signature=%s" % (self._access_key, scope, names, signature),
            "X-Amz-Date": stamp,
            "X-Amz-Content-Sha256": digest,
            "Content-Length": str(len(body)),
        }


def _error(answer: Answer) -> ApiError:
    """MinIO writes errors as JSON in the admin API and as XML in that of S3."""
    try:
        found = json.loads(answer.body)
    except ValueError:
        try:
            found = {child.tag.split("}")[-1]: child.text or "" for child in ElementTree.fromstring(answer.body)}
        except ElementTree.ParseError:
            found = {}
    return ApiError(answer.status, found.get("Code") or "HTTP %d" % answer.status, found.get("Message", ""))


# A node that starts so long after the first one was away while others could write.
TOGETHER = 60


class Cluster(t.NamedTuple):
    """What of a cluster is not as it should be. Of drives that are lost with their node only the node is told."""

    lost: list[str]
    healing: list[str]
    away: list[str]


def lacking(info: dict[str, t.Any], healed: float) -> Cluster:
    """Reads I(info); I(healed) is when the last healing of all objects began, 0 if there was none."""
    servers = sorted(info["servers"], key=lambda server: server["endpoint"])
    online = [server for server in servers if server["state"] == "online"]
    drives = [drive for server in online for drive in server.get("drives") or []]
    lost = ["node %s %s" % (server["endpoint"], server["state"]) for server in servers if server not in online]
    lost += ["drive %s %s" % (place(drive), drive["state"]) for drive in drives if drive["state"] != "ok" or not drive.get("uuid")]
    starts = {server["endpoint"]: info["now"] - server["uptime"] for server in online}
    first = min(starts.values(), default=0)
    return Cluster(
        lost,
        ["drive %s" % place(drive) for drive in drives if drive.get("healing")],
        [
            "node %s, which started %d minutes after the first" % (name, (start - first) / 60)
            for name, start in starts.items()
            if start - first >= TOGETHER and start >= healed
        ],
    )


def place(drive: dict[str, t.Any]) -> str:
    """A drive as MINIO_VOLUMES names it, without the scheme."""
    return str(drive["endpoint"]).rsplit("://", maxsplit=1)[-1]


def last_healing(api: Api) -> float | None:
    """When the last healing of all objects began, 0 if there was none, or None where the role's bucket is not there yet."""
    try:
        return float(json.loads(api.read(HEALED))["began"])
    except ApiError as error:
        if error.code == "NoSuchBucket":
            return None
        if error.code == "NoSuchKey":
            return 0.0
        raise


def keep(api: Api, began: float) -> bool:
    """Notes that all objects were healed, and says whether it made the bucket with the object that stays as it is."""
    made = last_healing(api) is None
    if made:
        api("PUT", "/" + BUCKET)
        api("PUT", "/%s/%s" % (BUCKET, FIRST), body=FIRST_CONTENT)
    api("PUT", "/%s/%s" % (BUCKET, HEALED), body=json.dumps({"began": began}).encode())
    return made


# All objects; nothing is removed.
HEAL = {"recursive": True, "dryRun": False, "remove": False, "recreate": False, "updateParity": False, "nolock": False}
HEAL_PATH = "/minio/admin/v3/heal/"


class Progress(t.NamedTuple):
    """A healing that is under way, as the next call takes it up. Times are in seconds since 1970."""

    first: float  # when the first run began
    began: float = 0  # when this one did
    token: str = ""
    seen: int = 0
    repaired: int = 0
    left: list[str] = []


def heal(api: Api, progress: Progress, seconds: float, deep: bool = False) -> tuple[bool, Progress]:
    """Heals for so long at most and says whether all is whole. I(deep): reads the bytes of all parts, too, and compares them with their sums.

    MinIO ends a run well that found drives offline, as those of a node that has just come back are for the others. So runs follow each other until one
    leaves nothing.
    """
    end = time.monotonic() + seconds
    while True:
        if not progress.token:
            progress = progress._replace(began=time.time(), seen=0, left=[])
            wanted = json.dumps({**HEAL, "scanMode": 2 if deep else 1})
            try:
                answer = json.loads(api("POST", HEAL_PATH, {"forceStart": "true"}, wanted.encode()).body)
            except ApiError as error:
                if error.code == "XMinioAdminVersionMismatch":  # a single drive has nothing to heal from
                    return True, progress
                raise
            progress = progress._replace(token=answer["clientToken"])
        answer = json.loads(api("POST", HEAL_PATH, {"clientToken": progress.token}).body)
        for item in answer.get("Items") or []:
            name = "/".join(filter(None, [item["bucket"], item["object"]]))
            before, after = ({drive["endpoint"]: drive["state"] for drive in item[when]["drives"] or []} for when in ("before", "after"))
            left = sorted({state for state in after.values() if state != "ok"})
            progress = progress._replace(
                seen=progress.seen + 1,
                repaired=progress.repaired + any(after[drive] == "ok" != state for drive, state in before.items() if drive in after),
                left=progress.left + ["%s (%s)" % (name, ", ".join(left))] * (bool(left) and len(progress.left) < 5),
            )
        if answer["Summary"] == "stopped":
            raise ApiError(200, "stopped", answer.get("Detail") or "the healing was stopped")
        if answer["Summary"] == "finished":
            now = lacking(api.info(), 0)
            progress = progress._replace(token="", left=(now.lost + ["%s is being healed" % drive for drive in now.healing] + progress.left)[:5])
            if not progress.left:
                return True, progress
        if time.monotonic() >= end:
            return False, progress
        time.sleep(1 if answer["Summary"] == "finished" else 0.3)
