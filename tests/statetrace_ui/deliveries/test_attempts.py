"""Deliveries from the row to the receiver: retried, given up, never doubled, never lost with a killed worker."""

import base64
import hashlib
import hmac
import json
import logging
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from statetrace_ui.deliveries import attempts, endpoints, tasks
from statetrace_ui.deliveries.models import Attempt, Delivery, Endpoint
from statetrace_ui.deliveries.sending import MAIL, Message, send
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation
from tests.replica.conftest import clear_queue, run_worker
from tests.statetrace_ui.deliveries.receiver import Handler, Receiver, say
from tests.waiting import wait_until

TOLD = Message("alert.matched", "Two\nchanges", "In words: two changes.", {"count": 2, "é": None})


def told(endpoint: Endpoint, key: str = "one") -> Delivery:
    return send(endpoint.organisation, endpoint, key, TOLD)


def make_due(**fields: Any) -> None:
    Delivery.objects.update(next_attempt_at=timezone.now(), **fields)


def state(delivery: Delivery) -> tuple[str, int]:
    delivery.refresh_from_db()
    return delivery.state, delivery.attempts


def test_an_endpoint_gets_event_subject_and_data_signed(endpoint: Endpoint, receiver: Receiver) -> None:
    delivery = told(endpoint)
    attempts.deliver(endpoint.pk)
    assert state(delivery) == ("delivered", 1)
    [message] = receiver.received
    content = json.loads(message.body)
    assert content.pop("timestamp") == delivery.created_at.isoformat()
    assert content == {
        "type": "alert.matched",
        "id": str(delivery.uid),
        "subject": "Two changes",
        "data": {"count": 2, "é": None},
    }
    headers = message.headers
    assert (headers["webhook-id"], headers["Content-Type"]) == (str(delivery.uid), "application/json")
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + message.body
    key = base64.b64decode(endpoint.secret.removeprefix("whsec_"))
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"


def test_a_mailbox_gets_subject_and_text(organisation: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "EMAIL_HOST", "mail.example.com")
    delivery = send(organisation, "ada@example.com", "one", TOLD)
    attempts.deliver(MAIL)
    assert state(delivery) == ("delivered", 1)
    [message] = mail.outbox
    assert (message.to, message.subject, message.body) == (["ada@example.com"], "Two changes", TOLD.text)
    assert message.extra_headers["Message-ID"] == f"<{delivery.uid}@localhost>"


def test_without_a_mail_server_the_log_says_so(organisation: Organisation) -> None:
    delivery = send(organisation, "ada@example.com", "one", TOLD)
    attempts.deliver(MAIL)
    assert state(delivery) == ("waiting", 1)
    assert "No mail server is set" in Attempt.objects.get().error


def test_the_same_key_is_the_same_delivery(endpoint: Endpoint, receiver: Receiver) -> None:
    assert told(endpoint).pk == told(endpoint).pk
    attempts.deliver(endpoint.pk)
    told(endpoint)
    attempts.deliver(endpoint.pk)
    assert len(receiver.received) == 1


def test_what_is_rolled_back_was_never_sent(endpoint: Endpoint) -> None:
    clear_queue()
    with transaction.atomic():
        told(endpoint)
        transaction.set_rollback(True)
    assert not Delivery.objects.exists()
    assert jobs() == 0


def jobs() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'deliver'")
        return int(cursor.fetchone()[0])


def test_a_failure_is_tried_again_after_a_pause_that_grows(endpoint: Endpoint, receiver: Receiver) -> None:
    receiver.answer = say(500, b"not now")
    delivery = told(endpoint)
    waits = []
    for _ in range(3):
        make_due()
        attempts.deliver(endpoint.pk)
        attempts.deliver(endpoint.pk)  # not due yet
        delivery.refresh_from_db()
        waits.append(round((delivery.next_attempt_at - timezone.now()).total_seconds() / 30))
    assert waits == [1, 3, 9]
    assert len(receiver.received) == 3
    assert {message.headers["webhook-id"] for message in receiver.received} == {str(delivery.uid)}
    assert set(Attempt.objects.values_list("status", "answer")) == {(500, "not now")}
    receiver.answer = say()
    make_due()
    attempts.deliver(endpoint.pk)
    assert state(delivery) == ("delivered", 4)


