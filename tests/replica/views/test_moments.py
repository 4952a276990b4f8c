"""Both moments of an entry side by side, all that is paired around them, and the fields that requests altered."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from statetrace_ui.web.models import Organisation
from tests.replica.captured import Captured
from tests.replica.compare.planted import A_SIDE, FLOW, plant
from tests.statetrace_ui.history.rows import make_action, make_change, make_relation, make_session, make_source, row

ASKED = {"flow": FLOW, "base": "side=base", "new": "side=new"}
LABEL = "Pay · step"


@pytest.fixture
def planted(own_replica: Captured) -> Captured:
    plant(own_replica)
    return own_replica


def text(client: Client, name: str, **asked: str) -> str:
    answer = client.get(reverse(f"replica:{name}"), {**ASKED, **asked})
    assert answer.status_code == 200, answer.content
    return re.sub(r"\s+", " ", unescape(answer.content.decode()))


def entries(client: Client) -> dict[str, str]:
    """By name where each entry of what changed leads."""
    page = text(client, "compare")
    links = re.findall(r'<a class="name" href="([^"]+)"[^>]*>([^<]+)</a>', page)
    return {name: href for href, name in links}


@pytest.mark.parametrize(
    ("name", "fragments"),
    [
        ("The whole flow", ["/captured/base-3/explained/?from=0.000&to=1021.000", "/captured/new-3/explained/?from=0"]),
        ("Pay", ["/captured/base-3/explained/?from=600.000&to=821.000", "/captured/new-3/explained/?from=600.000"]),
        ("/pay", ["/captured/base-3/network/2/", "/captured/new-3/network/2/"]),
        ("total", ["/captured/base-3/explained/?from=600.000&to=821.000", "/captured/new-3/explained/?from=600.000"]),
        ("Memory", ["/captured/base-3/explained/?from=600.000&to=821.000", "/captured/new-3/explained/?from=600.000"]),
        ("Taps", ["/captured/base-3/explained/", "/captured/new-3/explained/"]),
    ],
)
def test_each_entry_opens_its_two_moments(
    name: str, fragments: list[str], reader_client: Client, planted: Captured
) -> None:
    href = entries(reader_client)[name]
    page = unescape(reader_client.get(href).content.decode())
    shown = re.findall(r'hx-get="(/captured/[^"]+)"', page)
    assert [one[: len(two)] for one, two in zip(shown, fragments, strict=True)] == fragments
    assert [reader_client.get(one, headers={"HX-Request": "true"}).status_code for one in shown] == [200, 200]
    assert [*ASKED.values()] == [parse_qs(urlsplit(href).query)[one][0] for one in ASKED]


def test_labels_and_calls_lead_to_the_difference_of_their_flame_graphs(
    reader_client: Client, planted: Captured
) -> None:
    page = text(reader_client, "compare")
    links = [parse_qs(urlsplit(one).query) for one in re.findall(r'class="to-difference" href="([^"]+)"', page)]
    assert {(one.get("label", [""])[0], one.get("q", [""])[0]) for one in links} == {
        ("", ""),
        (LABEL, ""),
        (LABEL, "total"),
        ("Open · step", ""),
    }
    for one in links:
        asked = {name: values[0] for name, values in one.items()}
        assert reader_client.get(reverse("replica:flame_diff_tree"), asked).status_code == 200


def test_a_side_without_a_session_says_so(reader_client: Client, planted: Captured) -> None:
    page = text(reader_client, "moments", base_session="base-1", what="Gone")
    assert "No session of this side has it." in page
    assert reader_client.get(reverse("replica:moments"), {**ASKED, "base_session": "nobody"}).status_code == 404
    assert reader_client.get(reverse("replica:moments"), {"flow": FLOW}).status_code == 400


def paired(client: Client, label: str) -> dict[str, list[tuple[str, str, str, str]]]:
    """By kind: name, value of the base, of the new, and shift."""
    context = client.get(reverse("replica:compare_inside"), {**ASKED, "label": label}).context
    return {
        name: [(one.row.subject.name, one.row.base_text, one.row.new_text, one.row.shift_text) for one in lines]
        for name, lines, _ in context["families"]
    }


def test_all_that_is_paired_in_a_label_has_the_values_of_both_sides(reader_client: Client, planted: Captured) -> None:
    found = paired(reader_client, LABEL)
    assert found["Requests"][0] == ("/pay", "68 ms", "668 ms", "+600 ms")
    assert found["Time series"] == [("Memory", "103 MiB", "203 MiB", "+100 MiB")]
    assert list(found) == ["Requests", "Time series"]


def test_what_did_not_change_is_paired_too(reader_client: Client, planted: Captured) -> None:
    unchanged = paired(reader_client, "Open · step")
    assert ("/bills/*", "33 ms", "33 ms", "0 ms") in unchanged["Requests"]
    whole = paired(reader_client, "")
    assert [one[0] for one in whole["Requests"]][:2] == ["/pay", "/bills/*"]
    absent = reader_client.get(reverse("replica:compare_inside"), {**ASKED, "label": "Elsewhere"})
    assert absent.status_code == 404


def write(replica: Captured, organisation: Organisation, also: dict[str, tuple[str, ...]]) -> None:
    """Beside each captured session an audited one pays: it alters the total, and in the new ones what `also` says."""
    source = make_source(organisation)
    relation = make_relation(source)
    for side in ("base", "new"):
        for n in range(1, A_SIDE + 1):
            replica.execute(f"INSERT INTO session_tags VALUES ('{side}-{n}', 'statetrace_session_id', '{side} {n}')")
            session = make_session(source, key=f"{side} {n}")
            for url, altered in also.items():
                action = make_action(session, method="POST", url=url)
                before = row("7", status="open", total="1.00")
                after = before | dict.fromkeys(altered if side == "new" else altered[:1], "9.50")
                make_change(action.transaction, relation, "U", key="7", old=before, new=after)


def test_fields_that_paired_requests_alter_differently_are_told(
    organisation: Organisation, reader_client: Client, planted: Captured
) -> None:
    write(planted, organisation, {"/pay/7": ("total", "status"), "/ship/7": ("status",)})
    context = reader_client.get(reverse("replica:compare_fields"), ASKED).context["written"]
    assert context.sides == [A_SIDE, A_SIDE]
    [(name, [pair])] = context.differing
    assert (name, pair.table, pair.name, pair.presence) == ("POST /pay/*", "orders", "status", "new")
    assert (pair.base.altered, pair.base.updates, pair.new.altered, pair.new.updates) == (0, A_SIDE, A_SIDE, A_SIDE)
    assert context.alike == ["POST /ship/*"]
    page = text(reader_client, "compare")
    assert "What was written" in page
    assert reverse("replica:compare_fields") in page


def test_without_audited_sessions_it_says_so(reader_client: Client, planted: Captured) -> None:
    assert "No audited session is known beside" in text(reader_client, "compare_fields")
    assert "What was written" not in text(reader_client, "compare")
