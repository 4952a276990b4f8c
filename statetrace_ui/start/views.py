"""First steps: the page, its lights, files that are dropped on it, and sample data."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from replica.exports.models import UserFlowExport
from statetrace_ui.start import dismissals
from statetrace_ui.start.forms import DismissForm, ImportForm
from statetrace_ui.start.importing import import_uploads
from statetrace_ui.start.sample import service as sample
from statetrace_ui.start.shown import shown_steps
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import parse_post
from statetrace_ui.web.requests import Request, manager_view, member_view


@require_GET
@member_view
def first_steps(request: Request) -> HttpResponse:
    aside = dismissals.is_dismissed(request.membership, dismissals.FIRST_STEPS)
    return render(request, "start/page.html", {"start": shown_steps(request.organisation), "aside": aside})


@require_GET
@member_view
def lights(request: Request) -> HttpResponse:
    """Which steps are taken by now, as parts that go to their places on the page."""
    return render(request, "start/lights.html", {"start": shown_steps(request.organisation), "apart": True})


@require_POST
@manager_view
def import_session(request: Request) -> HttpResponse:
    """A fragment for the page's script, a page without it."""
    user_flow = parse_post(ImportForm, request).cleaned_data["user_flow"]
    written = import_uploads(request.organisation, user_flow, request.FILES.getlist("files"))
    export = UserFlowExport.objects.get(organisation=request.organisation, name=user_flow)
    template = "start/imported.html" if request.htmx else "start/imported_page.html"
    return render(request, template, {"export": export, "sessions": written})


@require_POST
@manager_view
def put_sample(request: Request) -> HttpResponse:
    sample.put_in(request.organisation)
    return redirect("start:page")


@require_POST
@manager_view
def take_sample(request: Request) -> HttpResponse:
    sample.take_out(request.organisation, request.user.get_username())
    return redirect("start:page")


@require_POST
@member_view
def dismiss(request: Request) -> HttpResponse:
    for_all = parse_post(DismissForm, request).cleaned_data["for_all"]
    if for_all and not request.membership.may_manage:
        raise UserError("Only managers can hide this for everybody.", "Hide it for yourself.", status=403)
    dismissals.dismiss(request.membership, dismissals.FIRST_STEPS, for_all)
    return redirect("home")


@require_POST
@member_view
def leave_tour(request: Request) -> HttpResponse:
    """It does not begin by itself any more; its stops keep their addresses."""
    dismissals.dismiss(request.membership, dismissals.TOUR)
    return redirect("home")


@require_POST
@member_view
def bring_back(request: Request) -> HttpResponse:
    dismissals.bring_back(request.membership, dismissals.FIRST_STEPS)
    return redirect("start:page")
