"""The keys of a backup: how it is known whether they are there, and how what they encrypted becomes readable here."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from cryptography.fernet import InvalidToken
from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from statetrace_ui.web.crypto import EncryptedTextField, encrypt, fernet

Field = models.Field[Any, Any]
PROBE = "a word that the keys of a backup must decrypt"


def probe() -> str:
    """A token that only keys of this installation decrypt; the manifest holds it."""
    return encrypt(PROBE)


def can_read(token: str, keys: Sequence[str]) -> bool:
    try:
        return bool(keys) and fernet(keys).decrypt(token).decode() == PROBE
    except InvalidToken:
        return False


def encrypt_anew(keys: Sequence[str]) -> int:
    """Encrypt with this installation's key what `keys` have encrypted; the number of values.

    Credentials, and the secrets of digests and chains, stay the same: only their cover changes.
    """
    known = fernet([*settings.ENCRYPTION_KEYS, *keys])
    count = 0
    with connection.cursor() as cursor:
        for model, field in _encrypted_fields():
            count += _renew(cursor, model, field, known.rotate)
    return count


def _encrypted_fields() -> Iterator[tuple[type[models.Model], Field]]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            yield from ((model, field) for field in model._meta.local_fields if isinstance(field, EncryptedTextField))


def _renew(
    cursor: CursorWrapper, model: type[models.Model], field: models.Field[Any, Any], rotate: Callable[[bytes], bytes]
) -> int:
    names = {
        "table": sql.Identifier(model._meta.db_table),
        "key": sql.Identifier(str(model._meta.pk.column)),
        "value": sql.Identifier(str(field.column)),
    }
    cursor.execute(sql.SQL("SELECT {key}, {value} FROM {table} WHERE {value} <> ''").format(**names))
    update = sql.SQL("UPDATE {table} SET {value} = %s WHERE {key} = %s").format(**names)
    count = 0
    for key, token in cursor.fetchall():
        try:
            renewed = rotate(token.encode())
        except InvalidToken:
            continue  # it was unreadable before the backup, too
        cursor.execute(update, [renewed.decode(), key])
        count += 1
    return count
