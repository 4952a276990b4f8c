"""Pausing a source, giving it another password or address, and removing it, by pages and commands."""

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.capture import retained
from statetrace_ui.capture.changing import removal, service
from statetrace_ui.capture.models import Figures, SourceTask
from statetrace_ui.history.models import Change, Gap, Session, Source, Transaction
from statetrace_ui.web.models import Organisation
from tests.replica.conftest import run_worker
from tests.statetrace_ui.conftest import Audited, supervised
from tests.waiting import wait_until


def changes(kind: str = "U") -> int:
    return Change.objects.filter(kind=kind).count()


def slots(audited: Audited) -> int:
    return len(audited.rows("SELECT 1 FROM pg_replication_slots WHERE database = current_database()"))


@pytest.fixture
def shop(audited: Audited) -> Source:
    audited.run("CREATE TABLE item (id int PRIMARY KEY, name text)", "INSERT INTO item VALUES (1, 'a')")
    return audited.add()


def remove(client: Client, source: Source, **wish: str) -> SourceTask:
    answer = client.post(reverse("capture:remove", args=[source.pk]), {"confirmed": source.name, **wish})
    assert answer.status_code == 302, answer.content.decode()
    run_worker()
    return SourceTask.objects.latest("id")


def readdress(client: Client, source: Source, address: str, **wish: str) -> SourceTask:
    answer = client.post(reverse("capture:manage", args=[source.pk]), {"address": address, **wish})
    assert answer.status_code == 302, answer.content.decode()
    run_worker()
    return SourceTask.objects.latest("id")


@pytest.mark.long
def test_what_happens_during_a_pause_is_captured_afterwards(
    audited: Audited, shop: Source, operator_client: Client
) -> None:
    with supervised():
        audited.run("UPDATE item SET name = 'b'")
        wait_until(lambda: changes() == 1)
        operator_client.post(reverse("capture:pause", args=[shop.pk]))
        query = "SELECT 1 FROM pg_replication_slots WHERE active AND database = current_database()"
        wait_until(lambda: not audited.rows(query))
        audited.run("UPDATE item SET name = 'c'")
        retained.measure_resting()
        assert "Resume" in operator_client.get(reverse("capture:manage", args=[shop.pk])).content.decode()
        assert Figures.objects.get().retained_wal is not None
        assert changes() == 1
        operator_client.post(reverse("capture:resume", args=[shop.pk]))
        wait_until(lambda: changes() == 2)
    assert operator_client.post(reverse("capture:resume", args=[shop.pk])).status_code == 409
    said = SecurityEvent.objects.filter(event="source_paused").values_list("subject", flat=True)
    assert sorted(said) == ["shop: paused", "shop: resumed"]


@pytest.mark.long
def test_a_pause_during_the_first_reading_ends_it_and_it_begins_anew(audited: Audited, operator_client: Client) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)", "INSERT INTO item SELECT generate_series(1, 400000)")
    source = Source.objects.create(
        organisation=Organisation.objects.get(slug="acme"),
        name="shop",
        url=audited.url,
        slot_name="shop_slot",
        publication_name="shop_publication",
    )
    with supervised():
        wait_until(lambda: hasattr(Source.objects.get(), "baseline") and Source.objects.get().baseline.reading_since)
        call_command("pause_source", "shop", stdout=io.StringIO())
        wait_until(lambda: slots(audited) == 0)
        assert Source.objects.get().status == "stopped"
        assert changes("B") == 0
        call_command("pause_source", "shop", "--resume", stdout=io.StringIO())
        wait_until(lambda: Source.objects.get(pk=source.pk).status == "streaming")
    assert changes("B") == 400_000


