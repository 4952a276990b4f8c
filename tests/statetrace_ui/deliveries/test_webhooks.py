"""How a webhook is posted: to whom, over what, for how long, and what is read of the answer. Servers are real."""

import socket
import threading
import time
from collections.abc import Callable

import pytest
from django.conf import settings

from statetrace_ui.deliveries import webhooks
from statetrace_ui.deliveries.outcomes import Outcome
from statetrace_ui.deliveries.webhooks import LONGEST_ANSWER, post
from tests.statetrace_ui.deliveries.receiver import Handler, Receiver, free_port, receiving, say
from tests.statetrace_ui.deliveries.test_targets import named


def sent(url: str) -> Outcome:
    return post(url, {"webhook-id": "1"}, b'{"a":1}')


def test_a_message_arrives_as_it_was_sent(receiver: Receiver) -> None:
    receiver.answer = say(202, b"thanks")
    assert sent(receiver.url("/hook?token=hush")) == Outcome(202, "thanks")
    [message] = receiver.received
    assert (message.path, message.body, message.headers["webhook-id"]) == ("/hook?token=hush", b'{"a":1}', "1")
    assert message.headers["Host"] == f"localhost:{receiver.port}"
    assert receiver.names == ["localhost"]


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503])
def test_another_status_than_success_is_a_failure(receiver: Receiver, status: int) -> None:
    receiver.answer = say(status, b"no")
    assert sent(receiver.url()) == Outcome(status, "no", "The server answered that it did not take the message.")


def test_a_private_host_that_nobody_allowed_is_not_even_connected_to(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "WEBHOOK_OWN_HOSTS", [])
    outcome = sent(receiver.url())
    assert outcome.status is None
    assert "localhost is at an address that is not public." in outcome.error
    assert receiver.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirection_is_not_followed(receiver: Receiver, status: int) -> None:
    with receiving() as inner:
        receiver.answer = say(status, Location=inner.url(host="127.0.0.1", scheme="http"))
        outcome = sent(receiver.url())
        assert (outcome.status, "redirection" in outcome.error) == (status, True)
        assert inner.connections == 0


def test_what_was_checked_is_what_is_called(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is looked up once: one that then stands for another address leads nowhere else (DNS rebinding)."""
    monkeypatch.setattr(settings, "WEBHOOK_OWN_HOSTS", ["hooks.example.com"])
    asked = named(monkeypatch, "127.0.0.1")
    assert sent(receiver.url(host="hooks.example.com")).error == ""
    assert asked == ["hooks.example.com"]
    assert receiver.names == ["hooks.example.com"]


def test_the_next_address_is_tried_where_one_takes_no_connection(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    named(monkeypatch, "127.0.0.9", "127.0.0.1")  # nobody listens at the first one
    assert sent(receiver.url()).error == ""


def test_a_certificate_of_another_name_is_not_accepted(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "WEBHOOK_OWN_HOSTS", ["other.example.com"])
    named(monkeypatch, "127.0.0.1")
    outcome = sent(receiver.url(host="other.example.com"))
    assert "certificate was not accepted: Hostname mismatch" in outcome.error
    assert receiver.received == []


def test_an_authority_that_nobody_trusts_is_not_accepted(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "WEBHOOK_CA_FILE", "")
    assert "certificate was not accepted" in sent(receiver.url()).error
    assert receiver.received == []


def test_proxies_of_the_environment_are_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert sent(receiver.url()).error == ""


def test_of_a_huge_answer_the_beginning_is_read(receiver: Receiver) -> None:
    written = 0

    def endless(handler: Handler) -> None:
        nonlocal written
        handler.send_response(200)
        handler.send_header("Content-Length", str(1 << 40))
        handler.end_headers()
        for _ in range(4096):
            written += handler.wfile.write(b"x" * 65536)

    receiver.answer = endless
    assert sent(receiver.url()) == Outcome(200, "x" * LONGEST_ANSWER)
    assert written < 1 << 28  # the connection was closed under it


def test_an_answer_that_no_text_can_hold_is_made_one(receiver: Receiver) -> None:
    receiver.answer = say(200, b"a\0b\xffc")
    assert sent(receiver.url()).answer == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"


def test_endless_headers_are_a_failure(receiver: Receiver) -> None:
    def answer(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X-Header: value\r\n" * 1000 + b"\r\n")

    receiver.answer = answer
    assert sent(receiver.url()) == Outcome(None, error="The connection failed: HTTPException.")


def drip(handler: Handler) -> None:
    """A byte of a header now and then: each read succeeds long before a socket's own limit."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        handler.wfile.write(b".")
        time.sleep(0.05)


def silent(handler: Handler) -> None:
    handler.connection.recv(1)  # until the client goes


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "ALL_SECONDS", 1.0)
    monkeypatch.setattr(webhooks, "CONNECT_SECONDS", 0.5)


@pytest.mark.parametrize("answer", [drip, silent])
def test_a_slow_server_is_left(receiver: Receiver, impatient: None, answer: Callable[[Handler], None]) -> None:
    receiver.answer = answer
    assert sent(receiver.url()) == Outcome(None, error="The server did not answer within 1 s.")


def test_a_slow_text_after_the_status_does_not_undo_a_delivery(receiver: Receiver, impatient: None) -> None:
    def slow(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nbegun")
        handler.connection.recv(1)

    receiver.answer = slow
    outcome = sent(receiver.url())
    assert (outcome.status, outcome.error) == (200, "")


def test_a_server_that_never_ends_its_greeting_is_left(impatient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the connection, and says nothing of TLS."""
    monkeypatch.setattr(settings, "WEBHOOK_OWN_HOSTS", ["localhost"])
    with socket.create_server(("127.0.0.1", 0)) as server:
        outcome = sent(f"https://localhost:{server.getsockname()[1]}/")
    assert outcome == Outcome(None, error="The server did not answer within 1 s.")


def test_a_resolver_that_does_not_answer_is_left(impatient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers.wait() and [])
    try:
        assert sent("https://hooks.example.com/") == Outcome(None, error="The server did not answer within 1 s.")
    finally:
        answers.set()


def test_a_closed_port_is_a_failure_that_names_no_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "WEBHOOK_OWN_HOSTS", ["localhost"])
    outcome = sent(f"https://localhost:{free_port()}/hook?token=hush")
    assert outcome == Outcome(None, error="The connection failed: Connection refused.")


def test_what_is_no_http_is_a_failure(receiver: Receiver) -> None:
    def answer(handler: Handler) -> None:
        handler.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n")

    receiver.answer = answer
    assert sent(receiver.url()) == Outcome(None, error="The connection failed: BadStatusLine.")


def test_plain_http_reaches_hosts_of_the_operator_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as plain:
        url = plain.url(scheme="http")
        assert "Use https" in sent(url).error
        assert plain.connections == 0
        monkeypatch.setattr(settings, "WEBHOOK_OWN_HOSTS", [f"localhost:{plain.port}"])
        assert sent(url) == Outcome(204)
