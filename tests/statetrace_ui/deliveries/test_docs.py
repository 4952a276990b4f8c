"""The program that docs/webhooks.md gives to receivers knows what we send from what others send."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from statetrace_ui.deliveries import attempts, webhooks
from statetrace_ui.deliveries.endpoints import send_test
from statetrace_ui.deliveries.models import Endpoint, new_secret
from statetrace_ui.installation import ROOT
from tests.statetrace_ui.deliveries.receiver import Received, Receiver

Verify = Callable[[str, dict[str, str], bytes], bool]


@pytest.fixture
def verify() -> Verify:
    [program] = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "webhooks.md").read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(program, names)
    found: Verify = names["verify"]
    return found


@pytest.fixture
def message(endpoint: Endpoint, receiver: Receiver) -> Received:
    send_test(endpoint)
    attempts.deliver(endpoint.pk)
    [message] = receiver.received
    return message


def test_the_documented_program_verifies_what_we_send(verify: Verify, message: Received, endpoint: Endpoint) -> None:
    assert verify(endpoint.secret, message.headers, message.body)


def test_it_refuses_what_is_altered_old_or_of_somebody_else(
    verify: Verify, message: Received, endpoint: Endpoint
) -> None:
    assert not verify(new_secret(), message.headers, message.body)
    assert not verify(endpoint.secret, message.headers, message.body + b" ")
    assert not verify(endpoint.secret, {**message.headers, "webhook-id": "another"}, message.body)
    later = str(int(time.time()) + 200)
    assert not verify(endpoint.secret, {**message.headers, "webhook-timestamp": later}, message.body)


def test_what_it_refuses_for_its_age_alone_is_signed(
    verify: Verify, message: Received, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 400)
    assert not verify(endpoint.secret, message.headers, message.body)
    monkeypatch.setattr(time, "time", lambda: now)
    assert verify(endpoint.secret, message.headers, message.body)


def test_limits_that_the_page_names_are_those_of_the_code() -> None:
    text = (ROOT / "docs" / "webhooks.md").read_text()
    assert "within 15 s" in text
    assert "nine times within 28 hours" in text
    assert "1,024 bytes" in text
    assert (webhooks.ALL_SECONDS, attempts.MOST_ATTEMPTS, attempts.GROWTH, webhooks.LONGEST_ANSWER) == (15, 9, 3, 1024)
