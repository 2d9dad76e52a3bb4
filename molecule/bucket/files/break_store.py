# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changes a MinIO by hand, as its administrator could. One argument says what; the environment says where, and with which keys."""

from __future__ import annotations

import json
import os
import sys
from urllib.parse import urlsplit

import boto3
from minio import MinioAdmin
from minio.credentials import StaticProvider

URL, BUCKET, USER = os.environ["STORE_URL"], os.environ["STORE_BUCKET"], os.environ["STORE_USER"]
ROOT, SECRET = os.environ["STORE_ROOT"], os.environ["STORE_ROOT_SECRET"]

admin = MinioAdmin(endpoint=urlsplit(URL).netloc, credentials=StaticProvider(ROOT, SECRET), secure=False)
s3 = boto3.client("s3", endpoint_url=URL, aws_access_key_id=ROOT, aws_secret_access_key=SECRET, region_name="us-east-1")


def allow(*actions: str, resource: str = BUCKET, but: tuple[str, ...] = ()) -> None:
    """Rewrites the policy of W&B's user."""
    resources = ["arn:aws:s3:::%s" % resource, "arn:aws:s3:::%s/*" % resource]
    statements = [{"Effect": "Allow", "Action": list(actions), "Resource": resources}]
    if but:
        statements.append({"Effect": "Deny", "Action": list(but), "Resource": resources})
    admin.policy_add(USER, policy={"Version": "2012-10-17", "Statement": statements})


def remove_bucket() -> None:
    while found := s3.list_objects_v2(Bucket=BUCKET).get("Contents"):
        s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": item["Key"]} for item in found]})
    s3.delete_bucket(Bucket=BUCKET)


def disable_user() -> None:
    admin.user_disable(USER)


def remove_user() -> None:
    admin.user_remove(USER)


def other_secret() -> None:
    admin.user_add(USER, "somebody-elses-secret")


def more_policies() -> None:
    admin.attach_policy(["consoleAdmin"], user=USER)


def wider_policy() -> None:
    allow("s3:*", resource="*")


def no_writes() -> None:
    allow("s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions")


def versions_for_ever() -> None:
    """A bucket with versions, which the user may see and not remove."""
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    reads = ("s3:GetBucketLocation", "s3:GetBucketVersioning", "s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions")
    allow(*reads, "s3:GetObject", "s3:PutObject", "s3:DeleteObject", but=("s3:DeleteObjectVersion",))


def foreign_cors() -> None:
    admin.config_set("api", {"cors_allow_origin": "https://somebody.example.com"})


def any_cors() -> None:
    admin.config_set("api", {"cors_allow_origin": "*"})


def public_bucket() -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::%s" % BUCKET]}
    objects = {**statement, "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::%s/*" % BUCKET]}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement, objects]}))


def private_bucket() -> None:
    s3.delete_bucket_policy(Bucket=BUCKET)


def leave_probes() -> None:
    """What a run of s3_check that was broken off leaves behind."""
    prefix = "baremetal-wandb-probe/%s/" % os.uname().nodename
    s3.put_object(Bucket=BUCKET, Key=prefix + "presigned", Body=b"old")
    s3.create_multipart_upload(Bucket=BUCKET, Key=prefix + "multipart")


def no_probes() -> None:
    """Fails when a probe is still there, or a version of one."""
    prefix = "baremetal-wandb-probe/"
    listed = s3.list_object_versions(Bucket=BUCKET, Prefix=prefix)
    left = listed.get("Versions", []) + listed.get("DeleteMarkers", [])
    left += s3.list_multipart_uploads(Bucket=BUCKET, Prefix=prefix + os.uname().nodename + "/multipart").get("Uploads", [])
    if left:
        sys.exit("left behind: %s" % [item["Key"] for item in left])


globals()[sys.argv[1]]()
