"""The MySQL database: connections, the version gate, migrations."""

import contextlib
import re
import ssl
import threading
import time
from pathlib import Path

import pymysql
from pymysql.cursors import DictCursor

from standin.config import MySQL
from standin.storage import network_message

MIGRATIONS = Path(__file__).parent / "migrations"
OLDEST = (8, 0, 28)
LOCK = "wandb_local_migrations"  # one container migrates, others wait
LOCK_SECONDS = 600


class DatabaseError(Exception):
    """The database cannot be used. The message is in the server's words and holds no secret."""


def check_version(version: str) -> None:
    """`version` as SELECT VERSION() gives it: 8.0.44, 9.7.4-2, 11.8.3-MariaDB-0+deb13u1."""
    if "mariadb" in version.lower():
        raise DatabaseError(f"unsupported database: MariaDB ({version}), MySQL 8.0.28 or newer is required")
    numbers = tuple(int(n) for n in re.findall(r"\d+", version)[:3])
    if numbers < OLDEST:
        raise DatabaseError(f"unsupported database: MySQL {version}, MySQL 8.0.28 or newer is required")


def describe(error: Exception, mysql: MySQL) -> str:
    """The driver's error in the words of a Go server."""
    code, text = (*error.args, "", "")[:2]
    if isinstance(code, int) and code in (2003, 2013, 2006):
        cause = getattr(error, "original_exception", None) or error
        return network_message(cause, f"{mysql.host}:{mysql.port}")
    return f"Error {code}: {text}"


class Database:
    def __init__(self, mysql: MySQL):
        self.mysql = mysql
        self._idle: list = []
        self._lock = threading.Lock()

    def connect(self) -> pymysql.Connection:
        try:
            return self._connect(self._tls())
        except pymysql.OperationalError as error:
            # "preferred" means: TLS where the server has it. To a server without it, PyMySQL 1.1 asks for TLS all the same
            # and is told 1043 "Bad handshake"; 1.2 says 2026 itself.
            if self.mysql.tls == "preferred" and error.args[0] in (1043, 2026):
                return self._connect(None)
            raise

    def _tls(self) -> ssl.SSLContext | None:
        if self.mysql.tls == "false":
            return None
        context = ssl.create_default_context()
        if self.mysql.tls != "true":
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _connect(self, tls: ssl.SSLContext | None) -> pymysql.Connection:
        return pymysql.connect(
            host=self.mysql.host,
            port=self.mysql.port,
            user=self.mysql.user,
            password=self.mysql.password,
            database=self.mysql.database,
            ssl=tls,
            ssl_disabled=tls is None,
            charset="utf8mb4",
            connect_timeout=10,
            cursorclass=DictCursor,
        )

    @contextlib.contextmanager
    def transaction(self):
        """A cursor whose work is committed at the end of the block, or rolled back by an exception."""
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            connection = self.connect()
        else:
            connection.ping(reconnect=True)
        try:
            with connection.cursor() as cursor:
                yield cursor
            connection.commit()
        except BaseException:
            connection.close()
            raise
        with self._lock:
            self._idle.append(connection)

    def open(self) -> str:
        """Checks that the database answers and is new enough; gives its version."""
        try:
            with self.transaction() as cursor:
                cursor.execute("SELECT VERSION() AS version")
                version = cursor.fetchone()["version"]
        except (pymysql.Error, OSError, RuntimeError) as error:
            raise DatabaseError(f"failed to connect to the database: {describe(error, self.mysql)}") from None
        check_version(version)
        return version

    def migrate(self, seconds: float, log, next_release: bool = False) -> None:
        migrations = {**read_migrations(), **(read_migrations(MIGRATIONS / "next") if next_release else {})}
        try:
            with contextlib.closing(self.connect()) as connection, connection.cursor() as cursor:
                migrate(connection, cursor, seconds, log, migrations)
        except (pymysql.Error, OSError) as error:
            raise DatabaseError(f"migration failed: {describe(error, self.mysql)}") from None


def migrate(connection, cursor, seconds: float, log, migrations: dict | None = None) -> None:
    """Applies each migration that the database has not seen, in order, each once.

    MySQL cannot roll back DDL, so a started one is marked dirty first, as golang-migrate does it: who dies in the middle
    leaves "Dirty database" behind for a person. `seconds` is how long the last one takes at least."""
    cursor.execute("SELECT GET_LOCK(%s, %s) AS got", (LOCK, LOCK_SECONDS))
    if cursor.fetchone()["got"] != 1:
        raise DatabaseError("can't acquire lock: another server is migrating this database")
    cursor.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT NOT NULL PRIMARY KEY, dirty BOOLEAN NOT NULL)"
    )
    cursor.execute("SELECT version, dirty FROM schema_migrations")
    row = cursor.fetchone()
    pending = pending_migrations(row, migrations or read_migrations())
    for version, (name, statements) in pending.items():
        log(f"migrating database: {version}/u {name}")
        _mark(cursor, version, dirty=True)
        connection.commit()
        for statement in statements:
            cursor.execute(statement)
        if version == max(pending):
            time.sleep(seconds)
        _mark(cursor, version, dirty=False)
        connection.commit()
    log(f"database is at version {max(pending) if pending else row['version']}, {len(pending)} migrations applied")


def _mark(cursor, version: int, dirty: bool) -> None:
    cursor.execute("DELETE FROM schema_migrations")
    cursor.execute("INSERT INTO schema_migrations (version, dirty) VALUES (%s, %s)", (version, dirty))


def read_migrations(folder: Path = MIGRATIONS) -> dict:
    """{version: (name, [statement])} from files named VERSION_name.sql; statements end with a semicolon and a newline."""
    found = {}
    for path in sorted(folder.glob("*.sql")):
        version, dummy, name = path.stem.partition("_")
        found[int(version)] = (name, [s.strip() for s in path.read_text().split(";\n") if s.strip()])
    return found


def pending_migrations(row: dict | None, migrations: dict) -> dict:
    """`row` is schema_migrations' only one, or None in a new database."""
    current = row["version"] if row else 0
    if row and row["dirty"]:
        raise DatabaseError(f"Dirty database version {current}. Fix and force version.")
    if current > max(migrations):
        raise DatabaseError(f"no migration found for version {current}: a newer server has used this database")
    return {version: migrations[version] for version in sorted(migrations) if version > current}
