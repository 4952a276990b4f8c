"""What is wrong with a filter is said beside its field, on the page that has it; addresses keep the rest."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from statetrace_ui.history.models import Source
from statetrace_ui.web.models import Organisation
from tests.replica.captured import FLOW, FULL, Captured
from tests.statetrace_ui.history.rows import make_session, make_source


@pytest.fixture
def source(organisation: Organisation) -> Source:
    return make_source(organisation)


@pytest.mark.parametrize(
    ("address", "field", "problem"),
    [
        ("/changes/?since=2026-03-15&until=2026-03-01", "until", "The end is before the beginning."),
        ("/changes/?kind=odd", "kind", "Choose one of the list."),
        ("/changes/?source=999", "source", "Choose one of the list."),
        ("/sessions/?since=yesterday", "since", "Enter a valid date/time."),
        ("/sessions/?until=9999-12-31", "until", "Ensure this value is less than"),
    ],
)
def test_a_list_says_it_beside_the_field(
    reader_client: Client, source: Source, address: str, field: str, problem: str
) -> None:
    answer = reader_client.get(f"{address}&table=public.orders&actor=ada")
    assert answer.status_code == 400
    page = answer.content.decode()
    beside = page.partition(f'id="id_{field}_error"')[2].partition("</ul>")[0]
    assert problem in beside
    assert "public.orders" in page or 'value="ada"' in page
    assert "This address has a part" not in page
    assert "__all__" not in page


@pytest.mark.parametrize(
    ("name", "query", "field", "problem"),
    [
        ("flow", "?since=2026-03-15T10:00&until=2026-03-15T09:00", "until", "The end is before the beginning."),
        ("flow", "?tag=novalue", "tag", "Write a tag as key=value."),
        ("flow_labels", "?status=Odd", "status", "Choose one of the list."),
        ("series", "?from=5000&to=100", "to", "The end is before the beginning."),
    ],
)
def test_captured_pages_say_it_too(
    reader_client: Client, captured_replica: Captured, name: str, query: str, field: str, problem: str
) -> None:
    of = FLOW if name.startswith("flow") else FULL
    answer = reader_client.get(reverse(f"replica:{name}", args=[of]) + query)
    assert answer.status_code == 400
    beside = answer.content.decode().partition(f'id="id_{field}_error"')[2].partition("</ul>")[0]
    assert problem in beside


def test_what_nobody_typed_is_refused_as_before(reader_client: Client, source: Source) -> None:
    answer = reader_client.get(f"/sessions/?cursor={'x' * 600}")
    assert answer.status_code == 400
    assert "This address has a part that is not understood: cursor" in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("?since=2026-03-14T12:30", 1),
        ("?since=2026-03-14T12:31", 0),
        ("?until=2026-03-14T12:30", 1),
        ("?until=2026-03-14T12:29", 0),
        ("?since=2026-03-14&until=2026-03-14", 1),
        ("?until=2026-03-13", 0),
    ],
)
def test_a_period_has_whole_minutes_or_whole_days(
    reader_client: Client, source: Source, query: str, count: int
) -> None:
    make_session(source, at=dt.datetime(2026, 3, 14, 12, 30, 20, tzinfo=dt.UTC))
    assert len(reader_client.get(f"/sessions/{query}").context["page"].rows) == count


def test_a_day_in_an_address_is_shown_as_its_minutes(reader_client: Client, source: Source) -> None:
    page = reader_client.get("/sessions/?since=2026-03-14&until=2026-03-14").content.decode()
    assert 'value="2026-03-14T00:00"' in page
    assert 'value="2026-03-14T23:59"' in page


@pytest.mark.parametrize(("cookie", "theme"), [("dark", "dark"), ("light", "light"), ('"><b>', "auto"), ("", "auto")])
def test_pages_come_in_the_theme_of_the_cookie(client: Client, db: None, cookie: str, theme: str) -> None:
    client.cookies["theme"] = cookie
    for address in (reverse("login"), "/nowhere/"):
        assert f'data-theme="{theme}"' in client.get(address).content.decode()
