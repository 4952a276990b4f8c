"""The disk page: managers see their organisation, superusers the machine as well."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from replica.blocks import places
from replica.databases.models import Replica
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.operations.disk import shown
from statetrace_ui.operations.disk.figure import trend_figure
from statetrace_ui.operations.disk.forecast import forecast
from statetrace_ui.operations.disk.models import DiskMeasure, DiskPart
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, manager_view


class PartsForm(forms.Form):
    """Which list, and where it goes on."""

    of = forms.ChoiceField(choices=DiskPart.Kind.choices, required=False)
    cursor = forms.CharField(required=False, max_length=500)


@require_GET
@manager_view
def disk(request: Request) -> HttpResponse:
    data = parse_query(PartsForm, request).cleaned_data
    kind = data["of"] or DiskPart.Kind.TABLE
    context: dict[str, Any] = {
        "kind": kind,
        "kinds": DiskPart.Kind.choices,
        "page": shown.parts(request.organisation, kind, data["cursor"]),
    }
    if request.htmx and data["cursor"]:
        return page_or_partial(request, "operations/disk.html", context, "rows")
    return render(request, "operations/disk.html", context | _measured(request) | _machine(request))


def _measured(request: Request) -> dict[str, Any]:
    measured = shown.newest(request.organisation)
    points = shown.series(request.organisation)
    by = forecast(shown.recent(points)) if points else None
    ours = [one for one in measured if one.kind in shown.OURS]
    return {
        "measured": measured,
        "is_new": not measured and not shown.was_measured(),
        "at": measured[0].at if measured else None,
        "total": sum(one.used for one in ours),
        "by": by,
        "points": len(points),
        "figure": trend_figure(points, _zone(), by) if len(points) > 1 else None,
        "savings": shown.savings(request.organisation, measured),
    }


def _machine(request: Request) -> dict[str, Any]:
    """Of all organisations, so for superusers alone."""
    if not request.user.is_superuser:
        return {}
    filesystems = [
        (one, trend_figure(points, _zone(), one.by, one.total) if len(points) > 1 else None)
        for one in shown.filesystems()
        for points in [shown.filesystem_series(one.name)]
    ]
    machine = shown.newest(None)
    databases = [one for one in machine if one.kind == DiskMeasure.Kind.DATABASE]
    return {"machine": True, "filesystems": filesystems, "databases": databases}


def _zone() -> ZoneInfo:
    return ZoneInfo(str(timezone.get_current_timezone()))


@require_POST
@manager_view
def drop_blocks(request: Request) -> HttpResponse:
    """Blocks are made again when somebody opens what they are of."""
    if replica := Replica.objects.filter(organisation=request.organisation).first():
        places.forget_all(replica.pk)
        record(Event.DELETED, "blocks of flame graphs and series", organisation=request.organisation)
    return redirect("disk")
