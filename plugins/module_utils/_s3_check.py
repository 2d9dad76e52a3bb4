# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What W&B, its clients and browsers need of the object store, seen with the application's own key. PRIVATE to the collection."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import os
import re
import secrets
import ssl
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from email.utils import parsedate_to_datetime
from functools import cached_property
from urllib.parse import quote, urlsplit

from ansible_collections.baremetal.wandb.plugins.module_utils import _s3
from ansible_collections.baremetal.wandb.plugins.module_utils._check import Checks, Verdict, equal, failed, passed, skipped, warned
from ansible_collections.baremetal.wandb.plugins.module_utils._endpoint import listens, no_ca_file, reaches_s3, resolves, says, where
from ansible_collections.baremetal.wandb.plugins.module_utils._endpoint_http import MIB, Answer, Endpoint, why

# S3 refuses a request that is signed more than 15 minutes off (RequestTimeTooSkewed); one minute off, NTP is broken.
SKEW_REFUSED = 900
SKEW_WARNED = 60

# A media key of `wandb verify` holds a percent sign and a space; plus is what proxies decode as a space; people name files in their own script.
SPECIAL_NAME = "HT%3ML x+y \u00fc\u65e5"

# The smallest part but the last that S3 accepts in a multipart upload, in bytes.
PART = 5 * 1024 * 1024

# OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID; Python has no name for it.
NOT_YET_VALID = 9

RADOS_GATEWAY = "Ceph RADOS gateway"

BROWSER_HEADERS = "content-type,x-amz-meta-probe"


class Store:
    """The object store of one site, as the checks ask it.

    I(client) makes a boto3 client for I(endpoint), the public name, with options of _s3.client. I(nodes) are the MinIO nodes behind it,
    reached directly. Probe objects live under I(prefix), the same in each run on a host, so that the next run removes what a crash left.
    """

    def __init__(
        self,
        client: t.Callable[..., t.Any],
        keys: t.Mapping[str, t.Any],
        endpoint: Endpoint,
        bucket: str,
        region: str,
        prefix: str,
        origin: str,
        foreign_origin: str,
        nodes: t.Sequence[Endpoint] = (),
        read_only: str = "",
        large_object_mb: int = 0,
    ) -> None:
        self.client = client
        self.keys = keys
        self.endpoint = endpoint
        self.bucket = bucket
        self.region = region
        self.prefix = prefix
        self.origin = origin
        self.foreign_origin = foreign_origin
        self.nodes = nodes
        self.read_only = read_only
        self.large_object_mb = large_object_mb
        self.content = secrets.token_bytes(64)
        self.wrote = False
        self.versions_hidden = False  # whether the key cannot see which versions there are
        # What the store is and can do, as the checks come to know it.
        self.facts: dict[str, t.Any] = {}

    @cached_property
    def s3(self) -> t.Any:
        return self.client(self.keys)

    def key(self, name: str) -> str:
        return self.prefix + name

    def path(self, key: str) -> str:
        return "/%s/%s" % (quote(self.bucket), quote(key))

    def signed(self, operation: str, key: str, expires: int = 300, s3: t.Any = None, **parameters: t.Any) -> str:
        """Path and query of a presigned URL for the public name."""
        url = (s3 or self.s3).generate_presigned_url(operation, {"Bucket": self.bucket, "Key": key, **parameters}, ExpiresIn=expires)
        parts = urlsplit(url)
        return "%s?%s" % (parts.path, parts.query)

    def put(self, key: str, body: bytes, headers: t.Mapping[str, str] | None = None) -> Answer:
        self.wrote = True
        return self.endpoint.request("PUT", self.signed("put_object", key), headers, body)

    def get(self, key: str, headers: t.Mapping[str, str] | None = None) -> Answer:
        return self.endpoint.request("GET", self.signed("get_object", key), headers)

    @cached_property
    def greeting(self) -> Answer:
        """The answer to a request without a key for nothing in particular."""
        return self.endpoint.request("GET", "/")

    @cached_property
    def uploaded(self) -> Answer:
        """The answer to the upload of the object that the presigned and CORS checks use."""
        return self.put(self.key("presigned"), self.content)

    @property
    def probe(self) -> str:
        """The key of that object."""
        self.uploaded  # once a run, also when I(only) leaves out the check of the upload itself
        return self.key("presigned")

    @cached_property
    def expiring(self) -> tuple[str, float]:
        """A presigned URL of one second, and when it was made."""
        return self.signed("get_object", self.probe, expires=1), time.monotonic()

    @cached_property
    def health(self) -> dict[str, Answer | Exception]:
        """The answer of each MinIO node to a health request, or the error in its place; all are asked at once."""

        def ask(node: Endpoint) -> Answer | Exception:
            try:
                return node.request("GET", "/minio/health/live")
            except OSError as error:
                return error

        with ThreadPoolExecutor(max_workers=max(1, len(self.nodes))) as pool:
            return dict(zip([node.url for node in self.nodes], pool.map(ask, self.nodes)))

    def lost(self) -> dict[str, str]:
        return {url: why(answer) for url, answer in self.health.items() if isinstance(answer, Exception)}

    @cached_property
    def listing_error(self) -> t.Any:
        """Why W&B's key cannot list the bucket, or None."""
        return _error(lambda: self.s3.list_objects_v2(Bucket=self.bucket, Prefix=self.prefix, MaxKeys=1))

    def learn(self, name: str, call: t.Callable[[], t.Any]) -> None:
        """Notes as a fact what the call gives, or the code of its error."""
        found: list[t.Any] = []
        error = _error(lambda: found.append(call()))
        self.facts[name] = (_s3.code(error) or type(error).__name__) if error else found[0]

    def pages(self, operation: str, prefix: str, *fields: str) -> list[dict[str, t.Any]]:
        """What a listing has in the fields, from all its pages."""
        pages = self.s3.get_paginator(operation).paginate(Bucket=self.bucket, Prefix=prefix)
        return [item for page in pages for field in fields for item in page.get(field, [])]

    def remove_probes(self) -> int:
        """Deletes every probe object, with its versions where the bucket keeps them, and every unfinished upload.

        Returns how many versions and delete markers are left, since the key may not remove them.
        """
        from botocore.exceptions import ClientError

        for upload in self.pages("list_multipart_uploads", self.key("multipart"), "Uploads"):
            self.s3.abort_multipart_upload(Bucket=self.bucket, Key=upload["Key"], UploadId=upload["UploadId"])
        self.wrote = False
        kept = False
        try:
            found = self.pages("list_object_versions", self.prefix, "Versions", "DeleteMarkers")
            # Where versions were ever kept, a delete without one hides the object behind a marker, which has no size. "null" is a version there too.
            kept = any(item.get("VersionId", "null") not in ("null", "") or "Size" not in item for item in found)
        except ClientError as error:  # not every store has versions, nor every key the right to see them
            self.versions_hidden = _s3.code(error) == "AccessDenied"
            found = self.pages("list_objects_v2", self.prefix, "Contents")
        denied = False
        for item in found:
            if kept and not denied:
                try:
                    self.s3.delete_object(Bucket=self.bucket, Key=item["Key"], VersionId=item["VersionId"])
                    continue
                except ClientError as error:
                    if _s3.code(error) != "AccessDenied":
                        raise
                    denied = True
            if not denied or item.get("IsLatest") and "Size" in item:
                self.s3.delete_object(Bucket=self.bucket, Key=item["Key"])
        return len(self.pages("list_object_versions", self.prefix, "Versions", "DeleteMarkers")) if denied else 0

    def close(self) -> None:
        """Removes what was written, when no check did."""
        if self.wrote:
            with suppress(Exception):  # the records are out already; the next run removes what is left
                self.remove_probes()


