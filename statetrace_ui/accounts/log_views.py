"""The security log of the viewer's organisation, for its managers: a page, and the same as CSV."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from statetrace_ui.accounts import queries
from statetrace_ui.accounts.forms import OwnLogQuery
from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.web.cells import harmless
from statetrace_ui.web.forms import parse_filters, parse_query
from statetrace_ui.web.paging import newest_first
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, manager_view

CELLS = ("at", "event", "person", "subject", "address")
AT_ONCE = 1000  # rows of a download that are in memory together


@require_GET
@manager_view
def security_log(request: Request) -> HttpResponse:
    form = parse_filters(OwnLogQuery, request)
    filters = form.filters
    rows = queries.events_of(request.organisation, **filters)
    context = {
        "form": form,
        "narrowed": any(filters.values()),
        "page": newest_first(rows, ("id",), form.cleaned_data.get("cursor", "")),
    }
    return page_or_partial(request, "accounts/security_log.html", context, "rows")


@require_GET
@manager_view
def download(request: Request) -> StreamingHttpResponse:
    """All entries that match, newest first; those that are written meanwhile are left out."""
    filters = parse_query(OwnLogQuery, request).filters
    said = ", ".join(f"{name}={value}" for name, value in filters.items() if value)
    begun = record(Event.DOWNLOADED, f"security log as CSV{f' ({said})' if said else ''}")
    rows = queries.events_of(request.organisation, **filters).filter(id__lt=begun.pk)
    answer = StreamingHttpResponse(_csv(rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="security-log-{timezone.now():%Y-%m-%dT%H%MZ}.csv"'
    return answer


def _csv(rows: QuerySet[SecurityEvent]) -> Iterator[str]:
    yield "\ufeff" + _lines([CELLS])  # without the mark spreadsheets read UTF-8 as something else
    cursor: str | None = ""
    while cursor is not None:
        page = newest_first(rows, ("id",), cursor, AT_ONCE)
        yield _lines(_cells(entry) for entry in page.rows)
        cursor = page.older


def _cells(entry: SecurityEvent) -> list[object]:
    return [entry.at, entry.label, entry.person_name, entry.subject, entry.address or ""]


def _lines(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([[harmless(value) for value in row] for row in rows])
    return text.getvalue()
