"""The page of what a member watches, and the posts of its buttons."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from statetrace_ui.deliveries.mailing import can_mail
from statetrace_ui.watch import queries, subjects, telling
from statetrace_ui.watch.forms import CursorForm, ReadForm, SubjectForm, TellingForm, of_telling
from statetrace_ui.watch.models import Kind
from statetrace_ui.web.forms import parse_post, parse_query
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, member_view
from statetrace_ui.web.ways_back import way_back


@require_GET
@member_view
def watching(request: Request) -> HttpResponse:
    """What happened, newest first; what is watched; how the member is told."""
    told = queries.telling_of(request.membership)
    return _page(request, TellingForm(membership=request.membership, initial=of_telling(told)))


def _page(request: Request, form: TellingForm) -> HttpResponse:
    cursor = parse_query(CursorForm, request).cleaned_data["cursor"]
    watches = queries.watches_of(request.membership)
    context: dict[str, Any] = {
        "form": form,
        "watches": watches,
        "page": queries.happenings(request.membership, watches, cursor),
        "telling": queries.telling_of(request.membership),
        "offers": queries.offers(request.membership),
        "can_mail": can_mail(),
    }
    if cursor:
        return page_or_partial(request, "watch/list.html", context, "rows")
    return render(request, "watch/list.html", context, status=400 if form.errors else 200)


@require_POST
@member_view
def watch(request: Request) -> HttpResponse:
    data = parse_post(SubjectForm, request).cleaned_data
    subjects.watch(request.membership, Kind(data["kind"]), data["target"])
    return redirect(way_back(data["back"], "watch:list"))


@require_POST
@member_view
def stop(request: Request) -> HttpResponse:
    data = parse_post(SubjectForm, request).cleaned_data
    subjects.stop(request.membership, Kind(data["kind"]), data["target"])
    return redirect(way_back(data["back"], "watch:list"))


@require_POST
@member_view
def mark_read(request: Request) -> HttpResponse:
    telling.mark_read(request.membership, parse_post(ReadForm, request).cleaned_data["until"])
    return redirect("watch:list")


@require_POST
@member_view
def set_telling(request: Request) -> HttpResponse:
    form = TellingForm(request.POST, membership=request.membership)
    if not form.is_valid():
        return _page(request, form)
    telling.begin(request.membership, form.cleaned_data)
    return redirect("watch:list")