check = Checks()


def check_by_writing(id: str, title: str, needs: t.Sequence[str] = ()) -> t.Callable:
    """Registers a check that works with probe objects, and is skipped when none may be written."""

    def register(function: t.Callable[[Store], Verdict]) -> t.Callable[[Store], Verdict]:
        @check(id, title, needs)
        def run(store: Store) -> Verdict:
            return skipped(store.read_only) if store.read_only else function(store)

        return run

    return register


@check("s3.minio.node", "every MinIO node answers")
def minio_node(store: Store) -> Verdict:
    lost = store.lost()
    expected = "%d of %d nodes" % (len(store.nodes), len(store.nodes))
    if not lost:
        return passed(expected)
    found = ", ".join("%s: %s" % item for item in sorted(lost.items()))
    advice = "start MinIO there (systemctl status minio), or the host, or open its port to this one; a lost node is a lost part of the redundancy"
    if len(lost) == len(store.nodes):
        return failed(expected, found, advice)
    return warned(expected, found, advice)


@check("s3.minio.quorum", "MinIO has its write quorum", needs=["s3.minio.node"])
def minio_quorum(store: Store) -> Verdict:
    lost = store.lost()
    node = next(node for node in store.nodes if node.url not in lost)
    answer = node.request("GET", "/minio/health/cluster")
    quorum = answer.header("X-Minio-Write-Quorum")
    if answer.status == 200:
        return passed("200 from /minio/health/cluster", "200 from /minio/health/cluster")
    return failed(
        "200 from /minio/health/cluster",
        "%d (write quorum: %s drives of each erasure set), %d of %d nodes unreachable%s"
        % (answer.status, quorum or "unknown", len(lost), len(store.nodes), ": " + ", ".join(sorted(lost)) if lost else ""),
        "nothing can be written until enough nodes and drives are back: start the unreachable hosts and minio.service on them, "
        "then look at journalctl -u minio",
    )


@check("s3.name", "the object-store name resolves")
def name(store: Store) -> Verdict:
    return resolves(store.endpoint)


