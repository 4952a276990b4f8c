"""Reads changes with their values, whole, in pieces that fit into memory, wherever a question says they are."""

from collections.abc import Iterable, Iterator, Mapping

from django.db.models import F, Func, IntegerField
from django.db.models.functions import Coalesce

from statetrace_ui.history.models import Change
from statetrace_ui.history.queries.actions import first_actions
from statetrace_ui.history.queries.joins import joined
from statetrace_ui.history.queries.ranges import Place, Places
from statetrace_ui.history.queries.sources import SECRET_FIELDS

# Of rows as PostgreSQL stores them. It compresses a text to a hundredth at best, so a piece takes some 25 MB at most;
# a row of its own that is larger is a piece by itself, and history keeps no row of more than 20 million characters.
STORED_BYTES = 262_144
MOST_ROWS = 1_000
_SIZES = [Coalesce(Func(F(name), function="pg_column_size", output_field=IntegerField()), 0) for name in ("old", "new")]
STORED = _SIZES[0] + _SIZES[1]


def whole_changes(places: Iterable[Places]) -> Iterator[list[Change]]:
    """The changes at the places, in their order, with values, transactions, actions and sessions; without those that
    retention has removed meanwhile.

    places: as queries find them. It is all that a download needs to know of a question.
    """
    for some in places:
        for piece in pieces_of(some, _sizes(some)):
            yield _read(piece)


def pieces_of(places: Places, sizes: Mapping[Place, int]) -> Iterator[Places]:
    """The places in pieces of at most MOST_ROWS that are stored in at most STORED_BYTES, by the sizes of each."""
    piece, total = Places(), 0
    for place in places:
        size = sizes.get(place, 0)
        if piece and (total + size > STORED_BYTES or len(piece) == MOST_ROWS):
            yield piece
            piece, total = [], 0
        piece.append(place)
        total += size
    if piece:
        yield piece


def _sizes(places: Places) -> dict[Place, int]:
    """{place: the bytes that its values are stored in}; without unpacking them."""
    sizes: dict[Place, int] = {}
    for branch, ids, sources in _by_branch(places):
        rows = Change.objects.filter(source_id__in=sources, baseline=branch, id__in=ids)
        found = rows.annotate(stored=STORED).values_list("source_id", "id", "baseline", "stored")
        sizes |= {(source, number, baseline): size for source, number, baseline, size in found}
    return sizes


def _read(places: Places) -> list[Change]:
    rows = joined(Change.objects.all(), "source", "relation", "table", "transaction", without=SECRET_FIELDS)
    rows = rows.prefetch_related(first_actions("transaction__actions"))
    found: dict[int, Change] = {}
    for branch, ids, sources in _by_branch(places):
        found |= rows.filter(source_id__in=sources, baseline=branch).in_bulk(ids)
    return [found[number] for _, number, _ in places if number in found]


def _by_branch(places: Places) -> Iterator[tuple[bool, list[int], set[int]]]:
    """(whether of baselines, ids, sources): a statement for each branch looks at no partition of the other."""
    for branch in sorted({baseline for _, _, baseline in places}):
        ids = [number for _, number, baseline in places if baseline == branch]
        yield branch, ids, {source for source, _, _ in places}
