"""What happened in a stretch of a session: how its time was spent, and what of each kind lies in it. A fragment."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.http import HttpResponse

from replica.addresses import SessionAddresses, range_query
from replica.explain.calls import HeavyMethod, busy_at_all, busy_by_thread, heaviest, stacks_by_thread
from replica.explain.stretches import NONE, Spent, Stretches, length, spent
from replica.forms import RangeForm
from replica.lanes import issue_tone
from replica.network import exchange_row
from replica.profiles.service import NoCalls, profile_for
from replica.queries.issues import issues_between
from replica.queries.labels import labels_between
from replica.queries.lookup import moment_at
from replica.queries.network import ExchangeFilter, exchange_totals, exchanges_within, open_times
from replica.queries.series import series
from replica.queries.sessions import length_ms, session_or_404, tags
from replica.schema.models import SessionMetadata, SessionTimeseries
from replica.series.readings import readings
from replica.series.service import series_of
from replica.series.statistics import Summary
from replica.views.access import replica_view
from replica.views.joined import audited_sessions, committed_between
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request

MOST = 8  # of each kind
MOST_SERIES = 12
MOST_THREADS = 4
US = 1000  # in a ms


@dataclass(frozen=True, slots=True)
class BusyThread:
    name: str
    busy_ms: float


@dataclass(frozen=True, slots=True)
class Ran:
    """What ran in the stretch; `busy` in ms of the session. None of it where the session has no profile.

    methods: each with the address of its heaviest call in the flame graph of the stretch.
    """

    busy: Stretches
    methods: list[tuple[HeavyMethod, str]]
    threads: list[BusyThread]
    known: bool


@dataclass(frozen=True, slots=True)
class SeriesValues:
    series: SessionTimeseries
    summary: Summary | None


@replica_view
def explained(request: Request, alias: str, session_id: str) -> HttpResponse:
    form = parse_query(RangeForm, request)
    session = session_or_404(alias, session_id)
    first, last = form.range_within(length_ms(alias, session))
    context = {
        "session": session,
        "first": first,
        "last": last,
        "length": last - first,
        "range": range_query(first, last),
        "addresses": SessionAddresses(session_id),
    }
    context |= _recorded(request, alias, session, first, last)
    context |= _measured(request, alias, session, first, last)
    return page_or_partial(request, "replica/inspect/explained.html", context, "explained")


def _recorded(request: Request, alias: str, session: SessionMetadata, first: float, last: float) -> dict[str, Any]:
    """Labels, requests, issues, and what audited sessions committed."""
    wanted = ExchangeFilter(first=moment_at(session.start_time, first), last=moment_at(session.start_time, last))
    exchanges = exchanges_within(alias, session.session_id, wanted, MOST)
    issues = issues_between(alias, session.session_id, first, last, MOST)
    marked = labels_between(alias, session.session_id, first, last, MOST)
    audited = audited_sessions(request.organisation, tags(alias, [session.session_id]).get(session.session_id, []))
    addresses = SessionAddresses(session.session_id)
    return {
        "labels": [(one, addresses.label(one.label_id), one.end_time - one.start_time) for one in marked],
        "exchanges": [exchange_row(exchange, session.start_time) for exchange in exchanges],
        "totals": exchange_totals(alias, session.session_id, wanted),
        "issues": [
            (one, issue_tone(one.issue_group), addresses.issue(one.issue_id, one.impact_id, one.category))
            for one in issues
        ],
        "committed": [committed_between(one, session.start_time, first, last) for one in audited.sessions],
    }


def _measured(request: Request, alias: str, session: SessionMetadata, first: float, last: float) -> dict[str, Any]:
    """How the time was spent, what ran, and the values of series."""
    ran = _ran(request, alias, session.session_id, first, last)
    return {
        "ran": ran,
        "spent": _spent(alias, session, ran, first, last),
        "values": _values(request, alias, session.session_id, first, last),
    }


def _spent(alias: str, session: SessionMetadata, ran: Ran, first: float, last: float) -> Spent:
    requests = open_times(alias, session.session_id, first, last)
    return spent(first, last, ran.busy, np.array(requests).reshape(-1, 2))


def _ran(request: Request, alias: str, session_id: str, first: float, last: float) -> Ran:
    try:
        blocks = profile_for(request.organisation, alias, session_id).blocks()
    except NoCalls:
        return Ran(NONE, [], [], known=False)
    edges = (math.floor(first * US) - blocks.origin, math.ceil(last * US) - blocks.origin)
    low, high = (min(max(edge, 0), blocks.extent) for edge in edges)
    span = None if (low, high) == (0, blocks.extent) else (low, high)  # all calls are read faster as they lie
    stacks = stacks_by_thread(blocks, span)
    by_thread = busy_by_thread(blocks, stacks, low)
    threads = [BusyThread(one.name, length(busy) / US) for one, busy in zip(blocks.threads, by_thread, strict=True)]
    return Ran(
        busy=(busy_at_all(by_thread) + blocks.origin) / US,
        methods=[(one, _call_address(session_id, one, first, last)) for one in heaviest(blocks, stacks, MOST)],
        threads=sorted((one for one in threads if one.busy_ms), key=lambda one: -one.busy_ms)[:MOST_THREADS],
        known=True,
    )


def _call_address(session_id: str, one: HeavyMethod, first: float, last: float) -> str:
    call = one.heaviest
    address = SessionAddresses(session_id).flame_call(call.thread.process_id, call.thread.id, call.depth, call.at)
    return f"{address}&{range_query(first, last).removeprefix('?')}"


def _values(request: Request, alias: str, session_id: str, first: float, last: float) -> list[SeriesValues]:
    found = series(alias, session_id)[:MOST_SERIES]
    if not found:
        return []
    blocks = series_of(alias, request.organisation.replica.reading_url, session_id)
    return [SeriesValues(one.series, one.summary) for one in readings(blocks, found, first, last)]