@check("s3.port", "the object-store name accepts connections", needs=["s3.name"])
def port(store: Store) -> Verdict:
    return listens(store.endpoint, "nothing listens on %s: start nginx on the wandb_proxy host, or the store itself" % where(store.endpoint))


@check("s3.clock", "this host and the store agree on the time", needs=["s3.port"])
def clock(store: Store) -> Verdict:
    # Before the certificate, and whenever that is valid: one that is younger than the skew is no cause but a consequence.
    answers = {url: answer for url, answer in store.health.items() if isinstance(answer, Answer)}
    endpoint = store.endpoint
    try:
        answers[endpoint.url] = Endpoint(endpoint.url, endpoint.ca_file, endpoint.timeout, any_time=True).request("GET", "/")
    except OSError as error:  # also a chain or a name that does not hold, which s3.tls tells
        if not answers:
            return skipped("no answer whose date could be compared: %s" % why(error))
    skews = {}
    for url, answer in answers.items():
        if answer.header("Date"):
            skews[url] = round(parsedate_to_datetime(answer.header("Date")).timestamp() - time.time())
    if not skews:
        return warned("a Date header", "none", "the store sends no Date, so its clock cannot be compared")
    url, skew = max(skews.items(), key=lambda item: abs(item[1]))
    expected = "less than %d seconds apart" % SKEW_WARNED
    found = "%s is %d seconds %s" % (url, abs(skew), "ahead" if skew > 0 else "behind")
    advice = "synchronise both with NTP (chronyc tracking): from %d seconds on the store refuses every signature" % SKEW_REFUSED
    if abs(skew) >= SKEW_REFUSED:
        return failed(expected, found, advice)
    if abs(skew) >= SKEW_WARNED:
        return warned(expected, found, advice)
    return passed(found, expected)


@check("s3.tls", "the object-store name has a certificate that W&B accepts", needs=["s3.port"])
def tls(store: Store) -> Verdict:
    endpoint = store.endpoint
    expected = "a valid certificate of a trusted CA for %s" % endpoint.host
    if not endpoint.secure:
        return warned(expected, "plain HTTP", "uploads and presigned URLs can be read on the way: give the store a certificate and an https URL")
    if endpoint.ca_file and not os.path.exists(endpoint.ca_file):
        return no_ca_file(endpoint, expected)
    try:
        endpoint.certificate()
    except ssl.SSLError as error:
        advice = "edge.s3.certificate.* of endpoint_check tells which fact it is: the chain, the name or the expiry"
        if getattr(error, "verify_code", 0) == NOT_YET_VALID:
            advice = "this host's clock is behind that of the host that issued the certificate: synchronise both with NTP, see s3.clock"
        return failed(expected, why(error), advice)
    return passed("verified", expected)


@check("s3.store", "the object-store name reaches an S3 store", needs=["s3.port", "s3.tls"])
def store_answers(store: Store) -> Verdict:
    store.facts["software"] = software(store.greeting)
    return reaches_s3(store.endpoint, store.greeting)


def software(answer: Answer) -> str:
    """Which store wrote an answer. A proxy puts its own name into Server, so what only one store writes is looked at as well."""
    server = answer.header("Server")
    if re.fullmatch("[0-9a-f]{64}", answer.header("X-Amz-Id-2")):
        return "MinIO"
    if server.startswith("Ceph Object Gateway") or re.search(b"<ID>anonymous</ID>|<RequestId>tx0[0-9a-f]+-", answer.body):
        return RADOS_GATEWAY
    return server or "unknown"


_KEY_ADVICE = {
    "SignatureDoesNotMatch": "wandb_s3_secret_key is not this key's secret: correct it, or run the role bucket, which sets it on MinIO; "
    "if it is, the proxy changes the Host header, which is signed: 'proxy_set_header Host $http_host'",
    "InvalidAccessKeyId": "the store does not know wandb_s3_access_key, or it is disabled: correct it, or run the role bucket, which makes it on MinIO",
    "AuthorizationHeaderMalformed": "the signature names another region than the store's: set wandb_s3_region to the one in 'found'",
    "RequestTimeTooSkewed": "synchronise the clocks of this host and the store with NTP",
}


@check("s3.addressing", "the store takes the bucket's name in the path, as W&B sends it", needs=["s3.store", "s3.minio.quorum"])
def addressing(store: Store) -> Verdict:
    path = store.listing_error is None
    virtual = _lists_by_host(store)
    store.facts["addressing"] = ["path"] * path + ["virtual"] * virtual
    expected = "%s/%s" % (store.endpoint.url, store.bucket)
    if virtual and not path and _s3.code(store.listing_error) not in _KEY_ADVICE:
        return failed(
            expected,
            "%s; it does take the name in the host's (virtual-hosted style)" % _s3.reason(store.listing_error),
            "W&B names the bucket in the path alone: have the store's owner allow path style, or take another store",
        )
    return passed(expected if path else "no other way either; the checks below say why")


