import string
from urllib.parse import quote

import pytest
from standin.config import ConfigError, from_environment, parse_bucket, parse_mysql

EVERY_CHARACTER = string.punctuation + string.ascii_letters + string.digits + " "
GOOD = {
    "HOST": "https://wandb.example.com",
    "LICENSE": "lab",
    "MYSQL": "mysql://user:secret-m@db1/wandb_local",
    "BUCKET": "s3://key:secret-s@s3.example.com/local-files?tls=true",
}


def test_percent_encoded_secrets_come_back_whole():
    secret = quote(EVERY_CHARACTER, safe="")
    assert parse_mysql(f"mysql://u:{secret}@db1/d").password == EVERY_CHARACTER
    assert parse_bucket(f"s3://{secret}:{secret}@h/b").secret_key == EVERY_CHARACTER
    assert parse_bucket(f"s3://{secret}:{secret}@h/b").access_key == EVERY_CHARACTER


def test_plus_is_a_plus():
    assert parse_mysql("mysql://u:a+b@db1/d").password == "a+b"


@pytest.mark.parametrize("character", '@/:?#[]%" ^`{}|\\<>')
def test_a_raw_special_character_in_a_secret_is_refused(character):
    with pytest.raises(ConfigError, match="MYSQL"):
        parse_mysql(f"mysql://u:a{character}b@db1/d")
    with pytest.raises(ConfigError, match="BUCKET"):
        parse_bucket(f"s3://k:a{character}b@h/bucket")


def test_mysql_parts():
    mysql = parse_mysql("mysql://u:p@10.0.0.5:3307/wandb_local?tls=skip-verify")
    assert (mysql.host, mysql.port, mysql.database, mysql.tls) == ("10.0.0.5", 3307, "wandb_local", "skip-verify")
    assert parse_mysql("mysql://u:p@db1/d").port == 3306
    assert parse_mysql("mysql://u:p@db1/d").tls == "preferred"


@pytest.mark.parametrize(
    "value",
    ["postgres://u:p@h/d", "mysql://u:p@h", "mysql://u:p@/d", "mysql://u@h/d", "mysql://h/d", "mysql://u:p@h:x/d", "mysql://u:p@h/d?tls=maybe"],
)
def test_bad_mysql(value):
    with pytest.raises(ConfigError, match="MYSQL"):
        parse_mysql(value)


def test_bucket_parts():
    store = parse_bucket("s3://k:s@s3.example.com:9000/local-files?tls=true&region=eu-west-1", "us-east-1")
    assert (store.endpoint, store.bucket, store.region) == ("https://s3.example.com:9000", "local-files", "eu-west-1")
    assert parse_bucket("s3://k:s@h/b", "eu-west-1").region == "eu-west-1"
    assert parse_bucket("s3://k:s@h/b").region == "us-east-1"
    assert parse_bucket("s3://k:s@h/b").endpoint == "http://h"


@pytest.mark.parametrize("value", ["s3://local-files", "s3://k:s@h", "s3://k:s@h/", "s3://k:s@h/b/prefix", "https://k:s@h/b"])
def test_bad_bucket(value):
    with pytest.raises(ConfigError, match="BUCKET"):
        parse_bucket(value)


@pytest.mark.parametrize("name", ["LICENSE", "MYSQL", "BUCKET"])
@pytest.mark.parametrize("empty", [True, False])
def test_what_must_be_set(name, empty):
    environment = {**GOOD, name: ""} if empty else {k: v for k, v in GOOD.items() if k != name}
    with pytest.raises(ConfigError, match=f"{name} is not set"):
        from_environment(environment)


@pytest.mark.parametrize("host", ["wandb.example.com", "https://", "https://wandb.example.com/path", "ftp://h"])
def test_bad_host(host):
    with pytest.raises(ConfigError, match="HOST"):
        from_environment({**GOOD, "HOST": host})


def test_queue_outside_is_refused():
    with pytest.raises(ConfigError, match="BUCKET_QUEUE"):
        from_environment({**GOOD, "BUCKET_QUEUE": "sqs://queue"})


def test_the_admin_key_needs_its_switch():
    key = {"GLOBAL_ADMIN_API_KEY": "local-key"}
    switch = {"GORILLA_INSECURE_ALLOW_API_KEY_ADMIN_ACCESS": "true"}
    assert from_environment({**GOOD, **key}).admin_api_key == ""
    assert from_environment({**GOOD, **key, **switch}).admin_api_key == "local-key"


def test_no_secret_is_printed():
    text = repr(from_environment({**GOOD, "GLOBAL_ADMIN_API_KEY": "secret-a", "GORILLA_INSECURE_ALLOW_API_KEY_ADMIN_ACCESS": "true"}))
    assert "secret-" not in text and "wandb_local" in text
    for name in ("MYSQL", "BUCKET"):
        with pytest.raises(ConfigError) as error:
            from_environment({**GOOD, name: GOOD[name].replace("secret-", "secret-/")})
        assert "secret-" not in str(error.value)
