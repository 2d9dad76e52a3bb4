# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Buckets of an S3 store: read, plan, apply. PRIVATE to the collection.

A bucket's state is plain data: None when it does not exist, else a dictionary with C(cors) (a list of rules in boto3's
words, sorted), C(versioning), C(abort_incomplete_multipart_days) (0 without the rule) and C(policy) (empty without one); only what is
wanted is read.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.baremetal.wandb.plugins.module_utils import _s3
from ansible_collections.baremetal.wandb.plugins.module_utils._endpoint_http import Endpoint

# The lifecycle rule that is ours; rules with other ids stay as they are.
RULE_ID = "baremetal-wandb-abort-incomplete-multipart"

FOREIGN_ORIGIN = "https://foreign.invalid"

_CORS_FIELDS = {
    "allowed_origins": "AllowedOrigins",
    "allowed_methods": "AllowedMethods",
    "allowed_headers": "AllowedHeaders",
    "expose_headers": "ExposeHeaders",
    "max_age_seconds": "MaxAgeSeconds",
}


class BucketError(Exception):
    """Something that only a person can put right, as one sentence."""


def wanted(bucket: dict[str, t.Any]) -> dict[str, t.Any]:
    """The state that a module's bucket option asks for; what it leaves out is not managed and not in the state."""
    state: dict[str, t.Any] = {}
    if bucket["cors"] is not None:
        rules = [dict(rule, allowed_origins=_s3.cleaned_origins(rule["allowed_origins"])) for rule in bucket["cors"]]
        state["cors"] = normalised([{_CORS_FIELDS[key]: value for key, value in rule.items()} for rule in rules])
    if bucket["versioning"] != "unmanaged":
        state["versioning"] = bucket["versioning"]
    if bucket["abort_incomplete_multipart_days"] is not None:
        state["abort_incomplete_multipart_days"] = bucket["abort_incomplete_multipart_days"]
    if bucket["policy"] is not None:
        state["policy"] = _s3.canonical(_s3.parsed_policy(bucket["policy"])) if bucket["policy"].strip() not in ("", "{}") else {}
    return state


def complaint(buckets: t.Sequence[dict[str, t.Any]]) -> str:
    """Why a module's bucket option cannot be right, as one sentence that names it, or ""."""
    for bucket in buckets:
        name = bucket["name"]
        wrong = _s3.wrong_bucket(name)
        if wrong:
            return "buckets: " + wrong
        if (bucket["abort_incomplete_multipart_days"] or 0) < 0:
            return "buckets: abort_incomplete_multipart_days of %s must be a number of days, or 0 for no such rule, for example 7" % name
        for option in ("cors", "policy"):
            try:
                wanted({"cors": None, "versioning": "unmanaged", "abort_incomplete_multipart_days": None, "policy": None, option: bucket[option]})
            except ValueError as error:
                return "buckets: %s of %s: %s" % ("allowed_origins" if option == "cors" else option, name, error)
    return ""