def _lists_by_host(store: Store) -> bool:
    """Whether the bucket's name can also stand before the store's, as BUCKET.HOST; no DNS entry is needed to try."""
    with suppress(ValueError):
        ipaddress.ip_address(store.endpoint.host)
        return False
    url = urlsplit(store.client(store.keys, addressing="virtual").generate_presigned_url("list_objects_v2", {"Bucket": store.bucket, "MaxKeys": 1}))
    if url.netloc == store.endpoint.authority:  # the name of the bucket is none for a host
        return False
    try:
        answer = store.endpoint.request("GET", "%s?%s" % (url.path or "/", url.query), {"Host": url.netloc})
    except OSError:  # a proxy may hang up on a name that is not its own
        return False
    return answer.status == 200 and b"<ListBucketResult" in answer.body


@check("s3.key", "the store accepts W&B's key", needs=["s3.addressing"])
def key(store: Store) -> Verdict:
    expected = "a signature that the store accepts"
    error = store.listing_error
    if _s3.code(error) in _KEY_ADVICE:
        return failed(expected, _s3.reason(error), _KEY_ADVICE[_s3.code(error)])
    if error and _s3.status(error) not in (403, 404):  # these two come after the signature was verified
        return failed(expected, _s3.reason(error), "the store cannot answer: look at its log (journalctl -u minio)")
    return passed("accepted", expected)


@check("s3.bucket.exists", "the bucket exists and W&B's key may list it", needs=["s3.key"])
def bucket_exists(store: Store) -> Verdict:
    error = store.listing_error
    if error is None:
        return passed(store.bucket)
    advice = {
        "NoSuchBucket": "create the bucket named in wandb_s3_bucket: run the role bucket; W&B does not start without it",
        "AccessDenied": "let the key's policy allow s3:ListBucket on the bucket, which the role bucket does on MinIO; or wandb_s3_bucket is not its name",
    }.get(_s3.code(error), "see 'found' and the store's log")
    return failed(store.bucket, _s3.reason(error), advice)


@check("s3.bucket.region", "the bucket is in the region that W&B signs for", needs=["s3.bucket.exists"])
def bucket_region(store: Store) -> Verdict:
    of_bucket = {"Bucket": store.bucket}
    store.learn("versioning", lambda: store.s3.get_bucket_versioning(**of_bucket).get("Status", "never enabled").lower())
    store.learn("cors_rules", lambda: len(store.s3.get_bucket_cors(**of_bucket)["CORSRules"]))
    found: list[str] = []
    error = _error(lambda: found.append(store.s3.get_bucket_location(**of_bucket).get("LocationConstraint") or "us-east-1"))
    if error:
        return warned(store.region, _s3.reason(error), "let the key's policy allow s3:GetBucketLocation on the bucket")
    store.facts["region"] = found[0]
    if found[0] != store.region and software(store.greeting) == RADOS_GATEWAY:
        return passed("%s, which names the zonegroup; a RADOS gateway takes any region in a signature, and took this one" % found[0], store.region)
    return equal(store.region, found[0], "set wandb_s3_region to the bucket's region")


@check("s3.key.scope", "W&B's key may do no more than W&B needs", needs=["s3.bucket.exists"])
def key_scope(store: Store) -> Verdict:
    # By reads alone. Another bucket is tried with a name that is not there: a key of one bucket is denied, any other is told that it does not exist.
    other = (store.bucket[:50] + "-not-ours").strip("-.")
    buckets: list[str] = []
    tried = {
        "read the bucket's policy": lambda: store.s3.get_bucket_policy(Bucket=store.bucket),
        "read the bucket's lifecycle": lambda: store.s3.get_bucket_lifecycle_configuration(Bucket=store.bucket),
    }
    # AWS and a RADOS gateway tell that to everybody, which says nothing of the key.
    try:
        told = b"<Code>NoSuchBucket</Code>" in store.endpoint.request("GET", "/%s?list-type=2&max-keys=1" % quote(other)).body
    except OSError as error:  # MinIO asks a node that was just lost, too, and waits for it
        return skipped("the store does not say whether another bucket is there: %s" % why(error))
    if not told:
        tried = {"list another bucket": lambda: store.s3.list_objects_v2(Bucket=other, MaxKeys=1), **tried}
    may = [what for what, call in tried.items() if _allowed(_error(call))]
    if not _error(lambda: buckets.extend(one["Name"] for one in store.s3.list_buckets().get("Buckets", []))):
        foreign = len(set(buckets) - {store.bucket})
        may += ["see %d other buckets" % foreign] * bool(foreign)
    may += ["administer MinIO"] * _administers(store)
    store.facts["beyond_need"] = may
    if not may:
        return passed("no more, but for other buckets, which this store does not let one try by reads alone" if told else "no more", "no more")
    return warned(
        "no more",
        "it may " + ", ".join(may),
        "give W&B a key of its own with a policy for %s alone, as the README of the role bucket lists it" % store.bucket,
    )


