"""What had begun at the source before an erasure was confirmed is erased, too, though it is stored later."""

from collections.abc import Callable

import psycopg
import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client

from statetrace_ui.history.erasure import changes, requests, runs, waiting
from statetrace_ui.history.gap_store import Loss, declare
from statetrace_ui.history.models import Change, Erasure, Gap, Source
from statetrace_ui.history.refusals import HistoryErased
from statetrace_ui.history.store import store_corrections, store_reading
from statetrace_ui.history.tasks import resume_erasures
from statetrace_ui.wal.readings import Reading
from statetrace_ui.wal.spill import ChangeList
from statetrace_ui.web.models import Membership
from tests.replica.conftest import clear_queue, run_worker
from tests.statetrace_ui.conftest import Audited
from tests.statetrace_ui.history.erasure.test_erasing import ADA, found, perform
from tests.statetrace_ui.history.rows import NOON
from tests.waiting import wait_until

NOWHERE = "postgresql://nobody@127.0.0.1:1/nowhere"


@pytest.fixture
def shop(audited: Audited) -> Source:
    """One customer."""
    clear_queue()
    audited.run(
        "CREATE TABLE customer (id int PRIMARY KEY, email text, note text)",
        "ALTER TABLE customer REPLICA IDENTITY FULL",
        f"INSERT INTO customer VALUES (1, '{ADA}', 'first')",
    )
    return audited.add()


def ask_for_ada(source: Source) -> Erasure:
    places, wanted = requests.person_wanted(source, ["email"], [], ADA, "", elsewhere=True)
    return requests.ask(source, Erasure.Kind.PERSON, places, wanted, "", "manager")


def go_on(erasure: Erasure) -> str:
    """The state after a job has looked again."""
    runs.perform(erasure)
    return erasure.state


def leave(audited: Audited) -> None:
    """The application has changed the customer once more, and then deleted it."""
    audited.run("UPDATE customer SET note = 'thereafter'", "DELETE FROM customer")


def test_what_is_stored_after_the_confirmation_is_erased_when_it_is(shop: Source, audited: Audited) -> None:
    leave(audited)
    erasure = perform(ask_for_ada(shop))
    assert (erasure.state, erasure.done, found("ada@")) == ("waiting", erasure.found, {})
    assert "Capture has still to store" in erasure.waits_for
    audited.capture(shop)
    assert found("ada@")
    assert (go_on(erasure), erasure.waits_for, erasure.wanted) == ("done", "", "")
    assert (found("ada@"), found("thereafter")) == ({}, {})
    assert erasure.done == {"keys of public.customer": 1, "changes of public.customer": 3}


def test_a_transaction_that_had_begun_is_waited_for(shop: Source, audited: Audited) -> None:
    ((name,),) = audited.rows("SELECT current_database()")
    audited.run(f"ALTER DATABASE \"{name}\" SET debug_logical_replication_streaming = 'immediate'")
    with audited.capturing(shop) as errors:
        with psycopg.connect(audited.url) as second:
            second.execute("UPDATE customer SET note = 'thereafter'")
            wait_until(lambda: Source.objects.get().arriving != [])
            erasure = perform(ask_for_ada(shop))
            ((end,),) = audited.rows("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint")
            audited.run("INSERT INTO customer VALUES (2, 'bob@example.com', '')")
            wait_until(lambda: Source.objects.get().position > end)
            assert go_on(erasure) == "waiting"
            assert "Transactions that began before it was confirmed" in erasure.waits_for
        wait_until(lambda: go_on(erasure) == "done")
    assert errors == []
    assert (found("ada@"), found("thereafter")) == ({}, {})
    assert Change.objects.filter(kind="U").count() == 1