def normalised(rules: t.Sequence[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    """CORS rules without empty fields, ids and order, which stores add, drop and change."""
    clean = []
    for rule in rules:
        known = {key: sorted(value) if isinstance(value, list) else value for key, value in rule.items() if key in _CORS_FIELDS.values()}
        clean.append({key: value for key, value in known.items() if value})
    return sorted(clean, key=lambda rule: sorted(map(str, rule.items())))


def plan(have: dict[str, t.Any] | None, want: dict[str, t.Any]) -> list[str]:
    """What has to be done to a bucket, in order: C(create), then the names of the fields to set."""
    if have is None:
        return ["create"] + [field for field, value in want.items() if value not in ("suspended", [], {}, 0)]
    return [field for field, value in want.items() if have.get(field) != value]


def global_cors_serves(endpoint: Endpoint, bucket: str, rules: t.Sequence[dict[str, t.Any]]) -> bool:
    """Whether the store already answers browsers as the rules ask, and no foreign page, without a rule of the bucket."""
    target = "/%s/baremetal-wandb-probe" % bucket
    for rule in rules:
        for origin in rule.get("AllowedOrigins", []):
            for method in rule.get("AllowedMethods", []):
                if _s3.allows(_s3.preflight(endpoint, target, origin, method, "content-type"), origin, method, "content-type"):
                    return False
    origins = [origin for rule in rules for origin in rule.get("AllowedOrigins", [])]
    foreign = _s3.preflight(endpoint, target, FOREIGN_ORIGIN, "GET", "content-type")
    return "*" in origins or bool(_s3.allows_origin(foreign, FOREIGN_ORIGIN))


class Buckets:
    """The buckets behind one boto3 client. I(endpoint) is the same store for requests of a browser."""

    def __init__(self, s3: t.Any, endpoint: Endpoint, region: str, cors_fallback: str) -> None:
        self.s3 = s3
        self.endpoint = endpoint
        self.region = region
        self.cors_fallback = cors_fallback
        # How CORS is set, for each bucket that wants it: by a rule of the bucket, or by a setting of the whole store.
        self.cors: dict[str, str] = {}

    def _call(self, operation: str, bucket: str, absent: t.Sequence[str] = (), **parameters: t.Any) -> dict[str, t.Any] | None:
        """The answer of an S3 call; None for an error code that says I(absent)."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self.s3, operation)(Bucket=bucket, **parameters)
        except (ClientError, BotoCoreError) as error:
            if _s3.code(error) in absent:
                return None
            raise BucketError("bucket %s: %s" % (bucket, _s3.reason(error))) from error

    def read(self, bucket: str, want: dict[str, t.Any]) -> dict[str, t.Any] | None:
        if self._call("list_objects_v2", bucket, ["NoSuchBucket"], MaxKeys=1) is None:
            return None
        have: dict[str, t.Any] = {}
        if "cors" in want:
            found = self._call("get_bucket_cors", bucket, ["NoSuchCORSConfiguration", "NotImplemented", "AccessDenied"])
            have["cors"] = normalised((found or {}).get("CORSRules", []))
            self.cors[bucket] = "bucket" if have["cors"] else self.cors.get(bucket, "bucket")
            if not have["cors"] and self.cors_fallback == "global" and global_cors_serves(self.endpoint, bucket, want["cors"]):
                have["cors"] = want["cors"]
                self.cors[bucket] = "global"
        if "versioning" in want:
            found = self._call("get_bucket_versioning", bucket)
            have["versioning"] = (found or {}).get("Status", "suspended").lower()  # a bucket that never had versions keeps none either
        if "abort_incomplete_multipart_days" in want:
            ours = [rule for rule in self._lifecycle(bucket) if rule.get("ID") == RULE_ID]
            active = ours and ours[0].get("Status") == "Enabled"
            have["abort_incomplete_multipart_days"] = ours[0].get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation", 0) if active else 0
        if "policy" in want:
            found = self._call("get_bucket_policy", bucket, ["NoSuchBucketPolicy"])
            have["policy"] = _s3.canonical(json.loads(found["Policy"])) if found else {}
        return have

    def _lifecycle(self, bucket: str) -> list[dict[str, t.Any]]:
        found = self._call("get_bucket_lifecycle_configuration", bucket, ["NoSuchLifecycleConfiguration"])
        return (found or {}).get("Rules", [])

    def apply(self, bucket: str, step: str, want: dict[str, t.Any]) -> bool:
        """Does one step of the plan; false when the store cannot and the module was told that this is no failure."""
        if step == "create":
            where = {} if self.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
            self._call("create_bucket", bucket, ["BucketAlreadyOwnedByYou"], **where)
        elif step == "cors":
            return self._set_cors(bucket, want["cors"])
        elif step == "versioning":
            self._call("put_bucket_versioning", bucket, VersioningConfiguration={"Status": want["versioning"].capitalize()})
        elif step == "abort_incomplete_multipart_days":
            rules = [rule for rule in self._lifecycle(bucket) if rule.get("ID") != RULE_ID]
            if want["abort_incomplete_multipart_days"]:
                rules.append(
                    {
                        "ID": RULE_ID,
                        "Status": "Enabled",
                        "Filter": {"Prefix": ""},
                        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": want["abort_incomplete_multipart_days"]},
                    }
                )
            if rules:
                self._call("put_bucket_lifecycle_configuration", bucket, LifecycleConfiguration={"Rules": rules})
            else:
                self._call("delete_bucket_lifecycle", bucket)
        elif step == "policy":
            if want["policy"]:
                self._call("put_bucket_policy", bucket, Policy=json.dumps(want["policy"]))
            else:
                self._call("delete_bucket_policy", bucket)
        return True

    def _set_cors(self, bucket: str, rules: list[dict[str, t.Any]]) -> bool:
        if not rules:
            self._call("delete_bucket_cors", bucket)
            return True
        # MalformedXML is how old MinIO releases say that they do not have it; a key that may only use the bucket is denied.
        if self._call("put_bucket_cors", bucket, ["NotImplemented", "MalformedXML", "AccessDenied"], CORSConfiguration={"CORSRules": rules}) is not None:
            self.cors[bucket] = "bucket"
            return True
        if self.cors_fallback != "global":
            raise BucketError(
                "bucket %s: this store has no CORS for each bucket (community MinIO answers NotImplemented), or the key may not set it; set its global one, "
                "with minio_admin config.api.cors_allow_origin, or have its owner set it, and say so with cors_fallback: global" % bucket
            )
        self.cors[bucket] = "not_implemented"
        return False


def described(states: dict[str, t.Any]) -> dict[str, t.Any]:
    """States for a diff: a bucket that does not exist reads as absent."""
    return {name: "absent" if state is None else state for name, state in states.items()}
