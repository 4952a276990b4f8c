"""Gaps on the pages: wherever changes are listed that may lack some."""

import base64
import datetime as dt
import html
import json
import re

import pytest
from django.test import Client

from statetrace_ui.history.gap_store import Loss, close, declare
from statetrace_ui.history.lanes import timeline_groups
from statetrace_ui.history.models import Action, Change, Gap, Relation, Source, UnreadAnnotation
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.rows import (
    HOSTILE,
    NOON,
    make_action,
    make_change,
    make_session,
    make_transaction,
    row,
)

HOUR = dt.timedelta(hours=1)
GAP = "were not captured"
LOSS = Loss(Gap.Reason.SLOT_GONE, f"the replication slot {HOSTILE} is gone", "secret words of the server")
RECORD = '/records/{source}/?table=public.orders&key=["{key}"]'


@pytest.fixture
def gap(change: Change, source: Source, orders: Relation) -> Gap:
    """From noon until two; an order was changed through an action before it, and another one was found after it."""
    declare(source, LOSS)
    found = make_transaction(source, NOON + 2 * HOUR, era=1, kind="resync")
    make_change(found, orders, "I", "8", new=row("8"))
    close(source, found.committed_at, 0x16_B374D848)
    return Gap.objects.get()


@pytest.fixture
def still_open(change: Change, source: Source) -> Gap:
    return declare(source, LOSS)


def seen(client: Client, address: str) -> str:
    """The words of a page."""
    answer = client.get(address)
    assert answer.status_code == 200
    assert HOSTILE.encode() not in answer.content
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.content.decode())).split())


@pytest.mark.parametrize(
    "address",
    [
        "/changes/",
        "/changes/?table=public.orders",
        "/changes/?kind=D",
        "/changes/?after=0",
        "/changes/?since=2026-03-14T13:00&until=2026-03-14T13:30",  # nothing was captured then
        "/changes/{entry}/",
        '/records/{source}/?table=public.orders&key=["7"]',
        "/sources/{source}/",
    ],
)
def test_a_gap_is_seen_with_both_ends_and_its_reason(reader_client: Client, gap: Gap, address: str) -> None:
    text = seen(reader_client, address.format(source=gap.source_id, entry=gap.entry))
    assert "Changes were not captured from" in text
    assert "16/B374D848" in text
    assert f"the replication slot {HOSTILE} is gone" in text
    assert "secret words" not in text


@pytest.mark.parametrize(
    "address",
    [
        "/changes/?since=2026-03-14T15:00",  # after it
        "/changes/?until=2026-03-14T11:00",  # before it
        "/changes/?after={after}",
        '/records/{source}/?table=public.orders&key=["8"]',  # first known after it
    ],
)
def test_a_gap_is_not_seen_where_it_took_nothing(
    reader_client: Client, gap: Gap, orders: Relation, address: str
) -> None:
    newest = Change.objects.order_by("-id")[0]
    make_change(make_transaction(gap.source, NOON + 4 * HOUR, era=1), orders, "I", "9", new=row("9"))
    assert "were not captured" not in seen(reader_client, address.format(source=gap.source_id, after=newest.id - 1))


@pytest.mark.parametrize("address", ["/sources/", "/sources/{source}/", "/changes/", "/changes/?source={source}"])
def test_an_open_gap_is_seen_at_once(reader_client: Client, still_open: Gap, address: str) -> None:
    text = seen(reader_client, address.format(source=still_open.source_id))
    assert "open gap" in text.lower()
    assert "were not captured since" in text.lower().replace("changes ", "")


def test_a_source_that_goes_on_compares_its_tables(reader_client: Client, still_open: Gap) -> None:
    Source.objects.update(status=Source.Status.BASELINE)
    assert "Comparing all tables" in seen(reader_client, f"/sources/{still_open.source_id}/")


def test_a_gap_of_others_is_nobodys_business(stranger_client: Client, still_open: Gap) -> None:
    assert "open gap" not in seen(stranger_client, "/changes/")
    assert "open gap" not in seen(stranger_client, "/sources/").lower()
    assert stranger_client.get(f"/changes/{still_open.entry}/").status_code == 404


def test_managers_read_the_words_of_the_server(manager_client: Client, gap: Gap) -> None:
    assert "The server says: secret words of the server" in seen(manager_client, f"/sources/{gap.source_id}/")


def test_a_gap_in_which_nothing_was_missed_says_so(reader_client: Client, gap: Gap) -> None:
    Gap.objects.update(missed=False)
    text = seen(reader_client, "/changes/")
    assert "Nothing was missed" in text
    assert "were not captured" not in text


