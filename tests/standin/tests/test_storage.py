import datetime
import socket
from unittest import mock
from urllib.parse import parse_qs, unquote, urlsplit

import botocore.auth
import botocore.session
import pytest
from botocore.config import Config
from standin.config import ObjectStore
from standin.storage import Bucket, StorageError

NOW = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
KEYS = [
    "plain.txt",
    "entity/project/run/test with_special-characters.txt",
    "media/html/HT%3ML _11_0abc.html",
    "a+b&c=d?e#f~g.h_i-j/ü/100%",
]


def store(endpoint="https://s3.example.com:9000"):
    return ObjectStore(endpoint, "local-files", "eu-west-1", "key/+id", "se+cr/et=")


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize("endpoint", ["https://s3.example.com", "http://127.0.0.1:9000"])
def test_presigned_like_botocore(key, method, endpoint):
    client = botocore.session.get_session().create_client(
        "s3",
        "eu-west-1",
        endpoint_url=endpoint,
        aws_access_key_id="key/+id",
        aws_secret_access_key="se+cr/et=",
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, request_checksum_calculation="when_required"),
    )
    with mock.patch.object(botocore.auth, "get_current_datetime", return_value=NOW.replace(tzinfo=None)):
        expected = client.generate_presigned_url(
            f"{method.lower()}_object", {"Bucket": "local-files", "Key": key}, ExpiresIn=600
        )
    found = Bucket(store(endpoint)).presign(method, key, 600, NOW)
    assert urlsplit(found)[:3] == urlsplit(expected)[:3]
    assert parse_qs(urlsplit(found).query) == parse_qs(urlsplit(expected).query)


def test_the_key_survives_the_url():
    for key in KEYS:
        path = urlsplit(Bucket(store()).get_url(key)).path
        assert unquote(path) == f"/local-files/{key}"
    assert "HT%253ML%20" in Bucket(store()).url(KEYS[2])


@pytest.fixture
def bucket(s3):
    return Bucket(store(f"http://127.0.0.1:{s3.server_port}"))


SETTINGS = "wandb-local/settings.json"


def error(code):
    return f"<Error><Code>{code}</Code><Message>about {code}</Message></Error>".encode()


def test_settings_are_read_and_written(s3, bucket):
    bucket.load_settings()
    assert s3.seen == [("GET", SETTINGS), ("PUT", SETTINGS)]


def test_a_new_bucket_gets_its_settings(s3, bucket):
    s3.script["GET", SETTINGS] = (404, error("NoSuchKey"))
    bucket.load_settings()
    assert ("PUT", SETTINGS) in s3.seen


@pytest.mark.parametrize("status, code", [(404, "NoSuchBucket"), (403, "SignatureDoesNotMatch"), (403, "InvalidAccessKeyId")])
def test_what_the_store_refuses(s3, bucket, status, code):
    s3.script["GET", SETTINGS] = (status, error(code))
    with pytest.raises(StorageError, match=f"{code}: about {code}") as caught:
        bucket.load_settings()
    assert caught.value.code == code


def test_a_key_that_may_only_read_is_refused(s3, bucket):
    s3.script["PUT", SETTINGS] = (403, error("AccessDenied"))
    with pytest.raises(StorageError, match="AccessDenied"):
        bucket.load_settings()


def test_head(s3, bucket):
    s3.script["HEAD", "gone"] = (404, b"")
    s3.script["HEAD", "there"] = (200, b"12345")
    s3.script["HEAD", "refused"] = (403, b"")
    assert bucket.head("gone") is None
    assert bucket.head("there") == {"size": 5, "md5": "d41d8cd98f00b204e9800998ecf8427e"}
    with pytest.raises(StorageError, match="403"):
        bucket.head("refused")


def test_nobody_listens():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(StorageError) as caught:
            Bucket(store(f"http://{address}")).load_settings()
    assert str(caught.value) == f'Get "http://{address}/local-files/{SETTINGS}": dial tcp {address}: connect: connection refused'
    assert caught.value.code == "" and "Signature" not in str(caught.value)
