"""Pages that show what a deletion would take away, take its confirmation, and list what was asked for."""

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from replica.databases.models import Replica
from replica.deletion import preview, service
from replica.deletion.forms import ConfirmationForm, DeletionsQuery
from replica.deletion.models import Deletion
from replica.deletion.preview import Preview
from replica.exports.jobs import worker_is_alive
from replica.exports.models import UserFlowExport
from statetrace_ui.web.forms import parse_post, parse_query
from statetrace_ui.web.paging import newest_first
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, manager_view, member_view


@require_GET
@member_view
def deletions(request: Request) -> HttpResponse:
    cursor = parse_query(DeletionsQuery, request).cleaned_data["cursor"]
    running = Deletion.objects.filter(organisation=request.organisation, finished_at=None).exists()
    context = {
        "page": newest_first(Deletion.objects.filter(organisation=request.organisation), ("id",), cursor),
        "running": running,
        "worker_missing": running and not worker_is_alive(),
    }
    return page_or_partial(request, "deletion/list.html", context, "rows" if cursor else "live")


@require_POST
@manager_view
def session(request: Request, session_id: str) -> HttpResponse:
    seen = preview.of_session(request.organisation, session_id)
    return _answer(request, seen, lambda who: service.request_session(request.organisation, session_id, who))


@require_POST
@manager_view
def flow(request: Request, pk: int) -> HttpResponse:
    export = get_object_or_404(UserFlowExport.every, pk=pk, organisation=request.organisation)
    if export.target:
        return _answer(request, preview.of_copy(export), lambda who: service.request_copy(export, who))
    return _answer(request, preview.of_flow(export), lambda who: service.request_flow(export, who))


@require_POST
@manager_view
def replica(request: Request) -> HttpResponse:
    found = get_object_or_404(Replica, organisation=request.organisation)
    return _answer(request, preview.of_replica(found), lambda who: service.request_replica(found, who))


def _answer(request: Request, seen: Preview, delete: Callable[[str], Deletion]) -> HttpResponse:
    """Show what would go; once its name is repeated, have it deleted and lead to the list."""
    typed = parse_post(ConfirmationForm, request).cleaned_data["confirmation"]
    if typed != seen.name.strip():
        return render(request, "deletion/preview.html", {"preview": seen, "typed": typed})
    delete(request.user.get_username())
    return redirect("deletion:list")
