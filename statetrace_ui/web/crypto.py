"""Credentials at rest: encrypted with the first of `ENCRYPTION_KEYS`, readable with any of them."""

import base64
import hashlib
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class CredentialUnreadable(Exception):
    """A stored credential was encrypted with a key that is no longer in ENCRYPTION_KEYS."""


def _fernet() -> MultiFernet:
    digests = (hashlib.sha256(key.encode()).digest() for key in settings.ENCRYPTION_KEYS)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def encrypt(plain: str) -> str:
    return _fernet().encrypt(plain.encode()).decode()


def decrypt(token: str) -> str:
    try:
        return _fernet().decrypt(token.encode()).decode()
    except InvalidToken:
        raise CredentialUnreadable(
            "A stored credential cannot be decrypted: restore its key in ENCRYPTION_KEYS."
        ) from None


class EncryptedTextField(models.TextField[Any, Any]):
    """Text that the database only ever sees encrypted."""

    def get_prep_value(self, value: Any) -> Any:
        return encrypt(value) if value else value

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        return decrypt(value) if value else value
