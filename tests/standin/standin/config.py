"""The container's contract: what the environment says, as plain data."""

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

# The characters that Go's URL parser takes between "//" and "@"; anything else has to be percent-encoded.
USERINFO = re.compile(r"([A-Za-z0-9._:~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")


class ConfigError(Exception):
    """The environment asks for something that can never work. The message names the variable, never its value."""


@dataclass(frozen=True)
class MySQL:
    host: str
    port: int
    database: str
    user: str = field(repr=False)
    password: str = field(repr=False)
    tls: str  # preferred | true | skip-verify | false


@dataclass(frozen=True)
class ObjectStore:
    endpoint: str  # http[s]://host[:port]
    bucket: str
    region: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)


@dataclass(frozen=True)
class Config:
    host: str  # the public URL, no trailing slash
    mysql: MySQL
    object_store: ObjectStore
    admin_api_key: str = field(repr=False)  # "" when the admin key is not switched on
    cors_origins: tuple
    access_log: bool
    migration_seconds: float  # test knob: how long the last pending migration takes
    next_release: bool = False  # test knob: has the migrations of a later release


def _split(name: str, value: str, scheme: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        if parts.port == 0:
            raise ValueError("port 0")
    except ValueError:
        raise ConfigError(f"{name}: invalid host or port") from None
    if parts.scheme != scheme:
        raise ConfigError(f"{name}: want {scheme}://USER:PASSWORD@HOST/NAME, found another scheme or none")
    userinfo, at, dummy = parts.netloc.rpartition("@")
    if not at or not USERINFO.fullmatch(userinfo) or userinfo.count(":") != 1:
        raise ConfigError(f"{name}: net/url: invalid userinfo")
    if not parts.hostname:
        raise ConfigError(f"{name}: no host")
    if not parts.path.strip("/") or parts.fragment:
        raise ConfigError(f"{name}: no name after the host")
    return parts


def parse_mysql(value: str) -> MySQL:
    """mysql://USER:PASSWORD@HOST[:PORT]/DATABASE[?tls=preferred|true|skip-verify|false]"""
    parts = _split("MYSQL", value, "mysql")
    tls = parse_qs(parts.query).get("tls", ["preferred"])[-1]
    if tls not in ("preferred", "true", "skip-verify", "false"):
        raise ConfigError(f"MYSQL: invalid value / unknown config name: {tls}")
    return MySQL(
        host=parts.hostname,
        port=parts.port or 3306,
        database=unquote(parts.path[1:]),
        user=unquote(parts.username),
        password=unquote(parts.password),
        tls=tls,
    )


def parse_bucket(value: str, default_region: str = "") -> ObjectStore:
    """s3://KEY:SECRET@HOST[:PORT]/BUCKET[?tls=true][&region=REGION]; path style, since the host is named."""
    parts = _split("BUCKET", value, "s3")
    query = parse_qs(parts.query)
    bucket = unquote(parts.path[1:])
    if "/" in bucket:
        raise ConfigError("BUCKET: one bucket name is expected after the host")
    scheme = "https" if query.get("tls") == ["true"] else "http"
    return ObjectStore(
        endpoint=f"{scheme}://{parts.netloc.rpartition('@')[2]}",
        bucket=bucket,
        region=query.get("region", [default_region or "us-east-1"])[-1],
        access_key=unquote(parts.username),
        secret_key=unquote(parts.password),
    )


def from_environment(environment: dict) -> Config:
    """Raises ConfigError. LICENSE is only looked at for being there: the double can judge no licence. REDIS is ignored."""
    for name in ("LICENSE", "MYSQL", "BUCKET"):
        if not environment.get(name):
            raise ConfigError(f"{name} is not set")
    queue = environment.get("BUCKET_QUEUE") or "internal://"
    if queue != "internal://":
        raise ConfigError("BUCKET_QUEUE: only internal:// works with an S3-compatible store")
    host = (environment.get("HOST") or "http://localhost:8080").rstrip("/")
    if urlsplit(host).scheme not in ("http", "https") or not urlsplit(host).netloc or urlsplit(host).path:
        raise ConfigError("HOST: want the public URL, such as https://wandb.example.com")
    admin = environment.get("GORILLA_INSECURE_ALLOW_API_KEY_ADMIN_ACCESS") == "true"
    return Config(
        host=host,
        mysql=parse_mysql(environment["MYSQL"]),
        object_store=parse_bucket(environment["BUCKET"], environment.get("AWS_REGION", "")),
        admin_api_key=environment.get("GLOBAL_ADMIN_API_KEY", "") if admin else "",
        cors_origins=(host, *filter(None, environment.get("GORILLA_CORS_ORIGINS", "").split(","))),
        access_log=environment.get("LOGGING_ENABLED") == "true",
        migration_seconds=float(environment.get("STANDIN_MIGRATION_SECONDS") or 0),
        next_release=environment.get("STANDIN_NEXT") == "1",
    )