def test_a_new_password_loses_nothing(audited: Audited, operator_client: Client) -> None:
    role = f"{audited.connection.info.dbname}_role"
    audited.run(f"CREATE ROLE {role} LOGIN SUPERUSER PASSWORD 'one'")
    audited.run("CREATE TABLE item (id int PRIMARY KEY, name text)", "INSERT INTO item VALUES (1, 'a')")
    try:
        call_command("add_source", "shop", audited.url_of_role(role, "one"), stdout=io.StringIO())
        source = Source.objects.get()
        audited.run(f"ALTER ROLE {role} PASSWORD 'two'")
        with supervised():
            wait_until(lambda: Source.objects.get().status == "error")
            audited.run("UPDATE item SET name = 'b'")
            wrong = readdress(operator_client, source, audited.url_of_role(role, "three"))
            assert (wrong.outcome, wrong.url) == ("failed", "")
            assert "three" not in wrong.error + wrong.error_detail
            right = readdress(operator_client, source, audited.url_of_role(role, "two"))
            assert (right.outcome, right.error) == ("done", "")
            wait_until(lambda: changes() == 1)
        assert not Gap.objects.exists()
        audited.run("SELECT 1")
    finally:
        call_command("remove_source", "shop", "--gone", stdout=io.StringIO())
        audited.run(f"REASSIGN OWNED BY {role} TO CURRENT_USER", f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_another_server_is_refused_unless_somebody_says_so(
    audited: Audited, shop: Source, operator_client: Client
) -> None:
    Source.objects.update(system_identifier="1")
    other = audited.url_of(audited.connection.info.dbname)
    refused = readdress(operator_client, shop, f"{other} port=5432")
    assert refused.outcome == "failed"
    assert "leads to another server" in refused.error
    after = Source.objects.get()
    assert (after.status, after.url, after.era) == ("streaming", audited.url, 0)
    taken = readdress(operator_client, shop, f"{other} port=5432", moved="on")
    assert (taken.outcome, taken.error) == ("done", "")
    with supervised():
        wait_until(lambda: Source.objects.get().status == "streaming")
    assert Gap.objects.count() == 1


def test_another_database_of_the_server_is_refused_though_the_present_address_fails(
    audited: Audited, shop: Source, operator_client: Client, new_database: Callable[..., str]
) -> None:
    broken = audited.url_of("missing")
    Source.objects.update(url=broken, status="error")
    refused = readdress(operator_client, shop, new_database())
    assert refused.outcome == "failed"
    assert "does not go on at this address without a gap" in refused.error
    after = Source.objects.get()
    assert (after.url, after.status, after.era) == (broken, "error", 0)
    assert readdress(operator_client, shop, audited.url).outcome == "done"


def test_a_source_that_was_disconnected_is_connected_again(
    audited: Audited, shop: Source, operator_client: Client
) -> None:
    remove(operator_client, shop, history="keep")
    task = readdress(operator_client, shop, audited.url)
    assert (task.outcome, task.error) == ("done", "")
    with supervised():
        wait_until(lambda: Source.objects.get().status == "streaming")
    assert [gap.reason for gap in Gap.objects.all()] == ["disconnected"]


def test_history_stays_unless_it_is_to_go(audited: Audited, shop: Source, operator_client: Client) -> None:
    preview = operator_client.get(reverse("capture:remove", args=[shop.pk])).content.decode()
    assert shop.slot_name in preview
    wrong = operator_client.post(reverse("capture:remove", args=[shop.pk]), {"history": "keep", "confirmed": "store"})
    assert wrong.status_code == 400
    task = remove(operator_client, shop, history="keep")
    assert task.outcome == "done"
    assert slots(audited) == 0
    assert changes("B") == 1
    assert Source.objects.get().url == ""
    task = remove(operator_client, shop, history="delete")
    assert (task.outcome, task.source) == ("done", None)
    assert [model.objects.exists() for model in (Source, Change, Transaction)] == [False] * 3
    page = operator_client.get(reverse("capture:source_task", args=[task.pk])).content.decode()
    assert "is removed with its history" in page
    assert SecurityEvent.objects.filter(event="source_removed", person_name="operator").count() == 2


def test_only_the_history_of_the_source_goes(audited: Audited, shop: Source, operator_client: Client) -> None:
    other = audited.add_elsewhere()
    Session.objects.create(source=other, key="s", started_at=timezone.now(), last_at=timezone.now())
    kept = Change.objects.filter(source=other).count()
    assert remove(operator_client, shop, history="delete").outcome == "done"
    assert Change.objects.count() == kept > 0
    assert Session.objects.count() == 1


def test_a_removal_that_was_killed_is_gone_on_with(
    audited: Audited, shop: Source, operator_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(removal, "_delete_by_places", killed)
        operator_client.post(reverse("capture:remove", args=[shop.pk]), {"confirmed": "shop", "history": "delete"})
        task = SourceTask.objects.get()
        with pytest.raises(SystemExit):
            service.perform(task.pk)
    assert SourceTask.objects.get().outcome == "running"
    assert Source.objects.exists()
    run_worker()
    SourceTask.objects.update(asked_at=timezone.now() - timedelta(minutes=2))
    assert service.defer_overdue() in (0, 1)
    run_worker()
    assert SourceTask.objects.get().outcome == "done"
    assert not Source.objects.exists()


def test_a_server_that_is_gone_keeps_nobody_from_removing_its_source(
    audited: Audited, shop: Source, operator_client: Client
) -> None:
    Source.objects.update(url=audited.url_of("missing"))
    task = remove(operator_client, shop, history="keep")
    assert task.outcome == "failed"
    assert Source.objects.get().status == "streaming"
    assert remove(operator_client, shop, history="keep", gone="on").outcome == "done"


def test_one_thing_at_a_time(audited: Audited, shop: Source, operator_client: Client) -> None:
    wish = {"confirmed": "shop", "history": "keep"}
    assert operator_client.post(reverse("capture:remove", args=[shop.pk]), wish).status_code == 302
    assert "under way" in operator_client.post(reverse("capture:remove", args=[shop.pk]), wish).content.decode()
    assert operator_client.post(reverse("capture:pause", args=[shop.pk])).status_code == 409
