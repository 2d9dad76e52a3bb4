# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes an object of several parts' worth of bytes through the node NODE (`put`), or reads it (`get`), and says its SHA-256. USER and SECRET are root's."""

from __future__ import annotations

import hashlib
import io
import os
import sys

import minio

verb, node = sys.argv[1:]
client = minio.Minio(endpoint=node, access_key=os.environ["USER"], secret_key=os.environ["SECRET"], secure=False)
if verb == "put":
    if not client.bucket_exists(bucket_name="large"):
        client.make_bucket(bucket_name="large")
    client.put_object(bucket_name="large", object_name="object", data=io.BytesIO(os.urandom(4_000_000)), length=4_000_000)
answer = client.get_object(bucket_name="large", object_name="object")
print(hashlib.sha256(answer.read()).hexdigest())
