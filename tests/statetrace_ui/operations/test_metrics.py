"""/metrics: for whoever has the token, what capture and the machine are doing, and nothing that is secret."""

import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from statetrace_ui.capture import worker
from statetrace_ui.capture.figures import Meter, count_error
from statetrace_ui.capture.models import Figures
from statetrace_ui.capture.verification.models import Verification
from statetrace_ui.history.gap_store import Loss, declare
from statetrace_ui.history.models import Gap, Source
from statetrace_ui.operations.metrics import page
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.conftest import Audited, stored, supervised
from tests.waiting import wait_until

TOKEN = "a-token-of-tests-0123456789-abcdef"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "METRICS_TOKEN", TOKEN)


@pytest.fixture
def source(organisation: Organisation) -> Source:
    return Source.objects.create(
        organisation=organisation,
        name='quo"te\nline',
        url="postgresql://statetrace:hidden@db.internal/shop",
        slot_name="s",
        publication_name="p",
        status=Source.Status.STREAMING,
        seen_at=timezone.now(),
        lag_bytes=17,
        error="It failed.",
        error_detail="role shop_owner",
    )


def scrape(client: Client) -> dict[str, Metric]:
    answer = client.get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    return {family.name: family for family in text_string_to_metric_families(answer.content.decode())}


def value(client: Client, name: str) -> float:
    page.forget()
    [sample] = [sample for family in scrape(client).values() for sample in family.samples if sample.name == name]
    return sample.value


def test_there_is_no_such_page_without_a_token(client: Client, db: None) -> None:
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.usefixtures("token", "db")
@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer x", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer é"])
def test_whoever_does_not_know_the_token_is_refused(client: Client, authorization: str) -> None:
    answer = client.get("/metrics", headers={"Authorization": authorization})
    assert answer.status_code == 401
    assert "statetrace_" not in answer.content.decode()


@pytest.mark.usefixtures("token")
def test_a_source_is_told_by_its_name_and_nothing_else(client: Client, source: Source) -> None:
    families = scrape(client)
    [lag] = families["statetrace_source_lag_bytes"].samples
    assert lag.labels == {"organisation": "acme", "source": 'quo"te\nline'}
    assert lag.value == 17
    assert [sample.value for sample in families["statetrace_source_up"].samples] == [1]
    text = client.get("/metrics", headers=BEARER).content.decode()
    assert not {word for word in ("hidden", "db.internal", "It failed", "shop_owner", TOKEN) if word in text}


@pytest.mark.usefixtures("token")
def test_a_source_whose_worker_is_silent_is_not_up(client: Client, source: Source) -> None:
    Source.objects.update(seen_at=timezone.now() - timedelta(minutes=5))
    assert value(client, "statetrace_source_up") == 0


@pytest.mark.usefixtures("token")
def test_counts_add_up_over_reports_and_workers(client: Client, source: Source) -> None:
    for rows in (10, 5):
        meter = Meter(source.pk, source.fence, source.slot_name)
        with meter.flush([]):
            pass
        meter.stored(1, rows)
        meter.report(idle=True)
    count_error(source.pk)
    assert value(client, "statetrace_source_rows_total") == 15
    assert value(client, "statetrace_source_transactions_total") == 2
    assert value(client, "statetrace_source_flushes_total") == 2
    assert value(client, "statetrace_source_errors_total") == 1
    assert value(client, "statetrace_source_lag_seconds") == 0


@pytest.mark.usefixtures("token")
def test_a_gap_is_told(client: Client, source: Source) -> None:
    assert value(client, "statetrace_source_gaps_total") == 0
    declare(source, Loss(Gap.Reason.SLOT_GONE, "the slot is gone"))
    assert value(client, "statetrace_source_gaps_total") == 1
    assert value(client, "statetrace_source_open_gap") == 1


def test_a_process_that_lost_the_source_counts_nothing(source: Source) -> None:
    Meter(source.pk, source.fence - 1, "s").report(idle=True)
    assert not Figures.objects.exists()


@pytest.mark.usefixtures("token")
def test_the_site_tells_of_its_databases_and_its_disk(client: Client, db: None) -> None:
    families = scrape(client)
    names = {sample.labels["database"] for sample in families["statetrace_database_bytes"].samples}
    assert names == {"dashboard", "store"}
    assert value(client, "statetrace_disk_bytes") >= value(client, "statetrace_disk_free_bytes") > 0
    assert value(client, "statetrace_capture_processes") == 0


@pytest.mark.usefixtures("token")
def test_scrapes_within_seconds_cost_one_look(client: Client, source: Source) -> None:
    before = client.get("/metrics", headers=BEARER).content
    source.delete()
    assert client.get("/metrics", headers=BEARER).content == before
    page.forget()
    assert client.get("/metrics", headers=BEARER).content != before


@pytest.fixture
def quick_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "CHECK_SECONDS", 0.05)


@pytest.mark.usefixtures("token", "quick_checks")
def test_a_worker_reports_what_it_stored_and_what_its_slot_keeps(client: Client, audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)")
    source = audited.add()
    with supervised():
        audited.run("INSERT INTO item SELECT generate_series(1, 20)")
        wait_until(lambda: len(stored("id")) == 20)
        wait_until(lambda: Figures.objects.filter(rows=20, transactions=1).exists())
        wait_until(lambda: Figures.objects.get().retained_wal is not None)
        assert value(client, "statetrace_source_retained_wal_bytes") >= 0
        assert value(client, "statetrace_source_flush_seconds_total") > 0
        assert value(client, "statetrace_capture_processes") == 1
        audited.run("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active")
        wait_until(lambda: Figures.objects.get(pk=source.pk).errors == 1)
    assert connection.connection is not None


@pytest.mark.usefixtures("token")
def test_the_last_verification_is_told(client: Client, source: Source) -> None:
    assert "statetrace_source_verified_clean" not in {name for name, family in scrape(client).items() if family.samples}
    for outcome, clean in ((Verification.Outcome.CLEAN, 1), (Verification.Outcome.DIFFERENT, 0)):
        Verification.objects.create(source=source, outcome=outcome, finished_at=timezone.now())
        assert value(client, "statetrace_source_verified_clean") == clean
    assert value(client, "statetrace_source_verified_timestamp_seconds") == pytest.approx(time.time(), abs=60)
