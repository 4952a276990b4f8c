"""The page of what needs attention, the strip, the badges, and what each person has seen."""

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from replica.exports.models import SyncRun, UserFlowExport
from statetrace_ui.attention.models import Occurrence, Seen
from statetrace_ui.history.models import Source
from statetrace_ui.web.models import Membership, Organisation
from tests.statetrace_ui.attention.conftest import MINUTE, make_run
from tests.statetrace_ui.history.rows import HOSTILE, make_source

PAGE = "/attention/"


@pytest.fixture
def failing(export: UserFlowExport) -> SyncRun:
    return make_run(export, "failed", error="The disk is full.")


def rows(client: Client, query: str = "") -> list[str]:
    return [one.concern.key for one in client.get(PAGE + query).context["rows"]]


def mark(client: Client, number: int = 0, **changes: str) -> int:
    """Mark what the page shows at that place as seen."""
    concern = client.get(PAGE, {"show": "all"}).context["rows"][number].concern
    shown = {"key": concern.key, "occurrence": concern.occurrence, "severity": int(concern.severity)}
    return client.post("/attention/seen/", {**shown, **changes}).status_code


def test_where_nothing_needs_attention_it_says_what_was_checked(reader_client: Client, source: Source) -> None:
    page = reader_client.get(PAGE).content.decode()
    assert "All is well." in page
    assert "<title>Needs attention · Statetrace</title>" in page
    assert "All is well." in reader_client.get("/").content.decode()


def test_what_fails_stands_on_every_page(reader_client: Client, failing: SyncRun) -> None:
    for address in (PAGE, "/", "/changes/"):
        page = reader_client.get(address).content.decode()
        assert "<title>(1) " in page
        assert page.count(", 1 need attention") == 2  # at Attention and at Exports


def test_the_link_is_a_short_sentence_and_its_message_stands_beneath_cut(
    reader_client: Client, failing: SyncRun
) -> None:
    SyncRun.objects.filter(pk=failing.pk).update(error=f"The disk is full <b>. {'x' * 5000}")
    for address in (PAGE, "/"):
        page = reader_client.get(address).content.decode()
        assert "<bdi>The sync of Checkout fails.</bdi></a>" in page
        assert '<p class="message"><bdi>The disk is full &lt;b&gt;. xxx' in page
        assert "x" * 240 not in page


def test_viewers_are_told_whom_to_ask(reader_client: Client, manager_client: Client, failing: SyncRun) -> None:
    assert "Ask a manager to mend it" in reader_client.get(PAGE).content.decode()
    assert "Mend what the message names" in manager_client.get(PAGE).content.decode()


def test_worst_comes_first(reader_client: Client, organisation: Organisation, failing: SyncRun) -> None:
    stopped = make_source(organisation, status=Source.Status.STOPPED)
    assert rows(reader_client) == [f"sync {failing.export_id}", f"source {stopped.pk}"]
    assert rows(reader_client, "?kind=source") == [f"source {stopped.pk}"]


def test_what_is_seen_is_hidden_from_whom_has_seen_it(
    reader_client: Client, manager_client: Client, failing: SyncRun
) -> None:
    assert mark(reader_client) == 302
    assert rows(reader_client) == []
    assert "Nothing new since you looked." in reader_client.get("/").content.decode()
    assert len(rows(reader_client, "?show=seen")) == len(rows(manager_client)) == 1
    page = reader_client.get(f"{PAGE}?marked=sync+{failing.export_id}").content.decode()
    assert "Undo" in page
    reader_client.post("/attention/not-seen/", {"key": f"sync {failing.export_id}"})
    assert len(rows(reader_client)) == 1


def test_what_begins_anew_returns(reader_client: Client, failing: SyncRun) -> None:
    mark(reader_client)
    make_run(failing.export, "done")
    make_run(failing.export, "failed", dt.timedelta(seconds=1))
    assert len(rows(reader_client)) == 1


def test_what_gets_worse_returns(reader_client: Client, organisation: Organisation, source: Source) -> None:
    Source.objects.update(status=Source.Status.STOPPED)
    since = timezone.now() - MINUTE
    key = f"source {source.pk}"
    Occurrence.objects.create(organisation=organisation, key=key, kind="source", severity=2, what="", since=since)
    mark(reader_client)
    assert rows(reader_client) == []
    Source.objects.update(status=Source.Status.ERROR)
    assert rows(reader_client) == [key]


def test_nobody_marks_what_they_were_not_shown(reader_client: Client, failing: SyncRun) -> None:
    later = (timezone.now() + MINUTE).isoformat()
    assert mark(reader_client, occurrence=later) == 409
    assert mark(reader_client, key="sync 999") == 409
    assert mark(reader_client, severity="1") == 409
    assert mark(reader_client, severity="17") == 400
    assert not Seen.objects.exists()


def test_a_forged_way_back_leads_to_the_list(reader_client: Client, failing: SyncRun) -> None:
    for back in ("https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"):
        answer = reader_client.post("/attention/not-seen/", {"key": "x", "back": back})
        assert answer["Location"] == PAGE


def test_what_is_over_is_forgotten(reader_client: Client, reader: User, failing: SyncRun) -> None:
    Seen.objects.create(membership=Membership.objects.get(user=reader), key="gone", occurrence="x", severity=1)
    mark(reader_client)
    assert [seen.key for seen in Seen.objects.all()] == [f"sync {failing.export_id}"]


def test_foreign_words_are_text(reader_client: Client, failing: SyncRun) -> None:
    SyncRun.objects.update(error=HOSTILE)
    assert "<script>alert(1)" not in reader_client.get(PAGE).content.decode()


def test_filters_that_are_not_known_are_told(reader_client: Client) -> None:
    page = reader_client.get(f"{PAGE}?kind=moon")
    assert page.status_code == 400
    assert "Choose one of the list." in page.content.decode()


def test_badges_and_strip_are_asked_for_alone(reader_client: Client, failing: SyncRun) -> None:
    badges = reader_client.get("/attention/badges/").content.decode()
    assert 'data-count="1"' in badges
    assert badges.count('hx-swap-oob="true"') >= 6
    assert "The disk is full." in reader_client.get("/attention/strip/").content.decode()


def test_a_visitor_is_asked_nothing(client: Client, db: None) -> None:
    assert client.get(PAGE).status_code == 302
    assert "badge-" not in client.get("/account/login/").content.decode()
