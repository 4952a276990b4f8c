"""Locks that let only one process at a time do a thing."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def alone(what: str, number: object) -> Iterator[bool]:
    """Whether nobody else performs the same; nobody begins to within this. A killed process lets go of it."""
    key = f"statetrace {what} {number}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [key])
        (mine,) = cursor.fetchone()
        try:
            yield bool(mine)
        finally:
            if mine:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])
