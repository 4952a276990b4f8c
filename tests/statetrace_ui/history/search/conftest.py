from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection

from statetrace_ui.history import partitions

FIRST, SIZE = 70_000_000, 100


@pytest.fixture
def small_partitions(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The next changes are the first of a partition; each has as many ids as is told here."""
    monkeypatch.setattr(settings, "HISTORY_PARTITION_IDS", SIZE)
    with connection.cursor() as cursor:
        before = partitions.last_id(cursor)
        cursor.execute("SELECT setval('history_change_ids', %s)", [FIRST - 1])
    yield SIZE
    with connection.cursor() as cursor:
        for leaf in partitions.leaves(cursor):
            if leaf.first >= FIRST:
                partitions.drop(cursor, leaf)
        cursor.execute("SELECT setval('history_change_ids', GREATEST(%s, 1))", [before])
