"""A session's network exchanges as a waterfall: one line an exchange, its phases as bars on an axis that all share."""

from collections.abc import Collection, Sequence
from typing import Any

from django.http import HttpResponse

from replica.addresses import SessionAddresses
from replica.beside.details import choices_of
from replica.forms import DETAILS, NetworkFilter
from replica.network import ExchangeRow, exchange_row
from replica.queries.issues import issue_categories, issues_of_exchanges
from replica.queries.network import ExchangeFilter, exchange_page, exchange_totals, host_totals, hosts
from replica.queries.sessions import session_or_404
from replica.schema.models import Exchange, SessionMetadata
from replica.views.access import replica_view
from replica.views.exchange_details import Known, known_of
from replica.views.head import head_context
from replica.views.joined import audited_sessions, methods_of
from replica.waterfall import PHASES, Axis, WaterfallRow, axis_of, ticks, waterfall_row
from statetrace_ui.history.models import Session as AuditedSession
from statetrace_ui.web.forms import parse_filters
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request

MOST_ROWS = 100
# The columns by which a list can be ordered: name in the address, heading, class.
COLUMNS = (
    ("path", "Path", ""),
    ("status", "Status", ""),
    ("host", "Host", "roomy"),
    ("kind", "Kind", "roomy"),
    ("method", "Method", "roomy"),
    ("initiator", "Initiator", "rare"),
    ("connection", "Connection", "rare"),
    ("received", "Received", "number roomy"),
    ("start", "Start", "number roomy"),
    ("duration", "Duration", "number"),
)


@replica_view
def network(request: Request, alias: str, session_id: str) -> HttpResponse:
    session = session_or_404(alias, session_id)
    choices = choices_of(request.organisation, session_id)
    known = {name for name, values in choices.items() if values}
    choices |= {"host": hosts(alias, session_id), "issue": issue_categories(alias, session_id)}
    form = parse_filters(NetworkFilter, request, choices=choices)
    kept = [(name, request.GET[name]) for name in ("from", "to", "sort") if request.GET.get(name)]
    context = head_context(alias, session) | {"form": form, "kept": kept, "phases": PHASES.items(), "known": known}
    if not form.errors:
        audited = audited_sessions(request.organisation, context["tags"])
        context |= _listed(request.organisation, alias, session, form, audited.sessions, known)
    return page_or_partial(request, "replica/network.html", context, "exchanges", status=400 if form.errors else 200)


def _listed(
    organisation: Organisation,
    alias: str,
    session: SessionMetadata,
    form: NetworkFilter,
    audited: Sequence[AuditedSession],
    known: Collection[str],
) -> dict[str, Any]:
    """A page of the exchanges that the filter wants, and what all of them add up to."""
    own, wanted = _wanted(organisation, alias, session, form, known)
    begin, order = form.cleaned_data["row"] or 0, form.cleaned_data["sort"] or "start"
    if own and order.removeprefix("-") in DETAILS:
        listed = own.page(order, begin, MOST_ROWS)
    else:
        listed = exchange_page(alias, session.session_id, wanted, _column_order(order), begin, MOST_ROWS)
    rows, axis = _drawn(alias, session, listed, audited, own)
    totals = exchange_totals(alias, session.session_id, wanted)
    shown = [column for column in COLUMNS if column[0] in known or column[0] not in DETAILS]
    return {
        "rows": rows,
        "ticks": ticks(axis),
        "totals": totals,
        "by_host": host_totals(alias, session.session_id, wanted),
        "by_connection": own.by_connection() if own else [],
        "columns": [_column(*column, order) for column in shown],
        "order": order,
        "begin": begin,
        "last": begin + len(rows),
        "before": max(0, begin - MOST_ROWS) if begin else None,
        "after": begin + MOST_ROWS if begin + MOST_ROWS < totals.count else None,
    }


def _wanted(
    organisation: Organisation, alias: str, session: SessionMetadata, form: NetworkFilter, known: Collection[str]
) -> tuple[Known | None, ExchangeFilter]:
    """What is known of the exchanges beside the replica, and which of them the filter wants."""
    wanted = form.wanted(session.start_time)
    own = known_of(organisation, alias, session.session_id, wanted, form.details) if known else None
    return own, own.wanted if own and any(form.details.values()) else wanted


def _drawn(
    alias: str,
    session: SessionMetadata,
    listed: Sequence[Exchange],
    audited: Sequence[AuditedSession],
    own: Known | None,
) -> tuple[list[WaterfallRow], Axis]:
    """The exchanges as rows of the waterfall, on an axis of them all."""
    rows = [exchange_row(exchange, session.start_time) for exchange in listed]
    axis = axis_of(rows)
    issues = issues_of_exchanges(alias, session.session_id, [exchange.message_id for exchange in listed])
    addresses = SessionAddresses(session.session_id)
    methods = methods_of(audited, session.start_time, rows)

    def drawn(row: ExchangeRow) -> WaterfallRow:
        number = row.exchange.message_id
        detail = own.details.get(number) if own else None
        method = (detail and detail.method) or methods.get(number, "")
        return waterfall_row(row, axis, issues.get(number, ()), method, addresses.exchange(number), detail)

    return [drawn(row) for row in rows], axis


def _column_order(order: str) -> str:
    """Where nothing is known of details, there is no order by them."""
    return "start" if order.removeprefix("-") in DETAILS else order


def _column(name: str, heading: str, kind: str, order: str) -> dict[str, str]:
    """A heading, the order that a click on it asks for, and how the list is ordered by it now."""
    sorted_by = {name: "ascending", f"-{name}": "descending"}.get(order, "")
    wanted = f"-{name}" if order == name else name
    return {"heading": heading, "kind": kind, "sort": wanted, "sorted": sorted_by}
