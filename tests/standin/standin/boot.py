"""What happens in the container between its start and the first answer of /ready."""

import datetime
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from standin import config, database, server, storage

CONTAINER_ENVIRONMENT = Path("/etc/container_environment")
CUSTOM_CERTIFICATES = Path("/usr/local/share/ca-certificates")
VOLUME = Path("/vol")
RETRY_SECONDS = 5


def log(message: str) -> None:
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    print(now, message, flush=True)


class App:
    """The server's state: what the requests work with."""

    def __init__(self, session_key: bytes):
        self.session_key = session_key
        self.ready = False
        self.log = log

    def bring_up(self, environment: dict) -> None:
        """Ends when the server is ready. Stores that are missing or refuse are tried again for ever; an environment
        that can never work is said once. Either way the process lives on and /healthz answers."""
        try:
            self.config = config.from_environment(environment)
        except config.ConfigError as error:
            log(f"fatal: {error}")
            return
        self.bucket = storage.Bucket(self.config.object_store)
        self.database = database.Database(self.config.mysql)
        while not self.ready:
            try:
                self.bucket.load_settings()
                version = self.database.open()
                log(f"connected to MySQL {version}")
                self.database.migrate(self.config.migration_seconds, log, self.config.next_release)
                self.ready = environment.get("STANDIN_FAULT") != "unready"
                if not self.ready:
                    log("fatal: this release is never ready")
            except storage.StorageError as error:
                log(f"!!! Error while downloading settings from external bucket {self.bucket.name}: {error}")
                if error.code.isalpha():
                    log(f"panic: {error.code}")
            except database.DatabaseError as error:
                log(f"fatal: {error}")
            if not self.ready:
                time.sleep(RETRY_SECONDS)
        log(f"ready, serving {self.config.host}")


def write_container_environment() -> None:
    """The real image's init does this first and dies on a read-only root file system, so this one does too."""
    try:
        (CONTAINER_ENVIRONMENT / "HOST").write_text(os.environ.get("HOST", ""))
    except OSError as error:
        sys.exit(f"*** Init system aborted: {error.strerror}: {error.filename}")


def trust_custom_certificates() -> None:
    if not any(CUSTOM_CERTIFICATES.glob("*.crt")):
        return
    log("Found custom SSL certificates, updating root trust")
    done = subprocess.run(["update-ca-certificates"], capture_output=True, text=True, check=False)
    log(f"update-ca-certificates: {' '.join((done.stdout if done.returncode == 0 else done.stderr).split())}")


def read_session_key() -> bytes:
    """Kept in the volume, so that sessions outlive the container when the volume does."""
    path = VOLUME / "env" / "session_key"
    try:
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            path.touch(mode=0o640)
            path.write_bytes(secrets.token_bytes(32))
        return path.read_bytes()
    except OSError as error:
        sys.exit(f"cannot use {error.filename}: {error.strerror}; /vol must be writable by group 0")


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    log("test double of wandb/local: not W&B, for tests only")
    if os.environ.get("STANDIN_FAULT") == "exit":
        sys.exit("panic: this release ends at once")
    write_container_environment()
    app = App(read_session_key())

    def bring_up():
        trust_custom_certificates()
        app.bring_up(dict(os.environ))

    threading.Thread(target=bring_up, daemon=True).start()
    server.Server(app).serve_forever()
