"""Takes messages from other rooms: `send` writes a row in the caller's transaction; the job is but a hint to look."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.manager import JobManager

from statetrace_ui.deliveries.models import Delivery, Endpoint
from statetrace_ui.web.models import Organisation

TASK = "deliver"
LONGEST_SUBJECT = 300
MAIL = 0  # stands for all mailboxes where an endpoint's id is expected


@dataclass(frozen=True)
class Message:
    """What is told. event: its kind, for programs. subject, text: for people. data: for programs, as JSON.

    A mailbox gets subject and text, an endpoint gets event, subject and data. None of it is a secret.
    """

    event: str
    subject: str
    text: str
    data: Mapping[str, Any]


def send(organisation: Organisation, to: Endpoint | str, key: str, message: Message) -> Delivery:
    """Have the message delivered to an endpoint, or to a mailbox's address, once the caller's transaction is committed.

    key: what is sent a second time with the same key in an organisation is the same delivery, whatever the message.
    """
    endpoint = to if isinstance(to, Endpoint) else None
    wanted = {
        "endpoint": endpoint,
        "by_mail": endpoint is None,
        "to": str(to),
        "event": message.event,
        "subject": _subject(message),
        "body": _body(message, by_mail=endpoint is None),
    }
    with transaction.atomic():
        delivery, is_new = Delivery.objects.get_or_create(organisation=organisation, key=key, defaults=wanted)
        if is_new:
            defer(delivery.endpoint_id or MAIL)
    return delivery


def rewrite(delivery: Delivery, message: Message) -> None:
    """Keep another text than was sent, or is to be sent; what its server answered may have repeated the former one."""
    text = {"subject": _subject(message), "body": _body(message, delivery.by_mail)}
    if text != {"subject": delivery.subject, "body": delivery.body}:
        Delivery.objects.filter(pk=delivery.pk).update(**text)
        delivery.attempt_set.update(answer="")


def _subject(message: Message) -> str:
    return " ".join(message.subject.split())[:LONGEST_SUBJECT]


def _body(message: Message, by_mail: bool) -> str:
    return message.text if by_mail else json.dumps(message.data, ensure_ascii=False)


def send_again(delivery: Delivery) -> None:
    """Begin anew with a delivery that has ended. It keeps its id, by which a receiver knows what it has had."""
    with transaction.atomic():
        ended = Delivery.objects.filter(pk=delivery.pk).exclude(state=Delivery.State.WAITING)
        begun = ended.update(state=Delivery.State.WAITING, attempts=0, next_attempt_at=timezone.now(), finished_at=None)
        if begun:
            defer(delivery.endpoint_id or MAIL)


def defer(endpoint_id: int) -> None:
    """Queue a job that sends what is due to an endpoint, or to mailboxes; in the caller's transaction."""
    job = app.configure_task(TASK, task_kwargs={"endpoint_id": endpoint_id}).job
    JobManager(DjangoConnector()).defer_job(job)
