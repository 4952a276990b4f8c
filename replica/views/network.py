"""A session's network exchanges as a list, in order of time."""

from typing import Any

from django.http import HttpResponse

from replica import queries, timeline
from replica.forms import NetworkFilter
from replica.schema.models import CaptureSession, SessionMetadata
from replica.views.access import replica_view
from replica.views.session import header
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request

MOST_ROWS = 500


@replica_view
def network(request: Request, alias: str, session_id: str) -> HttpResponse:
    form = parse_query(NetworkFilter, request)
    session = queries.session_or_404(alias, session_id)
    exchanges = queries.exchanges(alias, session_id)
    found = [exchange for exchange in exchanges if _wanted(exchange, form.cleaned_data)]
    context = header(alias, session) | {
        "form": form,
        "hosts": sorted({timeline.host_of(exchange.url) for exchange in exchanges}),
        "rows": [_row(exchange, session) for exchange in found[:MOST_ROWS]],
        "found": len(found),
        "received": sum(exchange.response_size or 0 for exchange in found),
        "failures": sum(timeline.failed(exchange) for exchange in found),
    }
    return page_or_partial(request, "replica/network.html", context, "exchanges")


def _wanted(exchange: CaptureSession, filters: dict[str, Any]) -> bool:
    return (
        (not filters["host"] or timeline.host_of(exchange.url) == filters["host"])
        and filters["q"].lower() in exchange.url.lower()
        and (not filters["failed"] or timeline.failed(exchange))
    )


def _row(exchange: CaptureSession, session: SessionMetadata) -> dict[str, Any]:
    start, end = timeline.exchange_times(exchange, session)
    return {
        "exchange": exchange,
        "host": timeline.host_of(exchange.url),
        "path": timeline.path_of(exchange.url),
        "kind": timeline.kind_of(exchange.content_type),
        "failed": timeline.failed(exchange),
        "start": start,
        "ms": end - start,
    }
