"""A database in SQL_ASCII, which takes any bytes for text."""

import os
from collections.abc import Iterator

import psycopg
import pytest

from statetrace_ui.embedded import database_url
from statetrace_ui.history.models import Change
from statetrace_ui.wal.text import encoded
from tests.conftest import drop_slots
from tests.databases import drop_database
from tests.statetrace_ui.conftest import Audited, stored


@pytest.fixture
def any_bytes(audited: Audited, server_url: str) -> Iterator[Audited]:
    name = f"test_{os.getpid()}_any_bytes"
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
        database = Audited(database_url(server_url, name))
        database.run("SET client_encoding TO 'UTF8'")
        yield database
        database.connection.close()
        drop_slots(server, name)
    drop_database(server_url, name)


def test_bytes_that_are_no_text_are_kept_by_stream_and_baseline(any_bytes: Audited) -> None:
    any_bytes.run(
        'CREATE TABLE "näme" (id int PRIMARY KEY, "größe" text)',
        r"""INSERT INTO "näme" VALUES (1, E'caf\xe9'), (2, 'größer')""",
    )
    source = any_bytes.add()
    any_bytes.run(
        r"""INSERT INTO "näme" VALUES (3, E'caf\xe9\tx'), (4, 'größer')""", """DELETE FROM "näme" WHERE id = 1"""
    )
    any_bytes.capture(source)
    found = [
        str((change.values_after() or {})["größe"]) for change in Change.objects.filter(kind="B").order_by("record_key")
    ]
    assert list(map(encoded, found)) == [b"caf\xe9", "größer".encode()]
    arrived = [encoded(text) for text in stored("new__größe", kind="I")]
    assert arrived == [b"caf\xe9\tx", "größer".encode()]
    assert stored("kind") == ["I", "I", "D"]
