"""Endpoints and the log of deliveries: every member sees that something was sent, managers what, and where to."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from statetrace_ui.deliveries import endpoints, queries
from statetrace_ui.deliveries.attempts import MOST_ATTEMPTS, content
from statetrace_ui.deliveries.forms import CursorForm, EndpointForm, PauseForm
from statetrace_ui.deliveries.mailing import can_mail
from statetrace_ui.deliveries.models import Delivery, Endpoint
from statetrace_ui.web.forms import parse_post, parse_query
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, manager_view, member_view


@require_GET
@member_view
def delivery_list(request: Request) -> HttpResponse:
    cursor = parse_query(CursorForm, request).cleaned_data["cursor"]
    context = _list_context(request, EndpointForm(organisation=request.organisation), cursor)
    return page_or_partial(request, "deliveries/list.html", context, "rows")


def _list_context(request: Request, form: EndpointForm, cursor: str = "") -> dict[str, Any]:
    return {
        "endpoints": list(queries.endpoints(request.organisation)),
        "page": queries.deliveries(request.membership, cursor=cursor),
        "form": form,
        "can_mail": can_mail(),
        "may_manage": request.membership.may_manage,
    }


@require_POST
@never_cache
@manager_view
def add_endpoint(request: Request) -> HttpResponse:
    """Answer with the endpoint's page itself: no other page shows the secret."""
    form = EndpointForm(request.POST, organisation=request.organisation)
    if not form.is_valid():
        return render(request, "deliveries/list.html", _list_context(request, form), status=400)
    endpoint = endpoints.add(request.organisation, **form.cleaned_data)
    return render(request, "deliveries/endpoint.html", _endpoint_context(request, endpoint, shows_secret=True))


@require_GET
@member_view
def endpoint(request: Request, pk: int) -> HttpResponse:
    cursor = parse_query(CursorForm, request).cleaned_data["cursor"]
    context = _endpoint_context(request, queries.get_endpoint_for(request.organisation, pk), cursor)
    return page_or_partial(request, "deliveries/endpoint.html", context, "rows")


def _endpoint_context(
    request: Request, endpoint: Endpoint, cursor: str = "", shows_secret: bool = False
) -> dict[str, Any]:
    may_manage = request.membership.may_manage
    return {
        "endpoint": endpoint,
        "address": queries.address_of(endpoint) if may_manage else "",
        "secret": endpoint.secret if shows_secret else "",
        "page": queries.deliveries(request.membership, endpoint, cursor),
        "may_manage": may_manage,
    }


@require_POST
@never_cache
@manager_view
def renew_secret(request: Request, pk: int) -> HttpResponse:
    endpoint = queries.get_endpoint_for(request.organisation, pk)
    endpoints.renew_secret(endpoint)
    return render(request, "deliveries/endpoint.html", _endpoint_context(request, endpoint, shows_secret=True))


@require_POST
@manager_view
def pause_endpoint(request: Request, pk: int) -> HttpResponse:
    paused = bool(parse_post(PauseForm, request).cleaned_data["paused"])
    endpoints.set_paused(queries.get_endpoint_for(request.organisation, pk), paused)
    return redirect("deliveries:endpoint", pk)


@require_POST
@manager_view
def remove_endpoint(request: Request, pk: int) -> HttpResponse:
    endpoints.remove(queries.get_endpoint_for(request.organisation, pk))
    return redirect("deliveries:list")


@require_POST
@manager_view
def send_test(request: Request, pk: int) -> HttpResponse:
    delivery = endpoints.send_test(queries.get_endpoint_for(request.organisation, pk))
    return redirect("deliveries:delivery", delivery.pk)


@require_GET
@member_view
def delivery(request: Request, pk: int) -> HttpResponse:
    shown = queries.get_delivery_for(request.membership, pk)
    may_manage = request.membership.may_manage
    context = {
        "delivery": shown,
        "attempts": queries.attempts(shown),
        "most_attempts": MOST_ATTEMPTS,
        "content": _content(shown) if may_manage else "",
        "may_manage": may_manage,
    }
    return page_or_partial(request, "deliveries/delivery.html", context, "live")


def _content(delivery: Delivery) -> str:
    return delivery.body if delivery.by_mail else content(delivery)


@require_POST
@manager_view
def send_again(request: Request, pk: int) -> HttpResponse:
    endpoints.send_again(queries.get_delivery_for(request.membership, pk))
    return redirect("deliveries:delivery", pk)
