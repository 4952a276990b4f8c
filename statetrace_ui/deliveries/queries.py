"""Reads endpoints and deliveries. Lists read neither addresses nor secrets."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from statetrace_ui.deliveries.models import Attempt, Delivery, Endpoint
from statetrace_ui.web.crypto import CredentialUnreadable
from statetrace_ui.web.models import Membership, Organisation
from statetrace_ui.web.paging import Page, newest_first

SECRET_FIELDS = ("url", "secret", "secret_before")


def endpoints(organisation: Organisation) -> QuerySet[Endpoint]:
    return Endpoint.objects.filter(organisation=organisation).defer(*SECRET_FIELDS).order_by("name")


def get_endpoint_for(organisation: Organisation, pk: int) -> Endpoint:
    """Its address and secret are read when they are asked for. Raises Http404."""
    return get_object_or_404(endpoints(organisation).select_related("organisation"), pk=pk)


def address_of(endpoint: Endpoint) -> str:
    """The whole address; '' if its key is missing."""
    try:
        return str(endpoint.url)
    except CredentialUnreadable:
        return ""


def deliveries(membership: Membership, endpoint: Endpoint | None = None, cursor: str = "") -> Page[Delivery]:
    """Newest first; of one endpoint, or of all."""
    rows = _seen_by(membership).defer("body")
    if endpoint:
        rows = rows.filter(endpoint=endpoint)
    return newest_first(rows, ("id",), cursor)


def sent(organisation: Organisation, event: str) -> QuerySet[Delivery]:
    """All that is still known of what was sent, or waits, of one kind."""
    return Delivery.objects.filter(organisation=organisation, event=event).order_by("-id")


def get_delivery_for(membership: Membership, pk: int) -> Delivery:
    """Raises Http404."""
    return get_object_or_404(_seen_by(membership).select_related("organisation"), pk=pk)


def attempts(delivery: Delivery) -> QuerySet[Attempt]:
    return delivery.attempt_set.order_by("-id")


def _seen_by(membership: Membership) -> QuerySet[Delivery]:
    """Who manages sees all of the organisation's; others see no mail: it is somebody's own."""
    rows = Delivery.objects.filter(organisation=membership.organisation_id)
    return rows if membership.may_manage else rows.filter(by_mail=False)
