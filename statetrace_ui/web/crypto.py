"""Encrypts stored credentials with the first of `ENCRYPTION_KEYS`; decrypts them with any of these keys."""

import base64
import hashlib
from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class CredentialUnreadable(Exception):
    """A stored credential was encrypted with a key that is no longer in ENCRYPTION_KEYS."""


def fernet(keys: Sequence[str]) -> MultiFernet:
    """What encrypts with the first of the keys, and decrypts with any of them."""
    digests = (hashlib.sha256(key.encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def _fernet() -> MultiFernet:
    return fernet(settings.ENCRYPTION_KEYS)


def encrypt(text: str) -> str:
    return _fernet().encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """Raises CredentialUnreadable."""
    try:
        return _fernet().decrypt(token.encode()).decode()
    except InvalidToken:
        raise CredentialUnreadable(
            "A stored credential cannot be decrypted: restore its key in ENCRYPTION_KEYS."
        ) from None


class EncryptedTextField(models.TextField[Any, Any]):
    """Text that is stored encrypted, and plain in Python."""

    def get_prep_value(self, value: Any) -> Any:
        return encrypt(value) if value else value

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        return decrypt(value) if value else value
