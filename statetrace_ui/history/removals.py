"""Tells the chain what is removed or replaced, so that it stays verifiable."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.db.backends.utils import CursorWrapper


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
    """To be put around statements that remove, replace or add these rows; in the caller's transaction."""
    yield


@contextmanager
def removing_range(cursor: CursorWrapper, source_id: int, first: int, last: int, reason: str) -> Iterator[None]:
    """The same around a statement that removes all changes of the stream with ids from `first` to `last`."""
    yield
