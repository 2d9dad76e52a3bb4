# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules for S3 stores share: the client, error codes, CORS as a browser sees it. PRIVATE to the collection."""

from __future__ import annotations

import json
import re
import typing as t
from urllib.parse import urlsplit

from ansible_collections.baremetal.wandb.plugins.module_utils._endpoint_http import Answer, Endpoint

CONNECTION: dict[str, t.Any] = {
    "access_key": {"type": "str", "required": True, "no_log": False},
    "secret_key": {"type": "str", "required": True, "no_log": True},
    "ca_file": {"type": "path"},
    "timeout": {"type": "int", "default": 30},
}


def client(
    boto3: t.Any,
    url: str,
    params: t.Mapping[str, t.Any],
    region: str,
    bundle: str | None,
    addressing: str = "path",
    checksums: str = "when_required",
) -> t.Any:
    """A boto3 client that signs as W&B does: signature version 4, bucket in the path, no checksum trailers.

    Trailers are what a proxy in front of archived MinIO releases should refuse (CVE-2026-40344), and W&B sends none. Current SDKs
    send them over https unless they are told not to: I(checksums) of C(when_supported).
    """
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id=params["access_key"],
        aws_secret_access_key=params["secret_key"],
        region_name=region,
        verify=bundle,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": addressing},
            connect_timeout=params["timeout"],
            read_timeout=params["timeout"],
            retries={"total_max_attempts": 1},
            request_checksum_calculation=checksums,
            response_checksum_validation=checksums,
            proxies={},
        ),
    )


def code(error: Exception) -> str:
    """The S3 error code of a boto3 exception, such as NoSuchBucket; "" for errors below S3, such as a refused connection."""
    return str((getattr(error, "response", None) or {}).get("Error", {}).get("Code", ""))


def status(error: Exception) -> int:
    """The HTTP status of a boto3 exception; 0 for errors below HTTP."""
    return int((getattr(error, "response", None) or {}).get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def reason(error: t.Any) -> str:
    """An exception of boto3 in one line without the request, which would show the key's signature."""
    if code(error):
        return "%s: %s: %s" % (error.operation_name, code(error), error.response["Error"].get("Message", ""))
    return "%s: %s" % (type(error).__name__, error)


# MinIO's code when its drives have no room left, and the RADOS gateway's when the user's quota is used up.
FULL = ("XMinioStorageFull", "QuotaExceeded")


def advice(error: t.Any) -> str:
    """What to do about a call that the store refused. After an AccessDenied it is which right the key's policy lacks; not all are named as the calls are."""
    if code(error) in FULL:
        return "the store is full: remove what nobody needs, or give it more drives, MinIO a pool of nodes (minio_pools)"
    if code(error) != "AccessDenied":
        return "see 'found' and the store's log"
    call = error.operation_name
    permission = {
        "ListObjectsV2": "ListBucket",
        "ListMultipartUploads": "ListBucketMultipartUploads",
        "CreateMultipartUpload": "PutObject",
        "CompleteMultipartUpload": "PutObject",
        "HeadObject": "GetObject",
    }.get(call, call)
    return "let the key's policy allow s3:%s on the bucket and its objects" % permission


def wrong_region(region: str) -> str:
    """Why the region's name cannot be right, or ""."""
    if region == "us-east1":
        return "region us-east1 does not exist: W&B's guide has a typing error there; write us-east-1"
    return ""


# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BUCKET_NAME = (
    r"(?!.*[.][.])(?!([0-9]+[.]){3}[0-9]+$)(?!xn--|sthree-|amzn-s3-demo-)(?!.*(-s3alias|--ol-s3|[.]mrap|--x-s3|--table-s3)$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
)


def wrong_bucket(name: str) -> str:
    """Why S3 forbids a bucket of this name, or ""."""
    if re.fullmatch(BUCKET_NAME, name):
        return ""
    return (
        "%s is no name for a bucket: S3 takes 3 to 63 small letters, digits, hyphens and single dots, no IP address, and none of the beginnings and "
        "ends that it keeps to itself, for example local-files" % name
    )


