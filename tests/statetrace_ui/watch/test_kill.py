"""The job that looks and tells is killed −9 at each place where it waits for a table: nothing is lost or told twice."""

from functools import partial
from pathlib import Path
from subprocess import Popen

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from replica.exports.models import SyncRun, UserFlowExport
from statetrace_ui.deliveries import attempts, endpoints
from statetrace_ui.deliveries.models import Delivery, Endpoint
from statetrace_ui.embedded import database_url
from statetrace_ui.history.models import Relation, SavedQuestion
from statetrace_ui.watch import subjects
from statetrace_ui.watch.models import Happening, Kind, Telling
from statetrace_ui.watch.tasks import look_at_what_is_watched
from statetrace_ui.watch.telling import begin
from statetrace_ui.web.models import Membership
from tests.statetrace_ui.conftest import python_process
from tests.statetrace_ui.deliveries.receiver import Handler, receiving, say
from tests.statetrace_ui.watch.conftest import delete_rows
from tests.waiting import wait_until

JOB = """
import django
django.setup()
from statetrace_ui.watch.tasks import look_at_what_is_watched
look_at_what_is_watched(0)
"""
DELIVER = """
import sys, django
django.setup()
from django.conf import settings
settings.WEBHOOK_OWN_HOSTS = ["localhost"]
from statetrace_ui.deliveries.attempts import deliver
deliver(int(sys.argv[1]))
"""
WAITING = "SELECT pid FROM pg_locks WHERE relation = %s::regclass AND NOT granted"
ALIVE = "SELECT 1 FROM pg_stat_activity WHERE pid = %s"
# Where it waits: the table, and the mode of a lock that lets through what comes before.
PLACES = {
    "before a match is stored": ("watch_happening", "SHARE"),
    "after matches are stored, before syncs are": ("exports_syncrun", "ACCESS EXCLUSIVE"),
    "after all is stored, before it is told": ("watch_telling", "EXCLUSIVE"),
    "before the message is stored": ("deliveries_delivery", "SHARE"),
    "before its job is queued": ("procrastinate_jobs", "SHARE"),
    "before it is noted that it was told": ("watch_telling", "SHARE"),
}
# Two of them each time: before anything is kept, and with all kept but not told.
AT_PLACES = [
    pytest.param(place, marks=() if number in (0, len(PLACES) - 1) else pytest.mark.long)
    for number, place in enumerate(PLACES)
]
pytestmark = pytest.mark.django_db(transaction=True)


def other_session() -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(database_url(settings.REPLICA_SERVER_URL, connection.settings_dict["NAME"]))


def kill_at(folder: Path, table: str, mode: str) -> None:
    """End the job where it waits for the table, before the statement that waits there takes effect."""
    with other_session() as holding, other_session() as looking:
        looking.autocommit = True
        holding.execute(f"LOCK TABLE {table} IN {mode} MODE".encode())
        with python_process(folder, "-c", JOB) as job:
            wait_until(lambda: looking.execute(WAITING, [table]).fetchone() or job.poll() is not None)
            [[pid]] = looking.execute(WAITING, [table]).fetchall()
            job.kill()
            job.wait()
        looking.execute("SELECT pg_terminate_backend(%s)", [pid])
        wait_until(lambda: not looking.execute(ALIVE, [pid]).fetchone())


@pytest.mark.parametrize("place", AT_PLACES)
def test_what_happened_is_told_once_wherever_the_job_is_killed(
    place: str,
    watched: SavedQuestion,
    orders: Relation,
    export: UserFlowExport,
    membership: Membership,
    tmp_path: Path,
) -> None:
    subjects.watch(membership, Kind.FLOW, export.user_flow_id)
    begin(membership, {"by_mail": True, "minutes": 15})
    delete_rows(orders, 2)
    SyncRun.objects.create(export=export, outcome="done", sessions_done=3, finished_at=timezone.now())
    kill_at(tmp_path, *PLACES[place])
    assert not Delivery.objects.exists()
    for _ in range(2):
        look_at_what_is_watched(0)
    titles = Happening.objects.order_by("title").values_list("title", flat=True)
    assert list(titles) == ["2 new changes match “Deleted”", "3 sessions of Checkout were synced"]
    assert [delivery.subject[:19] for delivery in Delivery.objects.all()] == ["2 things happened; "]
    assert Telling.objects.get().told == Happening.objects.latest("id").pk


def test_a_webhook_whose_sender_is_killed_comes_again_with_its_number(
    watched: SavedQuestion,
    orders: Relation,
    membership: Membership,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At least once: nobody knows whether the receiver took it, so it is sent again, and the number says so."""
    monkeypatch.setattr(settings, "WEBHOOK_OWN_HOSTS", ["localhost"])
    Membership.objects.filter(pk=membership.pk).update(role="manager")
    with receiving() as receiver:
        endpoint = endpoints.add(membership.organisation, "On-call", receiver.url(scheme="http"))
        begin(Membership.objects.get(pk=membership.pk), {"endpoint": endpoint})
        delete_rows(orders)
        look_at_what_is_watched(0)
        with python_process(tmp_path, "-c", DELIVER, str(endpoint.pk)) as sender:
            receiver.answer = partial(_kill, sender)
            sender.wait()
        receiver.answer = say(204)
        Delivery.objects.update(next_attempt_at=timezone.now())
        wait_until(lambda: is_delivered(endpoint))
        attempts.deliver(endpoint.pk)
    first, second = receiver.received
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)


def is_delivered(endpoint: Endpoint) -> bool:
    """After another attempt; there is none while the killed sender's session has not ended."""
    attempts.deliver(endpoint.pk)
    return Delivery.objects.get().state == Delivery.State.DELIVERED


def _kill(sender: Popen[bytes], _: Handler) -> None:
    sender.kill()
    sender.wait()