def test_a_session_shows_the_gap_that_it_reaches_into(reader_client: Client, gap: Gap, action: Action) -> None:
    session = action.session
    assert session
    address = f"/sessions/{session.pk}/"
    assert "This session may have done more than is shown. Changes were not captured" in seen(reader_client, address)
    make_action(session, NOON + 3 * HOUR)
    groups = timeline_groups(session, NOON, 3 * 3_600_000.0, [gap])
    [lane] = next(group.lanes for group in groups if group.key == "gaps")
    assert [(span.start, span.end) for span in lane.spans] == [(0.0, 2 * 3_600_000.0)]
    Gap.objects.update(since_at=NOON + 4 * HOUR, until_at=NOON + 5 * HOUR)
    assert "may have done more" not in seen(reader_client, address)


def test_the_history_of_a_tables_shapes_shows_gaps(reader_client: Client, gap: Gap, orders: Relation) -> None:
    address = f"/sources/{gap.source_id}/shapes/?table=public.orders"
    assert f"change {gap.entry}" not in seen(reader_client, address)  # nothing is known of the table before it
    make_change(make_transaction(gap.source, era=1), orders, "S", record_key="")
    later = declare(gap.source, LOSS)
    assert f"change {later.entry}" in seen(reader_client, address)


def listed(client: Client, address: str, *words: str) -> list[str]:
    """Which of the words the page shows, in its order, as often as it does."""
    return re.findall("|".join(map(re.escape, (GAP, *words))), seen(client, address))


@pytest.fixture
def around(gap: Gap) -> Gap:
    """A session, an action of none, a migration, and an annotation not understood: twice before the gap, once after."""
    for number, at in enumerate((NOON - 2 * HOUR, NOON - HOUR, NOON + 3 * HOUR)):
        make_session(gap.source, f"around-{number}", at, actor_full_name=f"Person {number}")
        migration = make_transaction(gap.source, at, era=number // 2, kind="migration")
        make_action(None, at, url=f"/around/{number}", transaction=migration)
        UnreadAnnotation.objects.create(
            source=gap.source, at=at, commit_lsn=number + 1, reason=f"Reason {number}", content="{}"
        )
    return gap


LISTS = {
    "/sessions/": ("Person 0", "Person 1", "Person 2"),
    "/sources/{}/annotations/": ("Reason 0", "Reason 1", "Reason 2"),
    "/sources/{}/migrations/": ("/around/0", "/around/1", "/around/2"),
    "/sources/{}/actions/": ("/around/0", "/around/1", "/around/2"),
}


@pytest.mark.parametrize("address", LISTS)
def test_a_gap_stands_between_what_happened_before_and_after_it(
    reader_client: Client, around: Gap, address: str
) -> None:
    first, second, after = LISTS[address]
    assert listed(reader_client, address.format(around.source_id), first, second, after) == [after, GAP, second, first]


@pytest.mark.parametrize("address", LISTS)
def test_pages_share_a_gap_between_them_once(
    reader_client: Client, around: Gap, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, after = LISTS[address]
    address = address.format(around.source_id)
    monkeypatch.setattr("statetrace_ui.web.paging.newest_merged.__defaults__", ("", 1))
    monkeypatch.setattr("statetrace_ui.web.paging.newest_first.__defaults__", ("", 1))
    shown: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = reader_client.get(address, {"cursor": cursor})
        shown += listed(reader_client, f"{address}?cursor={cursor}", first, second, after)
        cursor = answer.context["page"].older
    assert shown == [after, GAP, second, first]


@pytest.mark.parametrize("missing", [{"missed": False}, {"since_at": NOON - 9 * HOUR, "until_at": NOON - 8 * HOUR}])
def test_sessions_show_no_gap_that_took_none(reader_client: Client, around: Gap, missing: dict[str, object]) -> None:
    Gap.objects.update(**missing)
    assert GAP not in listed(reader_client, "/sessions/?since=2026-03-14T11:00&until=2026-03-14T18:00")


def test_sessions_of_others_show_no_gap(stranger_client: Client, around: Gap) -> None:
    assert GAP not in listed(stranger_client, "/sessions/")


@pytest.mark.parametrize("values", [["x", 1], [{"at": "0001-01-01T00:00:00"}, 1], [1]])
def test_an_empty_list_refuses_a_cursor_that_none_of_its_pages_has(
    reader_client: Client, organisation: Organisation, values: list[object]
) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
    assert reader_client.get("/sessions/", {"cursor": cursor}).status_code == 400