def test_a_killed_second_pass_goes_on(shop: Source, audited: Audited, monkeypatch: pytest.MonkeyPatch) -> None:
    leave(audited)
    erasure = perform(ask_for_ada(shop))
    audited.capture(shop)
    with monkeypatch.context() as patched:
        patched.setattr(changes, "erase_record", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            runs.perform(erasure)
    assert (Erasure.objects.get().state, found("ada@") != {}) == ("erasing", True)
    resume_erasures(timestamp=0)
    run_worker()
    erasure.refresh_from_db()
    assert (erasure.state, found("ada@")) == ("done", {})
    assert erasure.done == {"keys of public.customer": 1, "changes of public.customer": 3}


def _interrupt(*_: object) -> int:
    raise KeyboardInterrupt


def test_a_source_that_cannot_be_reached_makes_it_wait_with_words(
    shop: Source, audited: Audited, client: Client
) -> None:
    leave(audited)
    Source.objects.update(url=NOWHERE)
    erasure = perform(ask_for_ada(Source.objects.get()))
    assert (erasure.state, found("ada@")) == ("waiting", {})
    assert "cannot be reached" in page_of(client, erasure)
    Source.objects.update(url=audited.url)
    with audited.capturing(Source.objects.get()):
        wait_until(lambda: go_on(erasure) == "done")
    assert found("ada@") == {}


def test_another_erasure_goes_first_while_one_waits(shop: Source, audited: Audited) -> None:
    leave(audited)
    erasure = perform(ask_for_ada(shop))
    other = ask_for_ada(shop)
    audited.capture(shop)
    assert (go_on(erasure), erasure.waits_for) == ("waiting", waiting.OTHER_AT_WORK)
    runs.perform(other)
    assert (go_on(erasure), found("ada@")) == ("done", {})


def page_of(client: Client, erasure: Erasure) -> str:
    reader = User.objects.create_user("reader")
    Membership.objects.create(user=reader, organisation=erasure.source.organisation, role=Membership.Role.READER)
    client.force_login(reader)
    return client.get(f"/erasures/{erasure.pk}/").content.decode()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": "stopped"}, "Capture is stopped"),
        ({"status": "error", "error": "The disk is full."}, "The disk is full."),
        ({"seen_at": None}, "No capture worker reports"),
    ],
)
def test_it_says_why_history_is_behind(shop: Source, audited: Audited, fields: dict[str, str], words: str) -> None:
    leave(audited)
    Source.objects.update(**fields)
    assert words in perform(ask_for_ada(shop)).waits_for


def test_a_gap_is_no_reason_to_wait_for_ever(shop: Source, audited: Audited) -> None:
    leave(audited)
    erasure = perform(ask_for_ada(shop))
    erasure.mark["lsn"] = 1 << 62  # a position of another server
    erasure.save()
    declare(shop, Loss(Gap.Reason.SLOT_GONE, "the replication slot is gone"))
    assert (go_on(erasure), "gap" in erasure.waits_for) == ("waiting", True)
    audited.capture(shop)
    assert (go_on(erasure), found("ada@")) == ("done", {})


def test_a_source_that_is_disconnected_is_not_waited_for(shop: Source, audited: Audited) -> None:
    leave(audited)
    erasure = perform(ask_for_ada(shop))
    call_command("remove_source", "shop")
    assert (go_on(erasure), found("ada@")) == ("done", {})


@pytest.mark.parametrize(("fields", "state"), [({}, "waiting"), ({"url": ""}, "done")])
def test_what_was_read_before_a_pass_ended_is_not_stored_after_it(
    shop: Source, fields: dict[str, str], state: str
) -> None:
    def refused() -> list[bool]:
        return [
            is_refused(lambda: store_corrections(reader, NOON, lambda _: ChangeList())),
            is_refused(lambda: store_reading(reader, Reading(reader.position, NOON, [], [], []))),
        ]

    erasure = ask_for_ada(shop)
    runs.perform(erasure)
    reader = Source.objects.get()
    assert refused() == [False, False]
    requests.confirm(erasure, "manager")
    assert refused() == [True, True]
    Source.objects.update(**fields)
    reader.refresh_from_db()
    assert (refused(), go_on(erasure), refused()) == ([False, False], state, [True, True])


def is_refused(store: Callable[[], object]) -> bool:
    try:
        store()
    except HistoryErased:
        return True
    return False


# A table that is empty now keeps the sample of when it was not.
FORGET_OTHER_TESTS = """
DELETE FROM pg_statistic WHERE starelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
"""


def test_no_sample_of_erased_values_is_left_in_the_statistics_of_the_database(shop: Source, audited: Audited) -> None:
    audited.run(
        "CREATE TABLE login (email text PRIMARY KEY)",
        f"INSERT INTO login VALUES ('{ADA}')",
        f"INSERT INTO customer SELECT g, '{ADA}', 'again' FROM generate_series(2, 40) g",
    )
    audited.settle(shop)
    erasure = ask_for_ada(shop)
    runs.perform(erasure)
    with connection.cursor() as cursor:
        cursor.execute(FORGET_OTHER_TESTS)
        cursor.execute("ANALYZE")
    assert sampled(ADA)
    requests.confirm(erasure, "manager")
    with audited.capturing(shop):
        wait_until(lambda: go_on(erasure) == "done")
    assert sampled(ADA) == set()


def sampled(text: str) -> set[str]:
    """The tables of which PostgreSQL has a sample with the text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_stats s WHERE strpos(s::text, %s) > 0", [text])
        return {name for (name,) in cursor.fetchall()}