def _allowed(error: t.Any) -> bool:
    """Whether a call was not denied. What a store does not have gives no right, and an error without a code, from below S3, tells nothing."""
    return error is None or _s3.code(error) not in ("AccessDenied", "NotImplemented", "MethodNotAllowed", "")


def _administers(store: Store) -> bool:
    """Whether the key opens MinIO's admin API, which only the nodes themselves have."""
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    for node in store.nodes:
        if node.url not in store.lost():
            request = AWSRequest("GET", node.url + "/minio/admin/v3/info")
            S3SigV4Auth(Credentials(store.keys["access_key"], store.keys["secret_key"]), "s3", store.region).add_auth(request)
            return node.request("GET", "/minio/admin/v3/info", dict(request.headers)).status == 200
    return False


def _error(call: t.Callable[[], t.Any]) -> t.Any:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        call()
    except (ClientError, BotoCoreError) as error:
        return error
    return None


@check("s3.anonymous.list", "the bucket cannot be listed without a key", needs=["s3.bucket.exists"])
def anonymous_list(store: Store) -> Verdict:
    return _refused(
        store.endpoint.request("GET", "/%s?list-type=2&max-keys=1" % quote(store.bucket)),
        "the bucket is public: remove what lets everybody in from its bucket policy or ACL, for example with aws s3api delete-bucket-policy",
    )


@check_by_writing("s3.object.put_get_delete", "W&B's key writes, reads and deletes", needs=["s3.bucket.region"])
def put_get_delete(store: Store) -> Verdict:
    from botocore.exceptions import ClientError

    try:
        store.remove_probes()
        key = store.key("object")
        store.wrote = True
        store.s3.put_object(Bucket=store.bucket, Key=key, Body=store.content)
        size = store.s3.head_object(Bucket=store.bucket, Key=key)["ContentLength"]
        found = store.s3.get_object(Bucket=store.bucket, Key=key)["Body"].read()
        store.s3.delete_object(Bucket=store.bucket, Key=key)
    except ClientError as error:
        return failed("the bytes that were written", _s3.reason(error), _s3.advice(error))
    if found != store.content or size != len(store.content):
        return failed(
            "the bytes that were written",
            "%d other bytes, of a length said to be %d" % (len(found), size),
            "something between this host and the store changes bodies: compare with a node's own address",
        )
    return passed("the bytes that were written")


@check_by_writing("s3.presigned.put", "a presigned URL takes an upload without a key", needs=["s3.object.put_get_delete"])
def presigned_put(store: Store) -> Verdict:
    store.expiring  # made now, so that it has expired when s3.presigned.expired asks after the checks in between
    return _presigned(store.uploaded)


@check_by_writing("s3.presigned.get", "a presigned URL gives the same bytes back", needs=["s3.presigned.put"])
def presigned_get(store: Store) -> Verdict:
    answer = store.get(store.probe)
    if answer.status == 200 and answer.body != store.content:
        return failed(
            "the bytes that were uploaded",
            "%d other bytes" % len(answer.body),
            "the proxy changes bodies: no gzip, no sub_filter, no cache for the object-store name",
        )
    return _presigned(answer)


def _presigned(answer: Answer) -> Verdict:
    if answer.status == 200:
        return passed("HTTP 200")
    return failed("HTTP 200", says(answer), _proxy_advice(answer))


def _proxy_advice(answer: Answer) -> str:
    if answer.status == 413:
        return "set client_max_body_size of nginx's server block for the object-store name to 0"
    if answer.status >= 500:
        return "the store cannot answer: look at its log (journalctl -u minio), and at nginx's"
    return "nginx must pass Host and path unchanged to the store: 'proxy_set_header Host $http_host' and a proxy_pass without URI part"


@check_by_writing("s3.presigned.tampered", "a presigned URL opens no other object", needs=["s3.presigned.put"])
def presigned_tampered(store: Store) -> Verdict:
    target = store.signed("get_object", store.probe)
    other = target.replace("/presigned?", "/another?")
    return _refused(store.endpoint.request("GET", other), "the store does not verify signatures: W&B must not use it")


@check_by_writing("s3.presigned.key", "a URL that another key signed opens nothing", needs=["s3.presigned.put"])
def presigned_key(store: Store) -> Verdict:
    another = store.client({**store.keys, "secret_key": "not-" + store.keys["secret_key"]})
    answer = store.endpoint.request("GET", store.signed("get_object", store.probe, s3=another))
    return _refused(answer, "the store does not verify signatures: W&B must not use it")


@check_by_writing("s3.presigned.method", "a presigned URL serves its own method only", needs=["s3.presigned.put"])
def presigned_method(store: Store) -> Verdict:
    advice = "the store does not verify for which method a URL was signed: whoever may read could write; W&B must not use it"
    for answer in (
        store.endpoint.request("PUT", store.signed("get_object", store.probe), None, store.content),
        store.endpoint.request("GET", store.signed("put_object", store.probe)),
    ):
        verdict = _refused(answer, advice)
        if verdict.status != "pass":
            break
    return verdict


