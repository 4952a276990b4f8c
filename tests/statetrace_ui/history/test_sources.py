import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from statetrace_ui.history.models import Source
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.rows import COLUMNS, make_relation, make_source


@pytest.mark.parametrize("address", ["/sources/", "/sources/{pk}/"])
def test_the_reports_of_a_source_are_shown_but_never_its_url(
    reader_client: Client, organisation: Organisation, address: str
) -> None:
    source = make_source(
        organisation, status="error", error="The slot is gone: <b>add it again</b>.", lag_bytes=1500,
        position=0x16_B374D848, seen_at=timezone.now(),
    )  # fmt: skip
    text = reader_client.get(address.format(pk=source.pk)).content.decode()
    assert "Failing" in text
    assert "&lt;b&gt;add it again" in text
    assert "1.50 kB" in text
    assert "16/B374D848" in text
    assert "do-not-show" not in text
    assert "db.example" not in text


def test_only_managers_see_the_words_of_a_server(
    reader_client: Client, client: Client, manager: User, organisation: Organisation
) -> None:
    source = make_source(
        organisation, status="error", error="The audited database cannot be reached.",
        error_detail='connection to "10.0.0.5" failed: <b>role "shop" does not exist',
    )  # fmt: skip
    client.force_login(manager)
    for address in ("/sources/", f"/sources/{source.pk}/"):
        seen_by_reader = reader_client.get(address).content.decode()
        assert "cannot be reached" in seen_by_reader
        assert "10.0.0.5" not in seen_by_reader
        seen_by_manager = client.get(address).content.decode()
        assert "10.0.0.5" in seen_by_manager
        assert "<b>role" not in seen_by_manager


def test_the_page_says_that_a_worker_is_silent_and_how_to_start_it(
    manager_client: Client, organisation: Organisation
) -> None:
    source = make_source(organisation, status="streaming", seen_at=timezone.now() - dt.timedelta(minutes=2))
    text = manager_client.get("/sources/").content.decode()
    assert "not reported for more than 30 s" in text
    assert "manage.py run_capture" in manager_client.get(f"/sources/{source.pk}/").content.decode()


def test_a_worker_that_reports_is_not_called_silent(reader_client: Client, organisation: Organisation) -> None:
    make_source(organisation, status="streaming", seen_at=timezone.now())
    assert "silent" not in reader_client.get("/sources/").content.decode()


def test_a_sources_tables_are_shown_in_their_newest_shape(reader_client: Client, source: Source) -> None:
    make_relation(source, columns=COLUMNS[:2])
    make_relation(source)
    make_relation(source, "<i>odd</i>", "sales", oid=1001, columns=[])
    response = reader_client.get(f"/sources/{source.pk}/")
    assert [(str(one), len(one.columns)) for one in response.context["relations"]] == [
        ("public.orders", 5),
        ("sales.<i>odd</i>", 0),
    ]
    assert "<i>odd" not in response.content.decode()


def test_the_list_refreshes_itself_by_its_rows(reader_client: Client, source: Source) -> None:
    text = reader_client.get("/sources/", headers={"HX-Request": "true"}).content.decode()
    assert text.lstrip().startswith("<tr>")


def test_a_recording_says_what_it_is_and_misses_no_worker(reader_client: Client, organisation: Organisation) -> None:
    recorded = make_source(organisation, status="recorded")
    Source.objects.filter(pk=recorded.pk).update(url="")
    for address in ("/sources/", f"/sources/{recorded.pk}/"):
        text = reader_client.get(address).content.decode()
        assert "A recording" in text
        assert "nothing will be added" in text
        assert "has not reported" not in text
        assert "silent" not in text


def test_a_source_that_was_removed_misses_no_worker(reader_client: Client, organisation: Organisation) -> None:
    removed = make_source(organisation, status="stopped")
    Source.objects.filter(pk=removed.pk).update(url="")
    text = reader_client.get(f"/sources/{removed.pk}/").content.decode()
    assert "no longer connected; the history stays" in text
    assert "silent" not in text
    assert "run_capture" not in text


@pytest.mark.parametrize(
    ("status", "minutes", "shown"),
    [("streaming", 0, True), ("streaming", 2, False), ("error", 0, False), ("stopped", 0, False)],
)
def test_what_arrives_is_shown_as_long_as_the_worker_reports(
    reader_client: Client, organisation: Organisation, status: str, minutes: int, shown: bool
) -> None:
    """A worker that was killed left behind what it had told last."""
    arriving = [{"xid": 4711, "rows": 1_200_000, "since": "2026-03-01T12:00:00+00:00"}]
    seen_at = timezone.now() - dt.timedelta(minutes=minutes)
    source = make_source(organisation, status=status, seen_at=seen_at, arriving=arriving)
    text = " ".join(reader_client.get(f"/sources/{source.pk}/").content.decode().split())
    assert ("4711</span>: 1,200,000 rows so far" in text) is shown
