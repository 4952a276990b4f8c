"""A session's network exchanges as a list, in order of time."""

from django.http import HttpResponse

from replica.forms import NetworkFilter
from replica.network import exchange_row
from replica.queries.network import exchange_totals, first_exchanges, hosts
from replica.queries.sessions import session_or_404
from replica.views.access import replica_view
from replica.views.head import head_context
from statetrace_ui.web.forms import parse_filters
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request

MOST_ROWS = 500


@replica_view
def network(request: Request, alias: str, session_id: str) -> HttpResponse:
    form = parse_filters(NetworkFilter, request, hosts=hosts(alias, session_id))
    session = session_or_404(alias, session_id)
    context = head_context(alias, session) | {"form": form}
    if not form.errors:
        listed = first_exchanges(alias, session_id, form.wanted, MOST_ROWS)
        context |= {
            "rows": [exchange_row(exchange, session.start_time) for exchange in listed],
            "totals": exchange_totals(alias, session_id, form.wanted),
        }
    return page_or_partial(request, "replica/network.html", context, "exchanges", status=400 if form.errors else 200)
