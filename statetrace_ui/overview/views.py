"""The first page, how each person arranges it, and the organisation's note."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from statetrace_ui.history.queries import sources_of
from statetrace_ui.overview.activity import counts
from statetrace_ui.overview.arranging import arrange, arrange_as_usual, hidden_cards, shown_cards
from statetrace_ui.overview.asked import Asked
from statetrace_ui.overview.cards import Filled, filled
from statetrace_ui.overview.forms import RANGES, MoveForm, NoteForm, RangeForm
from statetrace_ui.overview.moves import Move
from statetrace_ui.overview.notes import note_of, write_note
from statetrace_ui.web.forms import parse_filters, parse_post, parse_query
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, manager_view, member_view


@require_GET
@member_view
def home(request: Request) -> HttpResponse:
    """The page; for its own poll, the cards alone."""
    form = parse_filters(RangeForm, request)
    context = {"form": form, "ranges": RANGES, "note": note_of(request.organisation)}
    if not form.errors:
        context["cards"] = _cards(request, _asked(request, form))
    return page_or_partial(request, "overview/page.html", context, "cards", status=400 if form.errors else 200)


@require_GET
@member_view
def change_counts(request: Request) -> HttpResponse:
    """The numbers of the chart, for people who cannot see it or want to copy them."""
    form = parse_query(RangeForm, request)
    return render(request, "overview/counts.html", counts(_asked(request, form)))


def _asked(request: Request, form: RangeForm) -> Asked:
    now = timezone.now()
    return Asked(request.organisation, *form.period(now), now)


def _cards(request: Request, asked: Asked) -> list[Filled]:
    has_source = sources_of(request.organisation).exists()
    cards = shown_cards(request.membership)
    return [filled(card, asked) for card in cards if has_source or not card.of_changes]


@require_http_methods(["GET", "POST"])
@member_view
def arrangement(request: Request) -> HttpResponse:
    if request.method == "POST":
        if "reset" in request.POST:
            arrange_as_usual(request.membership)
        else:
            data = parse_post(MoveForm, request).cleaned_data
            arrange(request.membership, data["card"], Move(data["move"]))
        if not request.htmx:
            return redirect("arrangement")
    context = {"shown": shown_cards(request.membership), "hidden": hidden_cards(request.membership), "moves": Move}
    return page_or_partial(request, "overview/arrangement.html", context, "cards")


@require_http_methods(["GET", "POST"])
@manager_view
def note(request: Request) -> HttpResponse:
    kept = note_of(request.organisation)
    form = NoteForm(request.POST or None, initial={"text": kept.text, "until": kept.until} if kept else None)
    if request.method == "POST" and form.is_valid():
        write_note(request.organisation, request.user, form.cleaned_data["text"], form.cleaned_data["until"])
        return redirect("home")
    return render(request, "overview/note.html", {"form": form, "note": kept}, status=400 if form.errors else 200)
