# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A client that uploads by presigned URLs of W&B's old key until it is told to stop, as one does that got them before the key was changed.

Takes the file of the result: how many uploads were taken, and why others were not. The environment says where, and with which key.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config

result = Path(sys.argv[1])
stopped: list[int] = []
signal.signal(signal.SIGTERM, lambda number, frame: stopped.append(number))
s3 = boto3.client(
    "s3",
    endpoint_url=os.environ["STORE_URL"],
    aws_access_key_id=os.environ["STORE_USER"],
    aws_secret_access_key=Path(os.environ["STORE_SECRET_FILE"]).read_text(encoding="utf-8"),
    region_name="us-east-1",
    config=Config(signature_version="s3v4"),  # as W&B signs
)
url = s3.generate_presigned_url("put_object", {"Bucket": os.environ["STORE_BUCKET"], "Key": "uploads"}, ExpiresIn=3600)
taken, refused = 0, []
while not stopped:
    try:
        urllib.request.urlopen(urllib.request.Request(url, b"an upload", method="PUT"), timeout=30).close()
        taken += 1
    except OSError as error:
        refused.append(str(error))
    result.write_text(json.dumps({"taken": taken, "refused": refused[:10]}), encoding="utf-8")
    time.sleep(0.1)
