"""Compares what two builds of an application did: how long its requests took, and which rows they wrote."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from replica.compare.path_templates import Address, address_of, without_values, written
from replica.compare.ranking import ranked
from replica.compare.subjects import Certainty, Entry, Kind, Sample, Subject
from replica.compare.tree import entries_of
from replica.network import path_of

Written = Mapping[tuple[str, str], int]  # {(table, kind of change): rows}


@dataclass(frozen=True, slots=True)
class Done:
    """An action of a build. key: of its transaction. ms: how long it took, where that is known.

    written: None where that was not looked at.
    """

    key: str
    session: str
    method: str
    url: str
    ms: float | None
    written: Written | None = field(default=None, hash=False)


def by_request(base: Sequence[Done], new: Sequence[Done], most: int) -> dict[str, tuple[list[Done], list[Done]]]:
    """{“GET /orders/*”: its first actions of both builds, at most so many of each}, what is done most often first."""
    templates = _templates([*base, *new])
    found: dict[str, tuple[list[Done], list[Done]]] = defaultdict(lambda: ([], []))
    for side, actions in enumerate((base, new)):
        for one in actions:
            found[f"{one.method} {written(templates[one.url], with_host=False)}".strip()][side].append(one)
    often = sorted(found, key=lambda name: (-sum(map(len, found[name])), name))
    return {name: (found[name][0][:most], found[name][1][:most]) for name in often}


def _templates(actions: Iterable[Done]) -> dict[str, Address]:
    """The address of each URL, without what is a value in it. Hosts are left out: a build runs where it may."""
    addresses: dict[str, Address] = {}
    found: dict[str, list[Address]] = defaultdict(list)
    for one in actions:
        found[one.session].append(addresses.setdefault(one.url, address_of("", path_of(one.url))))
    made = without_values(found)
    return {url: made[address] for url, address in addresses.items()}


def compare_builds(requests: Mapping[str, tuple[Sequence[Done], Sequence[Done]]]) -> list[Entry]:
    """An entry for each request, by its duration, in rank order; inside it what moved of the rows that it wrote."""
    times = entries_of([_times(name, *sides) for name, sides in requests.items()], parent_moved=True)
    rows = [_rows(*sides) for sides in requests.values()]
    moved = iter(entries_of([subject for some in rows for subject in some], parent_moved=True))
    filled = [_filled(entry, [next(moved) for _ in some]) for entry, some in zip(times, rows, strict=True)]
    return sorted(ranked(filled), key=_surest)


def _surest(entry: Entry) -> Certainty:
    return min(entry.certainty, *(one.certainty for one in entry.inside), Certainty.TOO_FEW)


def _filled(entry: Entry, rows: Iterable[Entry]) -> Entry:
    return replace(entry, inside=ranked(one for one in rows if one.certainty <= Certainty.LIKELY and one.size))


def _times(name: str, base: Iterable[Done], new: Iterable[Done]) -> Subject:
    before, after = ([Sample(one.key, one.ms) for one in side if one.ms is not None] for side in (base, new))
    return Subject(Kind.REQUEST, name, before, after)


def _rows(base: Sequence[Done], new: Sequence[Done]) -> list[Subject]:
    """A subject for each table and kind; an action that wrote nothing there wrote 0 rows."""
    sides = [[one for one in side if one.written is not None] for side in (base, new)]
    names = sorted({name for side in sides for one in side for name in one.written or ()})
    return [_rows_of(table, kind, *sides) for table, kind in names]


def _rows_of(table: str, kind: str, base: Iterable[Done], new: Iterable[Done]) -> Subject:
    before, after = (
        [Sample(one.key, (one.written or {}).get((table, kind), 0)) for one in side] for side in (base, new)
    )
    return Subject(Kind.ROWS, table, before, after, "rows", kind)
