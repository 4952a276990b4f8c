"""The choice of how a table's rows are shown; the table's own page shows it."""

from urllib.parse import urlencode

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from statetrace_ui.accounts import security_log
from statetrace_ui.accounts.security_log import Event
from statetrace_ui.history import queries
from statetrace_ui.history.display_forms import DisplayForm
from statetrace_ui.history.forms import TableForm
from statetrace_ui.history.models import Source, TableDisplay
from statetrace_ui.history.table_names import qualified_name
from statetrace_ui.web.forms import parse_post
from statetrace_ui.web.requests import Request, manager_view


@require_POST
@manager_view
def set_display(request: Request, pk: int) -> HttpResponse:
    owner = queries.get_source_for(request.organisation, pk)
    name = parse_post(TableForm, request).cleaned_data["table"]
    display, shape = queries.display_of(owner, name), queries.newest_shape(owner, name)
    if display is None or shape is None:
        raise Http404
    form = parse_post(DisplayForm, request, columns=shape.columns)
    _keep(owner, qualified_name(*name), display, form)
    return redirect(f"{reverse('history:table-shapes', args=[pk])}?{urlencode({'table': qualified_name(*name)})}")


def _keep(owner: Source, table: str, display: TableDisplay, form: DisplayForm) -> None:
    """Keep what the form says, if it says anything new."""
    before = (display.label, display.noise)
    display.label, display.noise = form.chosen_label, form.cleaned_data["noise"]
    if (display.label, display.noise) == before:
        return
    with transaction.atomic():
        TableDisplay.objects.update_or_create(
            source=owner, table_id=display.table_id, defaults={"label": display.label, "noise": display.noise}
        )
        security_log.record(Event.DISPLAY_CHANGED, f"{owner}: {table}", organisation=owner.organisation)
