"""Defaults of an organisation's exports, its targets and mirrors, and what others offer to its replica."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from replica.exports import choosing
from replica.exports.forms import DefaultsForm
from replica.exports.models import Mirror, Target, UserFlowExport
from replica.exports.options import defaults_of
from replica.exports.targets import service
from replica.exports.targets.forms import CopyForm, FollowForm, OfferForm, PlaceForm
from replica.schema.table_types import CHOOSABLE
from statetrace_ui.deliveries.mailing import can_mail
from statetrace_ui.deliveries.queries import endpoints
from statetrace_ui.web.forms import parse_post
from statetrace_ui.web.requests import Request, manager_view, member_view


@require_GET
@member_view
def settings(request: Request) -> HttpResponse:
    organisation = request.organisation
    context = {
        "defaults": defaults_of(organisation.pk),
        "table_types": CHOOSABLE,
        "endpoints": endpoints(organisation),
        "can_mail": can_mail(),
        "targets": Target.objects.filter(organisation=organisation).select_related("recipient").order_by("name"),
        "offers": Target.objects.filter(recipient=organisation).select_related("organisation").order_by("-id"),
        "mirrors": Mirror.objects.filter(organisation=organisation).order_by("name"),
        "may_manage": request.membership.may_manage,
    }
    return render(request, "exports/settings.html", context)


@require_POST
@manager_view
def set_defaults(request: Request) -> HttpResponse:
    data = parse_post(DefaultsForm, request, organisation=request.organisation).cleaned_data
    choosing.set_defaults(
        request.organisation, data["autosync"], choosing.choice_of(data), data["by_mail"], data["endpoint"]
    )
    return redirect("exports:settings")


@require_POST
@manager_view
def add_server(request: Request) -> HttpResponse:
    data = parse_post(PlaceForm, request).cleaned_data
    service.add_server(request.organisation, data["name"], data["url"], request.user.get_username())
    return redirect("exports:settings")


@require_POST
@manager_view
def offer(request: Request) -> HttpResponse:
    data = parse_post(OfferForm, request).cleaned_data
    service.offer(request.organisation, data["name"], data["recipient"], request.user.get_username())
    return redirect("exports:settings")


@require_POST
@manager_view
def accept_target(request: Request, pk: int) -> HttpResponse:
    """By a manager of the organisation whose replica it is."""
    target = get_object_or_404(Target, pk=pk, recipient=request.organisation, accepted_at=None)
    service.accept(target, request.user.get_username())
    return redirect("exports:settings")


@require_POST
@manager_view
def remove_target(request: Request, pk: int) -> HttpResponse:
    service.remove(get_object_or_404(Target, pk=pk, organisation=request.organisation))
    return redirect("exports:settings")


@require_POST
@manager_view
def add_mirror(request: Request) -> HttpResponse:
    data = parse_post(PlaceForm, request).cleaned_data
    added = service.add_mirror(request.organisation, data["name"], data["url"], request.user.get_username())
    return render(request, "exports/mirror.html", _flows(request, added))


@require_POST
@manager_view
def mirror(request: Request, pk: int) -> HttpResponse:
    """The flows of a mirror, to choose from. Its server is asked, so only managers may."""
    found = get_object_or_404(Mirror, pk=pk, organisation=request.organisation)
    return render(request, "exports/mirror.html", _flows(request, found))


def _flows(request: Request, mirror: Mirror) -> dict[str, object]:
    known = UserFlowExport.objects.filter(organisation=request.organisation).values_list("user_flow_id", flat=True)
    return {"mirror": mirror, "flows": service.flows_of(mirror), "known": set(known)}


@require_POST
@manager_view
def follow(request: Request, pk: int) -> HttpResponse:
    found = get_object_or_404(Mirror, pk=pk, organisation=request.organisation)
    export = service.follow(found, parse_post(FollowForm, request).cleaned_data["user_flow_id"])
    return redirect("exports:export", export.pk)


@require_POST
@manager_view
def remove_mirror(request: Request, pk: int) -> HttpResponse:
    service.remove(get_object_or_404(Mirror, pk=pk, organisation=request.organisation))
    return redirect("exports:settings")


@require_POST
@manager_view
def copy_to(request: Request, pk: int) -> HttpResponse:
    export = get_object_or_404(UserFlowExport, pk=pk, organisation=request.organisation)
    target = parse_post(CopyForm, request, export=export).cleaned_data["target"]
    return redirect("exports:export", service.copy_to(export, target).pk)
