"""Accounts and API keys. Keys and passwords are kept as hashes: a key is shown once and never again."""

import hashlib
import hmac
import re
import secrets

import pymysql

ADMIN = "admin"  # whom GLOBAL_ADMIN_API_KEY belongs to
USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class SignUpError(Exception):
    """Said to the person at the form."""


def hash_password(password: str, salt: str | None = None) -> str:
    salt = salt or secrets.token_hex(16)
    digest = hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=1)
    return f"{salt}${digest.hex()}"


def hash_key(api_key: str) -> str:
    return hashlib.sha256(api_key.encode()).hexdigest()


def sign_up(cursor, username: str, email: str, password: str) -> int:
    """Gives the new user's id. The first one to sign up is the administrator."""
    if not USERNAME.fullmatch(username) or "@" not in email or len(password) < 8:
        raise SignUpError("a user name, an e-mail address and a password of at least 8 characters are needed")
    cursor.execute("SELECT COUNT(*) AS users FROM users WHERE username <> %s", (ADMIN,))
    first = cursor.fetchone()["users"] == 0
    try:
        cursor.execute(
            "INSERT INTO users (username, email, password, admin) VALUES (%s, %s, %s, %s)",
            (username, email, hash_password(password), first),
        )
    except pymysql.err.IntegrityError:
        raise SignUpError("this user name or e-mail address is taken") from None
    return cursor.lastrowid


def log_in(cursor, email: str, password: str) -> int:
    cursor.execute("SELECT id, password FROM users WHERE email = %s", (email,))
    user = cursor.fetchone()
    stored = (user and user["password"]) or hash_password("")
    if not hmac.compare_digest(hash_password(password, stored.partition("$")[0]), stored) or not user:
        raise SignUpError("wrong e-mail address or password")
    return user["id"]


def first_api_key(cursor, user_id: int) -> str | None:
    """A new key for a user who has none yet, else None."""
    cursor.execute("SELECT id FROM users WHERE id = %s FOR UPDATE", (user_id,))
    cursor.execute("SELECT COUNT(*) AS api_keys FROM api_keys WHERE user_id = %s", (user_id,))
    return None if cursor.fetchone()["api_keys"] else new_api_key(cursor, user_id)


def new_api_key(cursor, user_id: int) -> str:
    api_key = f"local-{secrets.token_hex(20)}"
    cursor.execute("INSERT INTO api_keys (key_hash, user_id) VALUES (%s, %s)", (hash_key(api_key), user_id))
    return api_key


def find_by_key(cursor, api_key: str, admin_api_key: str) -> dict | None:
    """The row of `users`, None when nobody has this key."""
    if admin_api_key and hmac.compare_digest(api_key.encode(), admin_api_key.encode()):
        return find_admin(cursor)
    cursor.execute(
        "SELECT users.* FROM users JOIN api_keys ON user_id = users.id WHERE key_hash = %s", (hash_key(api_key),)
    )
    return cursor.fetchone()


def find_admin(cursor) -> dict:
    cursor.execute("SELECT * FROM users WHERE username = %s", (ADMIN,))
    found = cursor.fetchone()
    if found is None:
        cursor.execute(
            "INSERT IGNORE INTO users (username, email, admin) VALUES (%s, 'admin@localhost', TRUE)", (ADMIN,)
        )
        cursor.execute("SELECT * FROM users WHERE username = %s", (ADMIN,))
        found = cursor.fetchone()
    return found
