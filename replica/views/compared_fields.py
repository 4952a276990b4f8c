"""Which fields the paired requests of two groups altered differently, in what audited sessions wrote beside them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from django.http import HttpResponse

from replica.addresses import compared_address
from replica.compare.builds import Done, by_request
from replica.compare.facts import ComparedSession
from replica.comparisons.written import MOST_ACTIONS, audited_beside
from replica.forms import AskedGroupsForm
from replica.views.access import replica_view
from replica.views.altered_fields import FieldPair, field_pairs
from replica.views.flame_sides import asked_groups
from statetrace_ui.history.models import Session, Source
from statetrace_ui.history.queries import actions_of_sessions
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request

MOST_REQUESTS = 20  # of a source: those that are made most often
MOST_ACTIONS_EACH = 8  # of a request, of each side


@dataclass(slots=True)
class Written:
    """What paired requests altered: `differing` has the fields of each that the sides altered in other shares.

    alike: the requests that altered the same. unpaired: those that one side alone made. left_out: how many were not
    looked at. sides: of how many audited sessions.
    """

    sides: list[int] = field(default_factory=lambda: [0, 0])
    differing: list[tuple[str, list[FieldPair]]] = field(default_factory=list)
    alike: list[str] = field(default_factory=list)
    unpaired: list[tuple[str, str]] = field(default_factory=list)
    left_out: int = 0


@replica_view
def fields(request: Request, alias: str) -> HttpResponse:
    query = parse_query(AskedGroupsForm, request).cleaned_data
    question, groups = asked_groups(request.organisation, alias, query)
    beside = audited_beside(request.organisation, alias, groups.session_ids)
    written = Written()
    sides = _by_source(beside, groups.base), _by_source(beside, groups.new)
    for source_id in sorted({*sides[0], *sides[1]}):
        _compare(Source(pk=source_id), [side.get(source_id, []) for side in sides], written)
    context = {"flow": question.flow, "written": written, "compared": compared_address("compare", query)}
    return page_or_partial(request, "replica/compare_fields.html", context, "fields")


def _by_source(beside: Mapping[str, Sequence[Session]], group: Iterable[ComparedSession]) -> dict[int, list[int]]:
    """By source the audited sessions beside a group's."""
    found: dict[int, list[int]] = defaultdict(list)
    for captured in group:
        for audited in beside.get(captured.session_id, ()):
            found[audited.source_id].append(audited.pk)
    return found


def _compare(source: Source, sides: Sequence[Sequence[int]], written: Written) -> None:
    """Add what the audited sessions of both sides altered in one source."""
    base, new = (_done(source, sessions) for sessions in sides)
    requests = by_request(base, new, MOST_ACTIONS_EACH)
    written.left_out += max(0, len(requests) - MOST_REQUESTS)
    for side, sessions in enumerate(sides):
        written.sides[side] += len(sessions)
    for name, (before, after) in islice(requests.items(), MOST_REQUESTS):
        if not (before and after):
            written.unpaired.append((name, "gone" if before else "new"))
            continue
        pairs = field_pairs(source, *([int(one.key) for one in side] for side in (before, after)))
        differing = [pair for pair in pairs if pair.difference]
        if differing:
            written.differing.append((name, differing))
        elif pairs:
            written.alike.append(name)


def _done(source: Source, sessions: Sequence[int]) -> list[Done]:
    """What the sessions did, an action of each transaction."""
    actions = actions_of_sessions(source, sessions, MOST_ACTIONS) if sessions else []
    by_transaction = {one.transaction_id: one for one in reversed(actions)}
    return [
        Done(str(one.transaction_id), str(one.session_id), one.method, one.url, None)
        for one in reversed(by_transaction.values())
    ]
