"""Which ranges of ids need a partition. Pure."""

from collections.abc import Iterable, Iterator

Range = tuple[int, int]  # from the first id until before the second


def missing_ranges(known: Iterable[Range], first: int, last: int, size: int) -> list[Range]:
    """The ranges to add, so that every id from `first` to `last` lies in one.

    They begin and end at multiples of `size`, except where that would overlap with a known range: a history may have
    been partitioned by another size before.
    """
    existing = sorted(known)
    slots = range(first // size * size, last + 1, size)
    return [part for start in slots for part in _without((start, start + size), existing)]


def _without(wanted: Range, existing: list[Range]) -> Iterator[Range]:
    """The parts of the range that no existing one covers."""
    start, end = wanted
    for first, before in existing:
        if before <= start or first >= end:
            continue
        if first > start:
            yield start, first
        start = max(start, before)
    if start < end:
        yield start, end
