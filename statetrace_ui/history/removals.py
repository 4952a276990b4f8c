"""Tells the chain what retention and erasure remove, replace or add, so that it stays verifiable."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.chain import removal
from statetrace_ui.history.chain.canonical import Section


@contextmanager
def batch(source_id: int) -> Iterator[None]:
    """A transaction beside which no other batch takes anything from the source's history.

    So retention copies no value that an erasure is just taking away, into a row that the erasure has passed.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('statetrace removal ' || %s, 0))", [source_id])
        yield


@contextmanager
def removing(
    cursor: CursorWrapper,
    source_id: int,
    reason: str,
    *,
    changes: Collection[int] = (),
    transactions: Collection[int] = (),
    actions: Collection[int] = (),
    sessions: Collection[int] = (),
) -> Iterator[None]:
    """To be put, once in a transaction, around the statements that do so with these rows."""
    with removal.removing(cursor, source_id, changes, reason) as noted:
        noted.also(Section.TRANSACTIONS, transactions)
        noted.also(Section.ACTIONS, actions)
        noted.also(Section.SESSIONS, sessions)
        yield