@check_by_writing("s3.presigned.range", "a presigned URL gives a part of an object", needs=["s3.presigned.get"])
def presigned_range(store: Store) -> Verdict:
    answer = store.get(store.probe, {"Range": "bytes=8-15"})
    if (answer.status, answer.body) == (206, store.content[8:16]):
        return passed("HTTP 206 and these bytes")
    advice = "the proxy drops the header Range, with which W&B's client fetches large artifacts in parts: pass all request headers on"
    found = "%s, %d bytes" % (says(answer) if answer.status >= 300 else answer.status, len(answer.body))
    if answer.status == 206:
        found += ", other than those asked for"
        advice = "what W&B's client fetches in parts, large artifacts, would be wrong: W&B must not use this store, see docs/stores.md"
    return failed("HTTP 206 and these bytes", found, advice)


@check_by_writing("s3.presigned.authorization", "a presigned URL works beside an Authorization header", needs=["s3.presigned.get"])
def presigned_authorization(store: Store) -> Verdict:
    answer = store.get(store.probe, {"Authorization": "Basic " + base64.b64encode(b"api:probe").decode()})
    store.facts["authorization_beside_presigned"] = "accepted" if answer.status == 200 else "refused"
    if answer.status == 200:
        return passed("HTTP 200")
    return warned(
        "HTTP 200",
        says(answer),
        "the store takes one way to sign in at a time. W&B's client sends its API key to the W&B name alone, so wandb_s3_url must be another name; "
        "and on clients no ~/.netrc may have an entry or a default for the store",
    )


@check_by_writing("s3.presigned.host", "a presigned URL works under its own name only", needs=["s3.presigned.get"])
def presigned_host(store: Store) -> Verdict:
    target = store.signed("get_object", store.probe)
    try:
        answer = store.endpoint.request("GET", target, {"Host": "not-%s" % store.endpoint.host})
    except OSError as error:  # a proxy may hang up on a name that is not its own
        return passed(why(error), "no object")
    if answer.body != store.content:
        return passed("HTTP %d" % answer.status, "no object")
    return failed("no object", "the object", "the proxy replaces the Host header: 'proxy_set_header Host $http_host' lets the store verify it")


@check_by_writing("s3.anonymous.get", "an object cannot be read without a key", needs=["s3.presigned.get"])
def anonymous_get(store: Store) -> Verdict:
    return _refused(
        store.endpoint.request("GET", store.path(store.probe)),
        "the bucket's objects are public: remove what lets everybody in from its bucket policy or ACL, for example with aws s3api delete-bucket-policy",
    )


def _refused(answer: Answer, advice: str) -> Verdict:
    expected = "HTTP 403"
    if answer.status in (401, 403):
        return passed("HTTP %d" % answer.status, expected)
    return failed(expected, "HTTP %d" % answer.status if answer.status == 200 else says(answer), advice)


@check_by_writing("s3.object.special_name", "percent, space, plus and any script in an object's name survive the proxy", needs=["s3.presigned.get"])
def special_name(store: Store) -> Verdict:
    key = store.key(SPECIAL_NAME)
    advice = "the proxy re-encodes paths: proxy_pass for the object-store name must have no URI part, and no rewrite"
    for answer in (store.put(key, store.content), store.get(key)):
        if answer.status != 200:
            return failed("HTTP 200", says(answer), advice)
    listed = [item["Key"] for item in store.s3.list_objects_v2(Bucket=store.bucket, Prefix=store.prefix).get("Contents", [])]
    if key not in listed:
        return failed(key, listed, advice)
    return passed(SPECIAL_NAME)


@check_by_writing("s3.multipart", "a large upload in parts works", needs=["s3.presigned.put"])
def multipart(store: Store) -> Verdict:
    from botocore.exceptions import ClientError

    key = store.key("multipart")
    expected = "one object of two parts"
    store.wrote = True
    try:
        upload = store.s3.create_multipart_upload(Bucket=store.bucket, Key=key)["UploadId"]
        parts = []
        for number, body in enumerate((bytes(PART), store.content), start=1):
            answer = store.endpoint.request("PUT", store.signed("upload_part", key, UploadId=upload, PartNumber=number), None, body)
            if answer.status != 200:
                return failed(expected, "part %d of %d bytes: %s" % (number, len(body), says(answer)), _proxy_advice(answer))
            parts.append({"PartNumber": number, "ETag": answer.header("ETag")})
        store.s3.complete_multipart_upload(Bucket=store.bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts})
        size = store.s3.head_object(Bucket=store.bucket, Key=key)["ContentLength"]
    except ClientError as error:
        return failed(expected, _s3.reason(error), _s3.advice(error))
    return equal(PART + len(store.content), size, "the store lost a part: see its log")


