"""What needs attention: the page, the strip of the first page, the badges, and what a person has seen."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from statetrace_ui.attention import queries
from statetrace_ui.attention.forms import AttentionFilter, KeyForm, SeenForm
from statetrace_ui.attention.queries import Attention, Shown
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import parse_filters, parse_post
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, member_view
from statetrace_ui.web.ways_back import way_back


@require_GET
@member_view
def attention(request: Request) -> HttpResponse:
    """All of it, worst first, by kind and by whether it was seen."""
    form = parse_filters(AttentionFilter, request)
    found = queries.attention_of(request.membership)
    marked = form.cleaned_data.get("marked")
    context = {
        "form": form,
        "attention": found,
        "rows": [] if form.errors else _chosen(found, form),
        "marked": next((one for one in found.seen if one.concern.key == marked), None),
        "looked": queries.looked(request.membership),
        "now": timezone.now(),
        "back": request.get_full_path(),
    }
    status = 400 if form.errors else 200
    return page_or_partial(request, "attention/list.html", context, "rows", status=status)


def _chosen(found: Attention, form: AttentionFilter) -> list[Shown]:
    data = form.cleaned_data
    rows = {"": found.unseen, "seen": found.seen, "all": found.shown}[data["show"]]
    return [one for one in rows if data["kind"] in ("", one.concern.kind)]


@require_GET
@member_view
def strip(request: Request) -> HttpResponse:
    """The strip as it is now."""
    return render(request, "attention/strip.html#strip")


@require_GET
@member_view
def badges(request: Request) -> HttpResponse:
    """The counts of the rail as they are now."""
    return render(request, "attention/badges.html")


@require_POST
@member_view
def mark_seen(request: Request) -> HttpResponse:
    data = parse_post(SeenForm, request).cleaned_data
    if not queries.mark(request.membership, data["key"], data["occurrence"], data["severity"]):
        raise UserError(
            "This is over, or has begun anew since the page was made.", "Look at it again: it was not marked.", 409
        )
    return redirect(_with_marked(way_back(data["back"], "attention:list"), data["key"]))


def _with_marked(back: str, key: str) -> str:
    """The list it was marked on, which then offers to undo it; other pages as they are."""
    path, _, query = back.partition("?")
    if path != reverse("attention:list"):
        return back
    kept = [part for part in query.split("&") if part and not part.startswith("marked=")]
    return f"{path}?{'&'.join([*kept, urlencode({'marked': key})])}"


@require_POST
@member_view
def mark_not_seen(request: Request) -> HttpResponse:
    data = parse_post(KeyForm, request).cleaned_data
    queries.unmark(request.membership, data["key"])
    return redirect(way_back(data["back"], "attention:list"))
