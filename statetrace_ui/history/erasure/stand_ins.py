"""What stands in place of a key that is erased: equal for equal keys within one erasure, and telling nothing. Pure."""

import hmac
import json

PREFIX = "erased:"
# How a record's key begins that was replaced.
KEY_PREFIX = f'["{PREFIX}'
DIGITS = 32


def stand_in(secret: str, table_id: int | None, key: str) -> str:
    """A record's key, or a session's. secret: of the erasure, which forgets it when it is done."""
    digits = hmac.digest(secret.encode(), f"{table_id} {key}".encode(), "sha256").hex()[:DIGITS]
    return f"{PREFIX}{digits}"


def key_stand_in(secret: str, table_id: int | None, key: str) -> str:
    """The same as a record's key is written, as a JSON array; '' and what is erased already stay."""
    return json.dumps([stand_in(secret, table_id, key)]) if key and not is_stand_in(key) else key


def is_stand_in(key: str) -> bool:
    return key.startswith(KEY_PREFIX)