@check_by_writing("s3.checksum.supported", "the store takes the checksums that current SDKs add", needs=["s3.presigned.put"])
def checksum_supported(store: Store) -> Verdict:
    # W&B's server and clients send none. Over https the SDKs send them behind the body (trailers), over http before it.
    from botocore.exceptions import ClientError

    s3 = store.client(store.keys, checksums="when_supported")
    key = {"Bucket": store.bucket, "Key": store.key("multipart")}  # whose unfinished uploads the next run removes
    expected = "accepted"
    modes = store.facts["checksums"] = {"when_required": "accepted", "when_supported": "refused"}
    store.wrote = True
    try:
        s3.put_object(Body=store.content, **key)
        kept = s3.head_object(ChecksumMode="ENABLED", **key)
        read = s3.get_object(**key)["Body"].read()
        upload = {**key, "UploadId": s3.create_multipart_upload(ChecksumAlgorithm="CRC32", **key)["UploadId"]}
        part = s3.upload_part(PartNumber=1, Body=store.content, **upload)
        parts = [{"PartNumber": 1, "ETag": part["ETag"], **({"ChecksumCRC32": part["ChecksumCRC32"]} if "ChecksumCRC32" in part else {})}]
        s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **upload)
        joined = s3.get_object(**key)["Body"].read()
    except ClientError as error:
        advice = "programs other than W&B with a current SDK need request_checksum_calculation=when_required (AWS_REQUEST_CHECKSUM_CALCULATION)"
        if store.endpoint.secure and _s3.status(error) == 403 and _s3.code(error) in ("403", ""):  # no error of S3's
            return passed(
                "refused by the proxy, as it should before a MinIO that is no longer maintained (CVE-2026-40344); " + advice,
                "accepted, or refused by the proxy",
            )
        return warned(expected, _s3.reason(error), advice)
    modes["when_supported"] = "accepted"
    store.facts["checksums_kept"] = any(name.startswith("Checksum") and name != "ChecksumType" for name in kept)
    if read != store.content or joined != store.content:
        return failed("the bytes that were written", "other bytes", "the store keeps what frames a checksum as part of the object: W&B must not use it")
    return passed(expected if store.facts["checksums_kept"] else "accepted, and not kept", expected)


@check_by_writing("s3.checksum.refused", "an upload that was changed on the way is refused", needs=["s3.presigned.put"])
def checksum_refused(store: Store) -> Verdict:
    # As W&B's client uploads an artifact: by a presigned URL, with the sum of what it means to send.
    another = base64.b64encode(hashlib.md5(store.content + b"another", usedforsecurity=False).digest()).decode()
    answer = store.put(store.key("changed"), store.content, {"Content-MD5": another})
    if 400 <= answer.status < 500:
        return passed("HTTP %d" % answer.status, "HTTP 400")
    return warned(
        "HTTP 400",
        says(answer),
        "the header Content-MD5 is not looked at, so what was damaged on the way is kept: let the proxy pass all request headers on, else it is the store",
    )


@check_by_writing("s3.large_object", "a large object goes up and comes down whole", needs=["s3.presigned.get"])
def large_object(store: Store) -> Verdict:
    size = store.large_object_mb * MIB
    expected = "%d MiB up and down" % store.large_object_mb
    block = secrets.token_bytes(MIB - 8)
    key = store.key("large")

    def piece(number: int) -> bytes:
        return number.to_bytes(8, "big") + block

    store.wrote = True
    begun = time.monotonic()
    answer = store.endpoint.request("PUT", store.signed("put_object", key), {"Content-Length": str(size)}, map(piece, range(store.large_object_mb)))
    up = time.monotonic() - begun
    if answer.status != 200:
        return failed(expected, "%d MiB: %s" % (store.large_object_mb, says(answer)), _proxy_advice(answer))
    numbers = iter(range(store.large_object_mb))
    wrong: list[int] = []

    def compare(found: bytes) -> None:
        number = next(numbers, -1)
        if found != piece(max(number, 0)) or number < 0:
            wrong.append(number)

    begun = time.monotonic()
    answer = store.endpoint.request("GET", store.signed("get_object", key), into=compare)
    down = time.monotonic() - begun
    store.s3.delete_object(Bucket=store.bucket, Key=key)
    if answer.status != 200:
        return failed(expected, says(answer), _proxy_advice(answer))
    missing = len(list(numbers))
    if wrong or missing:
        found = "%d of %d MiB came back other than they were, and %d did not" % (len(wrong), store.large_object_mb, missing)
        return failed(expected, found, "the proxy changes or cuts large bodies: look at its error log and at the disk of its temporary files")
    speed = {way: round(store.large_object_mb / max(seconds, 0.001)) for way, seconds in (("up", up), ("down", down))}
    store.facts["large_object"] = {"mb": store.large_object_mb, "up_mb_per_second": speed["up"], "down_mb_per_second": speed["down"]}
    return passed("%d MiB up at %d MiB/s and down at %d MiB/s" % (store.large_object_mb, speed["up"], speed["down"]), expected)


