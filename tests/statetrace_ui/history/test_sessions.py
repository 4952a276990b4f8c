import datetime as dt

import pytest
from django.test import Client

from statetrace_ui.history.models import Session, Source
from statetrace_ui.web.paging import PAGE_SIZE
from tests.statetrace_ui.history.rows import HOSTILE, NOON, make_session, make_source


def names(client: Client, query: str = "") -> list[str]:
    page = client.get(f"/sessions/{query}").context["page"]
    return [str(session) for session in page.rows]


@pytest.fixture
def people(source: Source) -> None:
    for index, (pk, name, email) in enumerate(
        [("1", "Ada Lovelace", "ada@example.com"), ("2", "Grace Hopper", "grace@navy.example"), ("12", "", "x@y.z")]
    ):
        at = NOON + dt.timedelta(days=index)
        make_session(source, f"s-{pk}", at, actor_id=pk, actor_full_name=name, actor_email=email)


def test_the_newest_session_comes_first(reader_client: Client, people: None) -> None:
    assert names(reader_client) == ["x@y.z", "Grace Hopper", "Ada Lovelace"]


def test_sessions_of_all_sources_are_merged_by_time(reader_client: Client, people: None, source: Source) -> None:
    other = make_source(source.organisation, "warehouse")
    make_session(other, at=NOON + dt.timedelta(days=1, hours=1), actor_full_name="Alan Turing")
    assert names(reader_client) == ["x@y.z", "Alan Turing", "Grace Hopper", "Ada Lovelace"]
    assert names(reader_client, f"?source={other.pk}") == ["Alan Turing"]


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("love", ["Ada Lovelace"]),
        ("ADA", ["Ada Lovelace"]),
        ("ada love", ["Ada Lovelace"]),
        ("grace@navy.example", ["Grace Hopper"]),
        ("2", ["Grace Hopper"]),
        ("12", ["x@y.z"]),
        ("1", ["x@y.z", "Ada Lovelace"]),
        ("nobody", []),
        ("!!!", []),
        ("it's \\ & | ! <-> :* (", []),
    ],
)
def test_an_actor_is_found_by_id_and_by_beginnings_of_words(
    reader_client: Client, people: None, term: str, found: list[str]
) -> None:
    page = reader_client.get("/sessions/", {"actor": term}).context["page"]
    assert [str(session) for session in page.rows] == found


def test_days_are_those_of_the_viewers_zone(reader_client: Client, source: Source) -> None:
    make_session(source, at=dt.datetime(2026, 3, 14, 23, 30, tzinfo=dt.UTC))
    reader_client.cookies["timezone"] = "Europe/Berlin"
    assert names(reader_client, "?since=2026-03-15&until=2026-03-15") == ["Ada Lovelace"]
    assert names(reader_client, "?until=2026-03-14") == []


@pytest.mark.parametrize("query", ["?since=yesterday", "?until=9999-12-31", "?since=2026-03-02&until=2026-03-01"])
def test_a_date_that_makes_no_sense_is_refused(reader_client: Client, source: Source, query: str) -> None:
    assert reader_client.get(f"/sessions/{query}").status_code == 400


def test_older_sessions_follow_as_a_fragment_without_gap_or_repetition(reader_client: Client, source: Source) -> None:
    for n in range(PAGE_SIZE + 5):
        make_session(source, f"s-{n}", NOON + dt.timedelta(seconds=n // 3))
    first = reader_client.get("/sessions/").context["page"]
    response = reader_client.get("/sessions/", {"cursor": first.older}, headers={"HX-Request": "true"})
    second = response.context["page"]
    assert len(first.rows) == PAGE_SIZE
    assert {row.pk for row in first.rows} | {row.pk for row in second.rows} == set(
        Session.objects.values_list("pk", flat=True)
    )
    assert len(second.rows) == 5
    assert b"<html" not in response.content
    assert b"Older sessions" not in response.content


def test_a_cursor_that_was_cut_short_is_refused(reader_client: Client, session: Session) -> None:
    assert reader_client.get("/sessions/?cursor=abc").status_code == 400


def test_foreign_text_is_escaped_and_no_foreign_picture_is_loaded(reader_client: Client, source: Source) -> None:
    make_session(
        source, actor_full_name=HOSTILE, client_user_agent=HOSTILE * 100, actor_avatar="https://evil.example/a.png"
    )
    text = reader_client.get("/sessions/").content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "evil.example" not in text


def test_the_first_page_teaches_how_to_get_sessions(manager_client: Client) -> None:
    text = manager_client.get("/sessions/").content.decode()
    assert "manage.py add_source NAME" in text
    assert "statetrace_ui.annotate" in text
