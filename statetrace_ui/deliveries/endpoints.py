"""What managers do with endpoints and deliveries; each of it stands in the security log, without paths and secrets."""

import uuid

from django.db import transaction
from django.utils import timezone

from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.deliveries import sending
from statetrace_ui.deliveries.models import Delivery, Endpoint, new_secret
from statetrace_ui.deliveries.sending import Message
from statetrace_ui.deliveries.targets import parse
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation

MOST_ENDPOINTS = 50


def add(organisation: Organisation, name: str, url: str) -> Endpoint:
    """Raises BadTarget for an address that no webhook may go to, UserError for one endpoint too many."""
    target = parse(url)
    if organisation.endpoints.count() >= MOST_ENDPOINTS:
        raise UserError(f"There are {MOST_ENDPOINTS} endpoints already.", "Remove one that is not needed.")
    with transaction.atomic():
        endpoint = organisation.endpoints.create(name=name, url=url, host=target.authority)
        record(Event.ENDPOINT_ADDED, f"{name}: {target.authority}", organisation=organisation)
    return endpoint


def renew_secret(endpoint: Endpoint) -> None:
    """For a day what is sent is signed with the old one, too, so that the receiver misses nothing meanwhile."""
    endpoint.secret, endpoint.secret_before = new_secret(), endpoint.secret
    endpoint.secret_made_at = timezone.now()
    with transaction.atomic():
        endpoint.save(update_fields=["secret", "secret_before", "secret_made_at"])
        _record_change(endpoint, "secret renewed")


def set_paused(endpoint: Endpoint, paused: bool) -> None:
    endpoint.paused = paused
    with transaction.atomic():
        endpoint.save(update_fields=["paused"])
        _record_change(endpoint, "paused" if paused else "goes on")
        if not paused:
            sending.defer(endpoint.pk)


def remove(endpoint: Endpoint) -> None:
    """The log of its deliveries stays; what still waits is given up."""
    with transaction.atomic():
        waiting = endpoint.deliveries.filter(state=Delivery.State.WAITING)
        waiting.update(state=Delivery.State.GIVEN_UP, finished_at=timezone.now())
        organisation = endpoint.organisation
        record(Event.ENDPOINT_REMOVED, f"{endpoint}: {endpoint.host}", organisation=organisation)
        endpoint.delete()


def send_test(endpoint: Endpoint) -> Delivery:
    subject = "A test of this endpoint"
    message = Message("test", subject, subject, {"endpoint": endpoint.name})
    with transaction.atomic():
        _record_change(endpoint, "tested")
        return sending.send(endpoint.organisation, endpoint, f"test-{uuid.uuid4()}", message)


def send_again(delivery: Delivery) -> None:
    if not delivery.by_mail and delivery.endpoint_id is None:
        raise UserError("The endpoint of this delivery was removed.", "Add one, and have it told from now on.")
    with transaction.atomic():
        record(Event.DELIVERY_REPEATED, f"{delivery.uid} to {delivery.to}", organisation=delivery.organisation)
        sending.send_again(delivery)


def _record_change(endpoint: Endpoint, what: str) -> None:
    record(Event.ENDPOINT_CHANGED, f"{endpoint}: {what}", organisation=endpoint.organisation)
