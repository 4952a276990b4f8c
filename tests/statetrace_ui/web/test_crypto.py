"""Credentials at rest."""

import pytest
from django.db import connection
from pytest_django import Settings

from statetrace_ui.history.models import Source
from statetrace_ui.web.crypto import CredentialUnreadable, decrypt, encrypt
from statetrace_ui.web.models import Organisation


def test_the_database_sees_only_ciphertext(organisation: Organisation) -> None:
    source = Source.objects.create(organisation=organisation, name="x", url="postgresql://ann:secret@db/x")
    with connection.cursor() as cursor:
        cursor.execute("SELECT url FROM history_source")
        assert "secret" not in cursor.fetchone()[0]
    assert Source.objects.get(pk=source.pk).url == "postgresql://ann:secret@db/x"


def test_keys_can_be_rotated(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = ["old"]
    token = encrypt("secret")
    settings.ENCRYPTION_KEYS = ["new", "old"]
    assert decrypt(token) == "secret"
    settings.ENCRYPTION_KEYS = ["new"]
    with pytest.raises(CredentialUnreadable, match="ENCRYPTION_KEYS"):
        decrypt(token)
