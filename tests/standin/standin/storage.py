"""The object store: presigned URLs (AWS Signature Version 4, path style) and the few requests the server makes itself."""

import datetime
import hashlib
import hmac
import re
import socket
import ssl
import urllib.error
import urllib.request
from urllib.parse import quote, urlsplit

from standin.config import ObjectStore

GET_SECONDS = 3600
PUT_SECONDS = 24 * 3600
SETTINGS_KEY = "wandb-local/settings.json"


class StorageError(Exception):
    """What went wrong, in the server's words; `code` is S3's error code or "" when there was no answer."""

    def __init__(self, message: str, code: str = ""):
        super().__init__(message)
        self.code = code


class Bucket:
    def __init__(self, store: ObjectStore):
        self.store = store
        self.name = store.bucket

    def url(self, key: str) -> str:
        """The key byte for byte: a percent sign in it becomes %25 in the path, never an escape of its own."""
        return f"{self.store.endpoint}/{self.store.bucket}/{quote(key, safe='/~')}"

    def presign(self, method: str, key: str, seconds: int, now: datetime.datetime | None = None) -> str:
        """A URL that lets its bearer do `method` on `key` for `seconds`."""
        now = now or datetime.datetime.now(datetime.timezone.utc)
        stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
        scope = f"{day}/{self.store.region}/s3/aws4_request"
        url = urlsplit(self.url(key))
        query = "&".join(
            f"{name}={quote(value, safe='~')}"
            for name, value in (
                ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
                ("X-Amz-Credential", f"{self.store.access_key}/{scope}"),
                ("X-Amz-Date", stamp),
                ("X-Amz-Expires", str(seconds)),
                ("X-Amz-SignedHeaders", "host"),
            )
        )
        request = "\n".join((method, url.path, query, f"host:{url.netloc}", "", "host", "UNSIGNED-PAYLOAD"))
        to_sign = "\n".join(("AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(request.encode()).hexdigest()))
        signing_key = f"AWS4{self.store.secret_key}".encode()
        for part in (day, self.store.region, "s3", "aws4_request"):
            signing_key = hmac.digest(signing_key, part.encode(), "sha256")
        signature = hmac.digest(signing_key, to_sign.encode(), "sha256").hex()
        return f"{url.geturl()}?{query}&X-Amz-Signature={signature}"

    def get_url(self, key: str) -> str:
        return self.presign("GET", key, GET_SECONDS)

    def put_url(self, key: str) -> str:
        return self.presign("PUT", key, PUT_SECONDS)

    def get(self, key: str) -> bytes:
        return self._request("GET", key)[0]

    def head(self, key: str) -> dict | None:
        """{"size": bytes, "md5": hex} of an object, None when there is none."""
        try:
            dummy, headers = self._request("HEAD", key)
        except StorageError as error:
            if error.code == "404":
                return None
            raise
        return {"size": int(headers["Content-Length"]), "md5": headers.get("ETag", "").strip('"')}

    def load_settings(self) -> None:
        """What the real server does first: its settings live in the bucket. Proves that the bucket is there and that
        the keys read and write."""
        try:
            self.get(SETTINGS_KEY)
        except StorageError as error:
            if error.code != "NoSuchKey":
                raise
        self._request("PUT", SETTINGS_KEY, b'{"version": 1}')

    def _request(self, method: str, key: str, body: bytes | None = None) -> tuple:
        url = self.presign(method, key, 60)
        where = f'{method.capitalize()} "{url.partition("?")[0]}"'
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body, method=method), timeout=30) as answer:
                return answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            found = dict(re.findall(r"<(Code|Message)>([^<]*)</", text))
            code = found.get("Code", str(error.code))
            raise StorageError(f"{code}: {found.get('Message', error.reason)}", code) from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise StorageError(f"{where}: {network_message(reason, urlsplit(url).netloc)}") from None


def network_message(error: object, address: str) -> str:
    """A network error in the words of a Go server, which people search their logs for."""
    if isinstance(error, ssl.SSLCertVerificationError):
        if "hostname mismatch" in error.verify_message.lower():
            return f"x509: certificate is not valid for the name asked for ({error.verify_message})"
        if "expired" in error.verify_message:
            return "x509: certificate has expired or is not yet valid"
        return f"x509: certificate signed by unknown authority ({error.verify_message})"
    if isinstance(error, socket.gaierror):
        return f"dial tcp: lookup {address.rpartition(':')[0] or address}: no such host"
    if isinstance(error, ConnectionRefusedError):
        return f"dial tcp {address}: connect: connection refused"
    if isinstance(error, TimeoutError):
        return f"dial tcp {address}: i/o timeout"
    return f"dial tcp {address}: {error}"