def test_it_is_given_up_at_last_and_sent_again_by_hand(endpoint: Endpoint, receiver: Receiver) -> None:
    receiver.answer = say(500)
    delivery = told(endpoint)
    for _ in range(attempts.MOST_ATTEMPTS + 2):
        make_due()
        attempts.deliver(endpoint.pk)
    assert state(delivery) == ("given_up", attempts.MOST_ATTEMPTS)
    assert delivery.finished_at
    assert len(receiver.received) == attempts.MOST_ATTEMPTS
    receiver.answer = say()
    endpoints.send_again(delivery)
    assert state(delivery) == ("waiting", 0)
    attempts.deliver(endpoint.pk)
    assert state(delivery) == ("delivered", 1)
    assert receiver.received[-1].headers["webhook-id"] == str(delivery.uid)


def test_all_pauses_together_are_bounded() -> None:
    pauses = sum((attempts.pause_after(number) for number in range(1, attempts.MOST_ATTEMPTS)), timedelta())
    assert timedelta(hours=24) < pauses < timedelta(hours=30)


def killed(delivery: Delivery) -> None:
    """As a worker leaves it that is killed after it began an attempt."""
    attempts._begin(delivery)


def test_what_a_killed_worker_left_is_sent_by_the_next_one(endpoint: Endpoint, receiver: Receiver) -> None:
    delivery = told(endpoint)
    killed(delivery)
    attempts.deliver(endpoint.pk)
    assert receiver.received == []  # whoever began may still be at it
    make_due()
    clear_queue()
    tasks.deliver_due(0)
    assert jobs() == 1
    attempts.deliver(endpoint.pk)
    assert state(delivery) == ("delivered", 2)
    first, second = Attempt.objects.order_by("id")
    assert (first.error, first.ended_at) == (attempts.KILLED, None)
    assert (second.error, second.status) == ("", 204)


def test_a_message_that_kills_its_worker_each_time_is_given_up(endpoint: Endpoint, receiver: Receiver) -> None:
    delivery = told(endpoint)
    for _ in range(attempts.MOST_ATTEMPTS):
        killed(delivery)
    make_due()
    attempts.deliver(endpoint.pk)
    assert state(delivery) == ("given_up", attempts.MOST_ATTEMPTS)
    assert not Attempt.objects.exclude(error=attempts.KILLED).exists()
    assert receiver.received == []


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_send_the_same_at_once(endpoint: Endpoint, receiver: Receiver) -> None:
    """The second one begins while the receiver still holds the first one's request."""
    arrived, released = threading.Event(), threading.Event()

    def answer(handler: Handler) -> None:
        arrived.set()
        released.wait(10)
        say()(handler)

    receiver.answer = answer
    delivery = told(endpoint)
    workers = [threading.Thread(target=work, args=(endpoint.pk,)) for _ in range(2)]
    workers[0].start()
    assert arrived.wait(60)
    make_due()  # even if it were due
    workers[1].start()
    workers[1].join()
    assert len(receiver.received) == 1
    released.set()
    workers[0].join()
    assert (state(delivery), len(receiver.received)) == (("delivered", 1), 1)


def work(endpoint_id: int) -> None:
    try:
        attempts.deliver(endpoint_id)
    finally:
        connection.close()


def test_a_server_that_does_not_answer_is_asked_once_whatever_waits(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "WEBHOOK_OWN_HOSTS", [])
    for number in range(5):
        told(endpoint, str(number))
    attempts.deliver(endpoint.pk)
    assert Attempt.objects.count() == 1
    assert not attempts.due(endpoint.pk).exists()


