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
from statetrace_ui.web.paging import PAGE_SIZE, Page, newest_merged
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, manager_view

CELLS = ("at", "event", "person", "subject", "address")
MOST_OFFERED = 200  # names that are suggested
AT_ONCE = 5000  # rows of a download that are in memory together


@require_GET
@manager_view
def security_log(request: Request) -> HttpResponse:
    form = parse_filters(OwnLogQuery, request, organisation=request.organisation)
    ranges = queries.events_of(request.organisation, **form.filters)
    context = {
        "form": form,
        "narrowed": any(form.chosen.values()),
        "page": _page(ranges, form.cleaned_data.get("cursor", "")),
        "members": request.organisation.members.order_by("username").values_list("username", flat=True)[:MOST_OFFERED],
    }
    return page_or_partial(request, "accounts/security_log.html", context, "rows")


@require_GET
@manager_view
def download(request: Request) -> StreamingHttpResponse:
    """All entries that match, newest first; those that are written meanwhile are left out."""
    form = parse_query(OwnLogQuery, request, organisation=request.organisation)
    said = ", ".join(f"{name}={value}" for name, value in form.chosen.items() if value)
    begun = record(Event.DOWNLOADED, f"security log as CSV{f' ({said})' if said else ''}")
    ranges = [rows.filter(id__lt=begun.pk) for rows in queries.events_of(request.organisation, **form.filters)]
    answer = StreamingHttpResponse(_csv(ranges), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="security-log-{timezone.now():%Y-%m-%dT%H%MZ}.csv"'
    return answer


def _page(ranges: list[QuerySet[SecurityEvent]], cursor: str, size: int = PAGE_SIZE) -> Page[SecurityEvent]:
    return newest_merged(SecurityEvent.objects.all(), ranges, ("id",), cursor, size)


def _csv(ranges: list[QuerySet[SecurityEvent]]) -> Iterator[str]:
    yield "\ufeff" + _lines([CELLS])  # without the mark spreadsheets read UTF-8 as something else
    cursor: str | None = ""
    while cursor is not None:
        page = _page(ranges, cursor, AT_ONCE)
        yield _lines(_cells(entry) for entry in page.rows)
        cursor = page.older


def _cells(entry: SecurityEvent) -> list[object]:
    return [entry.at, entry.label, entry.person_name, entry.subject, entry.address or ""]


def _lines(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([[harmless(value) for value in row] for row in rows])
    return text.getvalue()
