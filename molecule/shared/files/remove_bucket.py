# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Removes the bucket BUCKET of the store URL, as its owner could, with the keys that boto3 finds in the environment."""

from __future__ import annotations

import os

import boto3

s3 = boto3.client("s3", endpoint_url=os.environ["URL"], region_name="us-east-1", verify=os.environ["CA"])
for item in s3.list_objects_v2(Bucket=os.environ["BUCKET"]).get("Contents", []):
    s3.delete_object(Bucket=os.environ["BUCKET"], Key=item["Key"])
s3.delete_bucket(Bucket=os.environ["BUCKET"])
