"""Syncs that fail or wait need attention, as workers noted them."""

import datetime as dt

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from replica.exports.concerns import concerns
from replica.exports.models import SyncRun, Target, UserFlowExport, Verification
from statetrace_ui.web.concerns import Concern, Kind, Severity
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.attention.conftest import MINUTE, make_run

HOUR = 60 * MINUTE


def the_only(organisation: Organisation) -> Concern:
    [concern] = concerns(organisation)
    return concern


def test_a_failing_sync_tells_its_message_and_since_when(organisation: Organisation, export: UserFlowExport) -> None:
    make_run(export, "done", 5 * HOUR)
    first = make_run(export, "failed", 4 * HOUR, error="The disk is full.")
    make_run(export, "cancelled", 3 * HOUR)
    make_run(export, "failed", 2 * HOUR, error="A table is missing.")
    make_run(export, "running", MINUTE)
    concern = the_only(organisation)
    assert (concern.what, concern.message) == ("The sync of Checkout fails.", "A table is missing.")
    assert (concern.kind, concern.severity) == (Kind.SYNC, Severity.URGENT)
    assert concern.since == first.finished_at
    assert concern.url == reverse("exports:export", args=[export.pk])


def test_one_that_never_succeeded_began_with_its_first_failure(
    organisation: Organisation, export: UserFlowExport
) -> None:
    first = make_run(export, "failed", 2 * HOUR)
    make_run(export, "failed", HOUR)
    assert the_only(organisation).since == first.finished_at


def test_one_that_has_recovered_is_told_no_more(organisation: Organisation, export: UserFlowExport) -> None:
    make_run(export, "failed", 2 * HOUR)
    make_run(export, "done", HOUR)
    assert list(concerns(organisation)) == []


def test_a_sync_that_nobody_takes_is_late(organisation: Organisation, export: UserFlowExport) -> None:
    run = make_run(export, "queued", 4 * MINUTE)
    assert list(concerns(organisation)) == []
    SyncRun.objects.filter(pk=run.pk).update(requested_at=timezone.now() - 6 * MINUTE)
    assert the_only(organisation).what == "The sync of Checkout waits: no worker has taken it."
    SyncRun.objects.filter(pk=run.pk).update(retry_at=timezone.now() + dt.timedelta(hours=1))
    assert list(concerns(organisation)) == []


def test_differences_of_the_newest_whole_verification_are_told(
    organisation: Organisation, export: UserFlowExport
) -> None:
    Verification.objects.create(export=export, by_content=True, outcome="done", differing=2)
    Verification.objects.create(export=export, by_content=True, outcome="done", is_whole=False)
    assert the_only(organisation).what == "Between Checkout and its source 2 sessions differ."
    Verification.objects.create(export=export, by_content=True, outcome="done")
    assert list(concerns(organisation)) == []


def test_a_target_whose_address_cannot_be_read_hides_nothing(
    organisation: Organisation, export: UserFlowExport, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Target.objects.create(organisation=organisation, name="Team Y", url="postgresql://u:p@h/d", place="h")
    UserFlowExport.every.filter(pk=export.pk).update(target=target)
    make_run(export, "failed", error="The disk is full.")
    monkeypatch.setattr(settings, "ENCRYPTION_KEYS", ["another key that decrypts nothing"])
    assert the_only(organisation).sentence == "The sync of Checkout → Team Y fails: The disk is full."


def test_another_organisation_is_told_nothing(stranger_client: Client, export: UserFlowExport) -> None:
    make_run(export, "failed", error="The disk is full.")
    assert "disk is full" not in stranger_client.get("/attention/").content.decode()