def test_one_message_that_a_server_refuses_does_not_hold_up_others(endpoint: Endpoint, receiver: Receiver) -> None:
    refused = told(endpoint, "first")

    def answer(handler: Handler) -> None:
        say(400 if handler.headers["webhook-id"] == str(refused.uid) else 204)(handler)

    receiver.answer = answer
    others = [told(endpoint, str(number)) for number in range(3)]
    attempts.deliver(endpoint.pk)
    assert state(refused) == ("waiting", 1)
    assert [state(other) for other in others] == [("delivered", 1)] * 3


def test_what_is_for_a_paused_endpoint_waits_until_it_goes_on(endpoint: Endpoint, receiver: Receiver) -> None:
    endpoints.set_paused(endpoint, True)
    delivery = told(endpoint)
    attempts.deliver(endpoint.pk)
    assert attempts.due_endpoints() == []
    assert receiver.received == []
    endpoints.set_paused(endpoint, False)
    assert attempts.due_endpoints() == [endpoint.pk]
    attempts.deliver(endpoint.pk)
    assert state(delivery) == ("delivered", 1)


def test_what_waits_for_a_removed_endpoint_is_given_up_and_stays_in_the_log(endpoint: Endpoint) -> None:
    delivery = told(endpoint)
    endpoints.remove(endpoint)
    assert state(delivery) == ("given_up", 0)
    assert (delivery.endpoint_id, delivery.to) == (None, "On-call")
    with pytest.raises(UserError):
        endpoints.send_again(delivery)


def test_after_a_new_secret_both_sign_for_a_day(endpoint: Endpoint, receiver: Receiver) -> None:
    old = endpoint.secret
    endpoints.renew_secret(endpoint)
    assert endpoint.secrets == [endpoint.secret, old]
    assert endpoint.secret != old
    told(endpoint)
    attempts.deliver(endpoint.pk)
    assert len(receiver.received[0].headers["webhook-signature"].split(" ")) == 2
    endpoint.secret_made_at -= timedelta(hours=25)
    assert endpoint.secrets == [endpoint.secret]


def test_neither_secrets_nor_paths_are_logged(
    endpoint: Endpoint, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    delivery = told(endpoint)
    with caplog.at_level(logging.DEBUG):
        for answer in (say(500), lambda handler: handler.connection.close()):
            receiver.answer = answer
            make_due()
            attempts.deliver(endpoint.pk)
    assert str(delivery.uid) in caplog.text
    stored = str(list(Attempt.objects.values_list()))
    for secret in ("hush", endpoint.secret, endpoint.secret.removeprefix("whsec_")):
        assert secret not in caplog.text
        assert secret not in stored


def test_addresses_and_secrets_are_encrypted_at_rest(endpoint: Endpoint) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT endpoint::text FROM deliveries_endpoint AS endpoint")
        (row,) = cursor.fetchone()
    assert "On-call" in row
    assert "hush" not in row
    assert endpoint.secret not in row


def test_a_lost_key_is_told_in_the_log_of_the_delivery(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    told(endpoint)
    monkeypatch.setattr(settings, "ENCRYPTION_KEYS", ["another key"])
    attempts.deliver(endpoint.pk)
    assert "restore its key in ENCRYPTION_KEYS" in Attempt.objects.get().error


def test_old_deliveries_are_forgotten(endpoint: Endpoint) -> None:
    old, young = told(endpoint, "old"), told(endpoint, "young")
    Delivery.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=31))
    tasks.forget_old_deliveries(0)
    assert list(Delivery.objects.all()) == [young]


@pytest.mark.django_db(transaction=True)
def test_a_worker_delivers_what_was_sent(endpoint: Endpoint, receiver: Receiver) -> None:
    clear_queue()
    with transaction.atomic():
        delivery = told(endpoint)
    run_worker()
    wait_until(lambda: state(delivery) == ("delivered", 1))
    assert len(receiver.received) == 1
