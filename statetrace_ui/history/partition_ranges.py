"""Which ranges of ids need a partition, and in which parts a history is looked through. Pure."""

from collections.abc import Iterable, Iterator, Sequence

Range = tuple[int, int]  # from the first id until before the second
# Small enough that a page of what is new costs little, and large enough that a look at everything takes few statements.
NEWEST, GROWTH = 2, 8


def missing_ranges(known: Iterable[Range], first: int, last: int, size: int) -> list[Range]:
    """The ranges to add, so that every id from `first` to `last` lies in one.

    They begin and end at multiples of `size`, except where that would overlap with a known range: a history may have
    been partitioned by another size before.
    """
    existing = sorted(known)
    slots = range(first // size * size, last + 1, size)
    return [part for start in slots for part in _without((start, start + size), existing)]


def windows(starts: Sequence[int], first: int, end: int) -> Iterator[Range]:
    """The ids from `first` until before `end` in parts, the newest first: of 2 partitions, 16, 128 and so on.

    starts: between the two, where partitions begin, the newest first.
    """
    count, last = NEWEST, NEWEST - 1
    while last < len(starts):
        yield starts[last], end
        end = starts[last]
        count *= GROWTH
        last += count
    if first < end:
        yield first, end


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
