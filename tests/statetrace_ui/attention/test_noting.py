"""A worker notes when what needs attention began, got worse, was over, and began anew."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from replica.databases.models import Replica
from replica.exports.models import UserFlowExport
from replica.flow_trends.models import FlowReading, FlowTrend
from statetrace_ui.attention import gathering, noting
from statetrace_ui.attention.models import Look, Occurrence
from statetrace_ui.attention.noting import look, look_for_all
from statetrace_ui.history.models import Source
from statetrace_ui.web.concerns import Concern, Severity
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.attention.conftest import make_run


def noted(organisation: Organisation) -> list[tuple[str, bool]]:
    """What was noted, and whether it is over."""
    found = Occurrence.objects.filter(organisation=organisation).order_by("pk")
    return [(one.key, one.over_at is not None) for one in found]


def test_a_beginning_that_nobody_else_knows_is_noted_once(organisation: Organisation, source: Source) -> None:
    Source.objects.update(status="stopped")
    [before] = gathering.gathered(organisation)
    assert before.since is None
    look(organisation)
    look(organisation)
    [occurrence] = Occurrence.objects.all()
    [concern] = gathering.gathered(organisation)
    assert concern.since == occurrence.since == occurrence.noticed_at


def test_what_gets_worse_is_the_same(organisation: Organisation, source: Source) -> None:
    for status, severity in (("stopped", Severity.WARNING), ("error", Severity.URGENT)):
        Source.objects.update(status=status, error="The slot is gone.")
        look(organisation)
        assert [one.severity for one in Occurrence.objects.all()] == [severity]


def test_what_is_over_ends_and_what_comes_back_is_another(organisation: Organisation, source: Source) -> None:
    key = f"source {source.pk}"
    for status, expected in (
        ("stopped", [(key, False)]),
        ("streaming", [(key, True)]),
        ("stopped", [(key, True), (key, False)]),
    ):
        Source.objects.update(status=status, seen_at=timezone.now())
        look(organisation)
        assert noted(organisation) == expected


def test_what_began_anew_between_two_looks_is_another(organisation: Organisation, export: UserFlowExport) -> None:
    make_run(export, "failed")
    look(organisation)
    make_run(export, "done", dt.timedelta(seconds=2))
    make_run(export, "failed", dt.timedelta(seconds=1))
    look(organisation)
    assert noted(organisation) == [(f"sync {export.pk}", True), (f"sync {export.pk}", False)]


def test_a_look_that_is_killed_has_noted_nothing(
    organisation: Organisation, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    Source.objects.update(status="stopped")

    def killed(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Look.objects, "update_or_create", killed)
    with pytest.raises(KeyboardInterrupt):
        look(organisation)
    assert noted(organisation) == []


def remember(organisation: Organisation, **slower: bool) -> None:
    """What a worker has read of the organisation's replica: each flow's name, and whether it is slower."""
    replica, _ = Replica.objects.get_or_create(organisation=organisation, database="acme", login_role="acme")
    FlowReading.objects.update_or_create(replica=replica, defaults={"read_at": timezone.now()})
    for name, is_slower in slower.items():
        told = {"name": name, "sessions": 1, "is_slower": is_slower}
        FlowTrend.objects.update_or_create(replica=replica, user_flow_id=f"{name}-1", defaults=told)


def test_a_flow_that_got_slower_is_told_without_asking_the_replica(
    organisation: Organisation, reader_client: Client
) -> None:
    remember(organisation, Checkout=True, Search=False)
    look(organisation)
    page = reader_client.get("/attention/").content.decode()
    assert "The user flow Checkout is slower than its baseline." in page
    assert "flow=Checkout-1&amp;base=baseline&amp;new=newest:10" in page
    look(organisation)
    assert noted(organisation) == [("flow Checkout-1", False)]
    remember(organisation, Checkout=False)
    look(organisation)
    assert noted(organisation) == [("flow Checkout-1", True)]


def test_of_flows_that_nobody_has_read_nothing_is_over(organisation: Organisation, reader_client: Client) -> None:
    """A replica that was just made says nothing yet; one that is gone has no slow flow."""
    remember(organisation, Checkout=True)
    look(organisation)
    FlowReading.objects.update(read_at=None)
    FlowTrend.objects.all().delete()
    look(organisation)
    assert noted(organisation) == [("flow Checkout-1", False)]
    Replica.objects.all().delete()
    look(organisation)
    assert noted(organisation) == [("flow Checkout-1", True)]


def test_the_page_says_when_flows_were_last_compared(
    organisation: Organisation, source: Source, reader_client: Client
) -> None:
    assert "User flows were not held against baselines yet" in reader_client.get("/attention/").content.decode()
    remember(organisation)
    assert "User flows against their baselines: <time" in reader_client.get("/attention/").content.decode()


def test_one_organisation_that_fails_keeps_no_other_waiting(
    organisation: Organisation, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    Organisation.objects.create(name="Before", slug="before")
    Source.objects.update(status="stopped")

    def fails(asked: Organisation) -> None:
        if asked.slug == "before":
            raise RuntimeError

    monkeypatch.setattr(noting, "_slower", fails)
    look_for_all()
    assert len(noted(organisation)) == 1


def test_a_room_that_fails_takes_no_page_with_it(
    organisation: Organisation, reader_client: Client, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But its part is not noted as over: nobody knows."""
    Source.objects.update(status="stopped")
    look(organisation)

    def fails(_: Organisation) -> list[Concern]:
        raise RuntimeError

    monkeypatch.setattr(gathering, "ROOMS", (fails,))
    assert "could not be looked at" in reader_client.get("/attention/").content.decode()
    with pytest.raises(RuntimeError):
        look(organisation)
    assert noted(organisation) == [(f"source {source.pk}", False)]


def test_what_is_long_over_is_forgotten(organisation: Organisation) -> None:
    now = timezone.now()
    for days in (89, 91):
        over_at = now - dt.timedelta(days=days)
        shown = {"key": "x", "kind": "source", "severity": 1, "what": "", "url": ""}
        Occurrence.objects.create(organisation=organisation, since=over_at, over_at=over_at, **shown)
    noting.forget_old()
    assert Occurrence.objects.count() == 1


def test_badges_are_asked_for_once_in_some_seconds(
    organisation: Organisation, source: Source, settings: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}  # type: ignore
    assert gathering.lately(organisation) == []
    Source.objects.update(status="stopped")
    assert gathering.lately(organisation) == []
    assert len(gathering.gathered(organisation)) == 1