def _cors_advice(complaint: str) -> str:
    if "browsers accept one" in complaint:
        return "add no CORS header in nginx: the store sends its own"
    return _CORS_ADVICE


_CORS_ADVICE = "allow the origin in wandb_url with GET, PUT, HEAD and any header: the role bucket does so; on a store of others ask for that CORS rule"


def _preflight(method: str) -> None:
    @check("s3.cors.preflight.%s" % method.lower(), "a page of W&B may %s objects" % method, needs=["s3.bucket.exists"])
    def ask(store: Store) -> Verdict:
        answer = _s3.preflight(store.endpoint, store.path(store.key("any")), store.origin, method, BROWSER_HEADERS)
        complaint = _s3.allows(answer, store.origin, method, BROWSER_HEADERS)
        expected = "%s allowed from %s" % (method, store.origin)
        return failed(expected, complaint, _cors_advice(complaint)) if complaint else passed(expected)


for _method in ("GET", "PUT", "HEAD"):
    _preflight(_method)


@check_by_writing("s3.cors.response", "a page of W&B may read the answers", needs=["s3.presigned.get"])
def cors_response(store: Store) -> Verdict:
    # A browser judges the real answer as well, and a proxy that adds a header of its own breaks it by the second one.
    key = store.probe
    headers = {"Origin": store.origin}
    expected = "one Access-Control-Allow-Origin for %s" % store.origin
    for method, answer in (
        ("PUT", store.put(key, store.content, headers)),
        ("GET", store.get(key, headers)),
        ("HEAD", store.endpoint.request("HEAD", store.signed("head_object", key), headers)),
    ):
        complaint = _s3.allows_origin(answer, store.origin)
        if complaint:
            return failed(expected, "%s: %s" % (method, complaint), _cors_advice(complaint))
    return passed(expected)


@check_by_writing("s3.cors.expose_etag", "a page of W&B sees the ETag", needs=["s3.cors.response"])
def cors_expose_etag(store: Store) -> Verdict:
    answer = store.get(store.probe, {"Origin": store.origin})
    found = answer.header("Access-Control-Expose-Headers")
    if {"etag", "*"} & {item.strip().lower() for item in found.split(",")}:
        return passed("ETag exposed")
    return warned("Access-Control-Expose-Headers: ETag", found or "none", "expose ETag in the CORS rule: browsers need it for uploads in parts")


@check("s3.cors.foreign", "a page of another site may not", needs=["s3.bucket.exists"])
def cors_foreign(store: Store) -> Verdict:
    answer = _s3.preflight(store.endpoint, store.path(store.key("any")), store.foreign_origin, "GET", BROWSER_HEADERS)
    if _s3.allows_origin(answer, store.foreign_origin):
        return passed("%s not allowed" % store.foreign_origin)
    return warned(
        "%s not allowed" % store.foreign_origin,
        "Access-Control-Allow-Origin: %s" % answer.header("Access-Control-Allow-Origin"),
        "any web page may use a presigned URL that it gets hold of: name the origin of wandb_url alone instead of *",
    )


@check_by_writing("s3.presigned.expired", "an expired presigned URL opens nothing", needs=["s3.presigned.get"])
def presigned_expired(store: Store) -> Verdict:
    target, made = store.expiring
    answer = store.endpoint.request("GET", target)
    # The store's clock decides; one that is behind by up to SKEW_WARNED is no fault of the signature.
    while answer.status == 200 and time.monotonic() - made < 3:
        time.sleep(0.3)
        answer = store.endpoint.request("GET", target)
    if answer.status == 200 and parsedate_to_datetime(answer.header("Date")).timestamp() < time.time() - 1:
        return warned("HTTP 403", "HTTP 200", "the store's clock is behind, so URLs live longer than W&B means them to: see s3.clock")
    return _refused(answer, "the store does not honour the expiry of presigned URLs: W&B must not use it")


@check_by_writing("s3.object.removed", "the probe objects are gone", needs=["s3.object.put_get_delete"])
def removed(store: Store) -> Verdict:
    versions: t.Any = store.remove_probes()
    if store.versions_hidden and store.facts.get("versioning") == "enabled":
        versions = "unknown"
    store.facts["versions_left"] = versions
    left = [item["Key"] for item in store.pages("list_objects_v2", store.prefix, "Contents")]
    if versions and not left:
        return warned(
            "nothing under %s" % store.prefix,
            "%s versions that the key may not remove" % versions,
            "let the key's policy allow s3:ListBucketVersions on the bucket and s3:DeleteObjectVersion on baremetal-wandb-probe/*, as the role bucket "
            "does on MinIO, or let a lifecycle rule of the bucket expire old versions there",
        )
    return equal([], left, "let the key's policy allow s3:DeleteObject, then delete what is under %s" % store.prefix)
