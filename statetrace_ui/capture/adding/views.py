"""The pages on which managers add a source: its address, what is checked, what is captured. Each step is an address."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from statetrace_ui.capture.adding import creation, drafts
from statetrace_ui.capture.adding.forms import AddressForm, CursorForm, NewSourceForm, TablesForm
from statetrace_ui.capture.adding.models import SourceDraft
from statetrace_ui.capture.adding.progress import progress_of, tables_of
from statetrace_ui.capture.adding.survey import Survey
from statetrace_ui.history import queries
from statetrace_ui.web.forms import parse_post, parse_query
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, manager_view, member_view


def _draft(request: Request, pk: int) -> SourceDraft:
    return get_object_or_404(SourceDraft, pk=pk, organisation=request.organisation)


@sensitive_post_parameters("password", "address")
@require_http_methods(["GET", "HEAD", "POST"])
@manager_view
def add(request: Request) -> HttpResponse:
    """The first step: a name and an address."""
    form = NewSourceForm(request.POST or None, operator=request.user.is_superuser)
    if form.is_valid():
        data = form.cleaned_data
        draft = drafts.begin(request.organisation, data["name"], data["entered"], request.user)
        return redirect("capture:draft", draft.pk)
    context = {"form": form, "drafts": drafts.drafts_of(request.organisation)}
    return render(request, "capture/adding/address.html", context, status=400 if form.errors else 200)


@sensitive_post_parameters("password", "address")
@require_POST
@manager_view
def judge_address(request: Request) -> HttpResponse:
    """What is wrong with an address as far as it is typed. Nothing is called, and nothing of it is kept."""
    form = AddressForm(request.POST, operator=request.user.is_superuser)
    context = {"form": form, "entered": form.cleaned_data.get("entered") if form.is_valid() else None}
    return render(request, "capture/adding/judged.html", context)


@require_GET
@manager_view
def draft(request: Request, pk: int) -> HttpResponse:
    """The second step: what keeps the database from being captured."""
    shown = _draft(request, pk)
    return page_or_partial(request, "capture/adding/checks.html", {"draft": shown, "checks": shown.checks}, "checks")


@require_POST
@manager_view
def check_draft(request: Request, pk: int) -> HttpResponse:
    drafts.check_again(_draft(request, pk), request.user)
    return redirect("capture:draft", pk)


@sensitive_post_parameters("password", "address")
@require_http_methods(["GET", "HEAD", "POST"])
@manager_view
def readdress_draft(request: Request, pk: int) -> HttpResponse:
    shown = _draft(request, pk)
    form = AddressForm(request.POST or None, operator=request.user.is_superuser)
    if form.is_valid():
        drafts.readdress(shown, form.cleaned_data["entered"], request.user)
        return redirect("capture:draft", pk)
    context = {"form": form, "draft": shown}
    return render(request, "capture/adding/address.html", context, status=400 if form.errors else 200)


@require_POST
@manager_view
def remove_draft(request: Request, pk: int) -> HttpResponse:
    drafts.remove(_draft(request, pk))
    return redirect("history:sources")


@require_http_methods(["GET", "HEAD", "POST"])
@manager_view
def draft_tables(request: Request, pk: int) -> HttpResponse:
    """The third step: which tables there are, and which columns are masked. Then it becomes a source."""
    if request.method == "POST":
        # Another tab, or another manager, may have added it meanwhile: `create` says so.
        kept = SourceDraft.objects.filter(pk=pk, organisation=request.organisation).values_list("survey", flat=True)
        patterns = [secret.pattern for survey in kept for secret in Survey.from_json(survey).secrets]
        masked = parse_post(TablesForm, request, patterns=patterns).cleaned_data["masked"] if patterns else []
        return redirect("capture:progress", creation.create(pk, request.organisation, set(masked)).pk)
    shown = _draft(request, pk)
    if not shown.is_ready:
        return redirect("capture:draft", pk)
    return render(request, "capture/adding/tables.html", {"draft": shown, "survey": Survey.from_json(shown.survey)})


@require_GET
@member_view
def progress(request: Request, pk: int) -> HttpResponse:
    """The last step: the tables are read, and the first changes come."""
    source = queries.get_source_for(request.organisation, pk)
    cursor = parse_query(CursorForm, request).cleaned_data["cursor"]
    context = {
        "source": source,
        "progress": progress_of(source),
        "page": tables_of(source, cursor),
        "may_manage": request.membership.may_manage,
    }
    return page_or_partial(request, "capture/adding/progress.html", context, "progress")
