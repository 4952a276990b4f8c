"""A worker notes when what needs attention began, got worse, was over, and began anew."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from replica.comparisons.baselines import Standing
from replica.exports.models import UserFlowExport
from statetrace_ui.attention import gathering, noting
from statetrace_ui.attention.models import Look, Occurrence
from statetrace_ui.attention.noting import look, look_for_all
from statetrace_ui.history.models import Source
from statetrace_ui.web.concerns import Concern, Severity
from statetrace_ui.web.errors import UserError
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


@pytest.fixture
def replica_says(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The flows that are slower than their baselines, id → name; an error under "error"."""
    slower: dict[str, str] = {}

    class Slower(Standing):
        is_slower = True

    def standings(_: Organisation, __: object) -> dict[str, Standing]:
        if "error" in slower:
            raise UserError("The replica did not answer.")
        return {flow: Slower(flow, name, None) for flow, name in slower.items()}  # type: ignore[arg-type]

    monkeypatch.setattr(noting, "read_replica", standings)
    monkeypatch.setattr(noting, "FLOWS_EACH", dt.timedelta())
    return slower


@pytest.fixture
def baseline(organisation: Organisation) -> None:
    organisation.baselines.create(user_flow_id="flow-1", words="the first ten", kept_by="Mei")


@pytest.mark.usefixtures("baseline")
def test_a_flow_that_got_slower_is_told_without_asking_the_replica(
    organisation: Organisation, reader_client: Client, replica_says: dict[str, str]
) -> None:
    replica_says["flow-1"] = "Checkout"
    look(organisation)
    page = reader_client.get("/attention/").content.decode()
    assert "The user flow Checkout is slower than its baseline." in page
    assert "flow=flow-1&amp;base=baseline&amp;new=newest:10" in page
    replica_says["error"] = ""
    look(organisation)
    assert noted(organisation) == [("flow flow-1", False)]  # a replica that is silent says nothing
    replica_says.clear()
    look(organisation)
    assert noted(organisation) == [("flow flow-1", True)]


@pytest.mark.usefixtures("baseline")
def test_flows_are_not_compared_each_minute(
    organisation: Organisation, replica_says: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    look(organisation)
    monkeypatch.setattr(noting, "FLOWS_EACH", dt.timedelta(minutes=5))
    replica_says["flow-1"] = "Checkout"
    look(organisation)
    assert noted(organisation) == []
    Look.objects.update(flows_at=timezone.now() - dt.timedelta(minutes=6))
    look(organisation)
    assert noted(organisation) == [("flow flow-1", False)]


def test_one_organisation_that_fails_keeps_no_other_waiting(
    organisation: Organisation, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    Organisation.objects.create(name="Before", slug="before")
    Source.objects.update(status="stopped")

    def fails(asked: Organisation, _: object) -> None:
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
