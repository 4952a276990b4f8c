"""Databases that say nothing hold up neither the list of exports nor what it says of the others."""

import socket
import time
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from replica.exports import state, waiting
from replica.exports.jobs import SETTLE_AFTER, SETTLING
from replica.exports.models import Target, UserFlowExport
from replica.exports.outcomes import RunOutcome
from replica.exports.sync import sync
from replica.exports.tasks import settle_export
from tests.relay import Way, relay
from tests.replica.conftest import AddSession

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("store", "empty_queue")]
ANSWERING, SILENT = 15, 5


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that accepts connections and then says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"postgresql://tool:word@127.0.0.1:{server.getsockname()[1]}/theirs"


@pytest.fixture
def way(new_database: Callable[..., str]) -> Iterator[Way]:
    with relay(new_database()) as found:
        yield found


def copied_to(export: UserFlowExport, name: str, url: str) -> UserFlowExport:
    """Its copy in a target, as if a sync had been there."""
    target = Target.objects.create(
        organisation=export.organisation, name=name, url=url, place=name, added_by="ann", accepted_at=timezone.now()
    )
    copied = UserFlowExport.every.create(
        organisation=export.organisation,
        user_flow_id=export.user_flow_id,
        name=export.name,
        target=target,
        status=UserFlowExport.Status.OUT_OF_SYNC,
    )
    copied.runs.create(outcome=RunOutcome.DONE, finished_at=timezone.now())
    return copied


def timed(client: Client) -> tuple[str, float]:
    began = time.monotonic()
    return client.get(reverse("exports:list")).content.decode(), time.monotonic() - began


@pytest.mark.long
def test_twenty_targets_of_which_five_are_silent(
    reader_client: Client, export: UserFlowExport, add_session: AddSession, way: Way, silent: str
) -> None:
    add_session("one")
    sync(copied_to(export, "answers", way.url))
    for number in range(ANSWERING - 1):
        copied_to(export, f"answers {number}", way.url)
    timed(reader_client)
    _, usual = timed(reader_client)
    for number in range(SILENT):
        copied_to(export, f"silent {number}", silent)
    for patience in (2 * usual + waiting.DEADLINE, 2 * usual + 1):  # the second time nobody asks the silent ones
        page, seconds = timed(reader_client)
        assert page.count("gave no answer") == SILENT
        assert page.count(">In Sync<") >= ANSWERING
        assert seconds < patience


def test_a_status_that_is_not_known_as_a_sync_ends_is_settled_as_soon_as_the_target_answers(
    export: UserFlowExport, add_session: AddSession, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_session("one")
    copied = copied_to(export, "theirs", way.url)
    with monkeypatch.context() as silence:
        silence.setattr(state, "waiting_sessions", lambda exports, _: {one.pk: waiting.Waiting() for one in exports})
        sync(copied)
        assert copied.status == UserFlowExport.Status.OUT_OF_SYNC
        [job] = ProcrastinateJob.objects.filter(task_name=SETTLING)
        settle_export(**job.args)
        settle_export(copied.pk, len(SETTLE_AFTER) - 1)
        looks = ProcrastinateJob.objects.filter(task_name=SETTLING).order_by("id").values_list("args__looks", flat=True)
        assert list(looks) == [0, 1], "it looks again, and not for ever"
    settle_export(copied.pk, 1)
    copied.refresh_from_db()
    assert copied.status == UserFlowExport.Status.IN_SYNC
    assert ProcrastinateJob.objects.filter(task_name=SETTLING).count() == 2
