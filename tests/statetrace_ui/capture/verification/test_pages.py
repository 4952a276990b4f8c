"""What the source's page shows of verifications, and what managers start there."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django.fixtures import Settings

from statetrace_ui.capture import tasks
from statetrace_ui.capture.models import RowDifference, Verification, VerifiedTable
from statetrace_ui.capture.verification import runs
from statetrace_ui.history.models import Source
from statetrace_ui.web.models import Organisation

Outcome = Verification.Outcome


@pytest.fixture
def source(organisation: Organisation) -> Source:
    source = Source.objects.create(
        organisation=organisation, name="shop", url="postgresql://x@h/d", slot_name="s", publication_name="p"
    )
    Source.objects.update(status=Source.Status.STREAMING, added_at=timezone.now() - timedelta(days=30))
    return source


@pytest.fixture
def found(source: Source) -> Verification:
    """A run that found two rows of one table, and could not compare another."""
    run = Verification.objects.create(
        source=source, outcome=Outcome.DIFFERENT, tables_done=3, rows=1234, differences=2, not_compared=1
    )
    table = VerifiedTable.objects.create(
        verification=run, schema_name="public", table_name="item", rows=1200, differences=2
    )
    VerifiedTable.objects.create(
        verification=run, schema_name="public", table_name="secret", reason="The table cannot be read.", detail="of x"
    )
    VerifiedTable.objects.create(verification=run, schema_name="public", table_name="fine", rows=34)
    RowDifference.objects.create(table=table, kind="value", record_key='["<7>"]', columns=["name", "a<b"])
    RowDifference.objects.create(table=table, kind="missing", record_key='["8"]')
    return run


def text_of(client: Client, name: str, source: Source) -> str:
    return client.get(reverse(name, args=[source.pk])).content.decode()


def test_the_source_page_shows_the_last_result(reader_client: Client, found: Verification) -> None:
    text = text_of(reader_client, "history:source", found.source)
    assert "1,234 rows of 3" in text
    assert "public.item" in text
    assert "not compared: The table cannot be read." in text
    assert "public.fine" not in text


def test_the_page_lists_every_difference_with_its_record(reader_client: Client, found: Verification) -> None:
    text = text_of(reader_client, "capture:verification", found.source)
    assert "&lt;7&gt;" in text
    assert "a&lt;b" in text
    assert "Missing in history" in text
    assert f"/records/{found.source_id}/?table=public.item&amp;key=%5B%22%3C7%3E%22%5D" in text
    assert "key=%5B%228" not in text
    assert "of x" not in text
    assert "Verify now" not in text


def test_only_managers_see_the_words_of_the_server(
    reader_client: Client, manager_client: Client, found: Verification
) -> None:
    found.error, found.error_detail = "The source cannot be reached.", "host db.internal is away"
    found.save()
    assert "of x" in text_of(manager_client, "capture:verification", found.source)
    assert "db.internal" in text_of(manager_client, "capture:verification", found.source)
    for name in ("history:source", "capture:verification"):
        text = text_of(reader_client, name, found.source)
        assert "The source cannot be reached." in text
        assert "db.internal" not in text


def test_a_source_that_was_never_verified_says_so(reader_client: Client, source: Source) -> None:
    for name in ("history:source", "capture:verification"):
        assert "not compared with the tables yet" in text_of(reader_client, name, source)


@pytest.mark.long
def test_long_lists_of_differences_are_paged(reader_client: Client, found: Verification) -> None:
    table = VerifiedTable.objects.get(table_name="item")
    RowDifference.objects.bulk_create(
        RowDifference(table=table, kind="extra", record_key=f'["n{number}"]') for number in range(60)
    )
    first = reader_client.get(reverse("capture:verification", args=[found.source_id]))
    assert "n59" not in first.content.decode()
    older = first.context["page"].older
    second = reader_client.get(reverse("capture:verification", args=[found.source_id]), {"cursor": older})
    assert "n59" in second.content.decode()


def test_a_manager_starts_a_run_as_a_job_and_only_one(manager_client: Client, source: Source) -> None:
    for _ in range(2):
        answer = manager_client.post(reverse("capture:verify", args=[source.pk]))
        assert answer.status_code == 302
    run = Verification.objects.get()
    assert (run.outcome, run.names, run.mends, run.requested_by) == (Outcome.QUEUED, [], False, "manager")
    assert [job.args for job in ProcrastinateJob.objects.filter(task_name="verify_history")] == [{"run_id": run.pk}]


def test_mending_concerns_the_tables_that_differ(manager_client: Client, found: Verification) -> None:
    manager_client.post(reverse("capture:verify", args=[found.source_id]), {"mend": "yes"})
    run = Verification.objects.latest("id")
    assert (run.names, run.mends) == ([["public", "item"]], True)


def test_nothing_is_mended_where_nothing_differs(manager_client: Client, source: Source) -> None:
    manager_client.post(reverse("capture:verify", args=[source.pk]), {"mend": "yes"})
    assert not Verification.objects.exists()


def test_the_job_keeps_what_failed(source: Source, transactional_db: None) -> None:
    Source.objects.update(url="")
    run = runs.request(source)
    tasks.verify_history(run_id=run.pk)
    run.refresh_from_db()
    assert run.outcome == Outcome.FAILED
    assert run.error.startswith("No database is connected to shop")


def test_the_schedule_begins_a_run_when_the_last_one_is_old(source: Source, settings: Settings) -> None:
    settings.VERIFY_HOURS = 24
    old = Verification.objects.create(source=source, outcome=Outcome.CLEAN)
    part = Verification.objects.create(source=source, outcome=Outcome.CLEAN, names=[["public", "item"]])
    assert list(runs.due()) == []
    Verification.objects.filter(pk=old.pk).update(requested_at=timezone.now() - timedelta(hours=25))
    assert part.requested_at > timezone.now() - timedelta(hours=1)
    tasks.verify_due_sources(timestamp=0)
    assert Verification.objects.latest("id").outcome == Outcome.QUEUED
    assert list(runs.due()) == []


def test_a_run_whose_worker_was_lost_holds_up_no_other(source: Source, transactional_db: None) -> None:
    lost = Verification.objects.create(source=source, outcome=Outcome.RUNNING)
    tasks.verify_due_sources(timestamp=0)
    lost.refresh_from_db()
    assert (lost.outcome, lost.error) == (Outcome.FAILED, "It was broken off.")


def test_a_run_that_waits_for_a_worker_is_not_lost(source: Source, transactional_db: None) -> None:
    run = runs.request(source)
    runs.fail_lost()
    run.refresh_from_db()
    assert run.outcome == Outcome.QUEUED


def test_the_schedule_can_be_switched_off(source: Source, settings: Settings) -> None:
    settings.VERIFY_HOURS = 0
    assert list(runs.due()) == []
    settings.VERIFY_HOURS = 24
    assert list(runs.due()) == [source]
    Source.objects.update(status=Source.Status.STOPPED)
    assert list(runs.due()) == []
