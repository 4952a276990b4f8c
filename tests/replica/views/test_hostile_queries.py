"""No query string makes a page of captured sessions fail."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.hostile import errors_of
from tests.replica.captured import FLOW, FULL, Captured

PAGES = {
    reverse("replica:flows"): ["cursor"],
    reverse("replica:flow", args=[FLOW]): ["status", "tag", "since", "until", "measurement", "colour", "cursor"],
    reverse("replica:compare"): ["flow", "base", "new", "excluded", "time", "side", "tick", "shown"],
    f"{reverse('replica:compare')}?flow={FLOW}&base={FULL}": ["new"],
    reverse("replica:session", args=[FULL]): ["from", "to"],
    reverse("replica:series", args=[FULL]): ["from", "to", "series"],
    reverse("replica:series_data", args=[FULL]): ["from", "to", "series"],
    reverse("replica:network", args=[FULL]): ["host", "q", "failed"],
    reverse("replica:issue", args=[FULL, "i1", "p1"]): ["category"],
}


@pytest.mark.long
@pytest.mark.parametrize("address", PAGES)
def test_junk_is_answered(address: str, reader_client: Client, captured_replica: Captured) -> None:
    assert errors_of(reader_client, address, PAGES[address]) == []
