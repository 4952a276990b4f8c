"""Fragments that explain one thing of a session."""

import pytest
from django.test import Client
from django.urls import reverse

from replica.views.inspect import indented
from tests.replica.captured import FULL, Captured


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (
            reverse("replica:label", args=[FULL, "l1"]),
            ["Open the list", "&quot;url&quot;: &quot;/lamps&quot;", "1.500 s"],
        ),
        (reverse("replica:exchange", args=[FULL, 1]), ["/lamps?page=2", "TLS handshake", "40 ms", "14.2 kB"]),
        (reverse("replica:exchange", args=[FULL, 3]), ["no answer", "not measured"]),
        (
            reverse("replica:issue", args=[FULL, "i2", "p1"]) + "?category=Slow+Downloads",
            ["api.shop.test", "reference event", reverse("replica:exchange", args=[FULL, 2])],
        ),
        (reverse("replica:thread", args=[FULL, 7, 2]), ["Thread 2", "3 s", "process=7&amp;thread=2"]),
    ],
)
def test_a_fragment_explains_what_is_selected(
    reader_client: Client, captured_replica: Captured, address: str, said: list[str]
) -> None:
    fragment = reader_client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    for words in said:
        assert words in fragment
    assert "<html" in reader_client.get(address).content.decode()


def test_json_is_indented_and_other_text_is_left() -> None:
    assert indented('{"a":[1]}') == '{\n  "a": [\n    1\n  ]\n}'
    assert indented("plain") == "plain"
    assert indented("[" * 100_000) == "[" * 100_000
    assert indented(None) == ""