def cleaned_origins(origins: t.Iterable[str]) -> list[str]:
    """Origins as browsers send them, without spaces around and the slash at the end; a ValueError says why one cannot be right."""
    cleaned = []
    for origin in origins:
        clean = origin.strip().removesuffix("/")
        parts = urlsplit(clean)
        if clean != "*" and (not parts.scheme or not parts.netloc or parts.path or parts.query or set(", ") & set(clean)):
            raise ValueError("'%s' is no origin, which is a scheme and a name and no path, one for each item, for example https://wandb.example.com" % origin)
        cleaned.append(clean)
    return cleaned


def parsed_policy(text: str | t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A policy given as JSON; a ValueError says why it is none."""
    example = ", for example {Version: '2012-10-17', Statement: [{Effect: Allow, ...}]}"
    try:
        policy = json.loads(text) if isinstance(text, str) else dict(text)
    except ValueError as error:
        raise ValueError("is not JSON (%s)%s" % (error, example)) from error
    if not isinstance(policy, dict) or not isinstance(policy.get("Statement"), list):
        raise ValueError("has no list named Statement" + example)
    return policy


def canonical(policy: dict[str, t.Any]) -> dict[str, t.Any]:
    """A policy with its sets sorted and its empty fields left out, as stores rewrite it."""
    statements = []
    for statement in policy.get("Statement", []):
        clean = {}
        for key, value in statement.items():
            if value in ("", [], {}, None):
                continue
            if key in ("Action", "NotAction", "Resource", "NotResource"):
                value = _sorted(value)
            elif key in ("Principal", "NotPrincipal"):
                value = {kind: _sorted(who) for kind, who in (value if isinstance(value, dict) else {"AWS": value}).items()}
            elif key == "Condition":
                value = {operator: {name: _sorted(values) for name, values in tests.items()} for operator, tests in value.items()}
            clean[key] = value
        statements.append(clean)
    return {"Version": policy.get("Version", "2012-10-17"), "Statement": sorted(statements, key=lambda one: json.dumps(one, sort_keys=True))}


def _sorted(value: t.Any) -> list[str]:
    return sorted({json.dumps(one) if isinstance(one, bool) else str(one) for one in (value if isinstance(value, list) else [value])})


def preflight(endpoint: Endpoint, target: str, origin: str, method: str, headers: str) -> Answer:
    """Asks as a browser does before it sends I(method) with I(headers) (lower case, sorted) from a page of I(origin)."""
    return endpoint.request("OPTIONS", target, {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers})


def allows_origin(answer: Answer, origin: str) -> str:
    """Why a browser would keep the answer from a page of I(origin), or ""."""
    found = answer.all("Access-Control-Allow-Origin")
    if len(found) > 1:
        return "%d Access-Control-Allow-Origin headers, browsers accept one: %s" % (len(found), ", ".join(found))
    if not found:
        return "no Access-Control-Allow-Origin header (HTTP %d)" % answer.status
    if found[0] not in (origin, "*"):
        return "Access-Control-Allow-Origin: %s" % found[0]
    return ""


def allows(answer: Answer, origin: str, method: str, headers: str) -> str:
    """Why a browser would not send the request after this preflight answer, or "". The status says nothing: stores differ."""
    complaint = allows_origin(answer, origin)
    if complaint:
        return complaint
    methods = _items(answer.header("Access-Control-Allow-Methods"))
    if method.lower() not in methods and "*" not in methods:
        return "Access-Control-Allow-Methods: %s" % (", ".join(sorted(methods)) or "absent")
    granted = _items(answer.header("Access-Control-Allow-Headers"))
    if not _items(headers) <= granted and "*" not in granted:
        return "Access-Control-Allow-Headers: %s" % (", ".join(sorted(granted)) or "absent")
    return ""


def _items(value: str) -> set[str]:
    return {item.strip().lower() for item in value.split(",") if item.strip()}
