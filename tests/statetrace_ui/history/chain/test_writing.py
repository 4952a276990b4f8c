"""The chain grows with what is stored, in the same transaction, whoever else writes; and takes older rows in."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import psycopg
import pytest
from django.conf import settings
from django.db import OperationalError, connection, transaction
from hypothesis import strategies as st

from statetrace_ui.embedded import database_url
from statetrace_ui.history.chain.adoption import adopt_histories
from statetrace_ui.history.chain.removal import removing
from statetrace_ui.history.chain.writer import ChainOvertaken
from statetrace_ui.history.models import ChainKey, ChainLink, Change, RowNote, Source
from statetrace_ui.history.store import store, store_baseline, store_gap
from statetrace_ui.wal.records import Transaction, row_change
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.chain.conftest import walked
from tests.statetrace_ui.history.test_store import ITEM, NOTES, START, commit, insert, item, note
from tests.waiting import wait_until

WAITING = "SELECT pid FROM pg_locks WHERE relation = 'history_chainlink'::regclass AND NOT granted"


def test_sources_have_chains_and_keys_of_their_own(source: Source, organisation: Organisation) -> None:
    other = Source.objects.create(organisation=organisation, name="other", slot_name="o", publication_name="o")
    for lsn in (1, 2):
        store(source, [commit(lsn, insert(lsn))])
        store(other, [commit(lsn, insert(lsn))])
    assert walked(source).clean
    assert walked(other).clean
    assert len(set(ChainKey.objects.values_list("key", flat=True))) == 2


def test_no_link_is_added_where_nothing_is_stored(source: Source) -> None:
    store(source, [commit(1, insert(1))])
    links = ChainLink.objects.count()
    store(source, [commit(1, insert(1))])
    store(source, [commit(2)])
    assert ChainLink.objects.count() == links


def test_what_becomes_of_sessions_is_covered_each_time(source: Source) -> None:
    """Mentioned first, announced later, again by another name, repeated without news, and in a snapshot."""
    store(source, [commit(1, note("act", "a", action_session_id="s"), insert(1))])
    for lsn, name in ((2, "Ada"), (3, "Eve"), (4, "Ada")):
        store(source, [commit(lsn, note("sess", "s", session_actor_full_name=name))])
    store(source, [commit(5, note("act", "b", action_session_id="s"), insert(2))])
    assert walked(source).clean
    assert RowNote.objects.filter(section="s").count() == 3  # mentioned, announced, by another name


def test_a_session_that_was_altered_is_found_after_its_next_announcement_too(source: Source) -> None:
    store(source, [commit(1, note("sess", "s", session_actor_full_name="Ada"), insert(1))])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE history_session SET actor_full_name = 'Eve'")
    store(source, [commit(2, note("sess", "s", session_actor_email="ada@example.com"))])
    [finding] = walked(source).findings
    assert "altered by somebody before link" in finding.sentence


TEXTS = st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


@hypothesis.settings(suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=20))
def test_whatever_texts_are_stored_their_lines_read_back_as_they_were_written(
    source: Source, texts: list[tuple[str | None, str | None]]
) -> None:
    rows = [row_change(ITEM, "U", {"id": "1", "name": old}, {"id": "1", "name": new}) for old, new in texts]
    with transaction.atomic():
        store(source, [commit(1, *rows)])
        assert walked(source).clean
        transaction.set_rollback(True)
    source.position = 0


@pytest.mark.parametrize(
    "special", ["\\", "\\N", "{}", "NULL", "null", '"', ",", "\t", "\n", "\r", "\b\f\v", " ", "", "\x7f", "😀"]
)
def test_special_texts_read_back_as_they_were_written(source: Source, special: str) -> None:
    row = row_change(ITEM, "U", {"id": special, "name": special}, {"id": special * 2, "name": special})
    action = note("act", special, action_session_id=special, action_url=special, action_length_ms=0.1 + 0.2)
    store(source, [commit(1, row, action, note("sess", special, session_actor_full_name=special))])
    assert walked(source).clean


def test_large_values_that_are_cut_read_back_as_they_were_written(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = row_change(ITEM, "I", new=item(1))
    change.cut = {"new": {"name": {"sha256": "0" * 64, "bytes": 3_000_000}, "é": {"bytes": 1, "sha256": "1"}}}
    store(source, [commit(1, change)])
    assert walked(source).clean


@pytest.fixture
def beside(transactional_db: None, source: Source) -> Iterator[psycopg.Connection[Any]]:
    """Another connection to the history's database."""
    url = database_url(settings.REPLICA_SERVER_URL, connection.settings_dict["NAME"])
    with psycopg.connect(url, autocommit=True) as other:
        yield other


def in_thread(work: Callable[[], object], errors: list[Exception]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_store_that_is_killed_between_rows_and_link_leaves_neither(
    source: Source, beside: psycopg.Connection[Any]
) -> None:
    store(source, [commit(1, insert(1))])
    errors: list[Exception] = []
    with beside.transaction():
        beside.execute("LOCK TABLE history_chainlink IN SHARE MODE")  # rows can be written, links cannot
        thread = in_thread(lambda: store(source, [commit(2, insert(2))]), errors)
        wait_until(lambda: beside.execute(WAITING).fetchall())
        beside.execute("SELECT pg_terminate_backend(%s)", beside.execute(WAITING).fetchone())
        thread.join()
    assert isinstance(errors[0], OperationalError)
    assert Change.objects.count() == 1
    source.refresh_from_db()
    store(source, [commit(2, insert(2)), commit(3, insert(3))])
    found = walked(source)
    assert (found.clean, Change.objects.count()) == (True, 3)


def test_flushes_and_removals_at_once_leave_one_chain_and_every_walk_meanwhile_is_clean(
    source: Source, beside: psycopg.Connection[Any]
) -> None:
    errors: list[Exception] = []
    store(source, [commit(1, *map(insert, range(40)))])
    ids = list(Change.objects.order_by("id").values_list("id", flat=True))

    def flush() -> None:
        for lsn in range(2, 30):
            store(source, [commit(lsn, insert(lsn * 100), note("sess", "s", session_actor_email=f"{lsn}@example.com"))])

    def remove(numbers: list[int]) -> None:
        for number in numbers:
            with (
                transaction.atomic(),
                connection.cursor() as cursor,
                removing(cursor, source.pk, [number], "retention"),
            ):
                cursor.execute("DELETE FROM history_change WHERE id = %s", [number])

    threads = [in_thread(work, errors) for work in (flush, lambda: remove(ids[:20]), lambda: remove(ids[20:]))]
    walks = [walked(source)]
    while any(thread.is_alive() for thread in threads):
        walks.append(walked(source))
    walks.append(walked(source))
    assert errors == []
    assert [finding.sentence for walk in walks for finding in walk.findings] == []
    assert walks[-1].removed == {"retention": 40}
    assert list(ChainLink.objects.order_by("number").values_list("number", flat=True)) == list(range(1, 71))


def without_chain(source: Source) -> None:
    """As it was before there were chains."""
    with connection.cursor() as cursor:
        for table in ("rownote", "chainlink", "chainkey"):
            cursor.execute(f"DELETE FROM history_{table} WHERE source_id = %s", [source.pk])


def test_a_history_of_before_is_taken_in_and_goes_on(kept: Source) -> None:
    without_chain(kept)
    told: list[str] = []
    adopt_histories(told.append)
    assert told == [f"  history: the chain of source {kept.pk} covers its 19 rows."]
    store(kept, [commit(7, insert(17), note("sess", "s", session_actor_email="ada@example.com"))])
    found = walked(kept)
    assert [finding.sentence for finding in found.findings] == []
    assert list(ChainLink.objects.order_by("number").values_list("kind", flat=True)) == ["start", "adopted", "rows"]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE history_change SET new = '{12,y}' WHERE record_key = '[\"12\"]'")
    assert [finding.link for finding in walked(kept).findings] == [2]


def test_a_history_that_has_a_chain_is_not_taken_in_again(kept: Source) -> None:
    links = ChainLink.objects.count()
    adopt_histories(lambda _: None)
    assert ChainLink.objects.count() == links


def test_rows_older_than_the_chain_are_counted_and_not_called_proven(kept: Source) -> None:
    without_chain(kept)
    store(kept, [commit(7, insert(17))])
    found = walked(kept)
    assert found.older == 16
    assert [finding.sentence for finding in found.findings] == [
        "16 rows are older than the chain, which does not prove what they hold."
    ]


def test_a_snapshot_that_announces_very_many_sessions_adds_links_on_the_way(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("statetrace_ui.history.chain.writer.MOST_NOTES", 10)
    monkeypatch.setattr("statetrace_ui.history.session_writer.MOST_SESSIONS", 4)
    sessions = [row_change(NOTES, "B", new=note("sess", f"s{number}").new) for number in range(30)]
    store_baseline(source, Transaction(7, 8, START, sessions, kind="baseline"))
    assert ChainLink.objects.filter(notes__gt=0).count() > 2
    assert walked(source).clean


def test_a_gap_is_covered_and_what_is_altered_of_its_entry_is_found(source: Source) -> None:
    store(source, [commit(1, insert(1))])
    with transaction.atomic(), connection.cursor() as cursor:
        store_gap(cursor, source.pk, 1, START)
    source.refresh_from_db()
    assert walked(source).clean
    with connection.cursor() as cursor:
        cursor.execute("UPDATE history_transaction SET era = 0, commit_lsn = 1 WHERE kind = 'gap'")
    [finding] = walked(source).findings
    assert finding.sentence.startswith("Transactions")


def test_rows_that_were_overtaken_are_not_stored_under_a_link_that_denies_them(source: Source) -> None:
    """Only one process captures a source. If two did, the slower one would have to take new ids."""
    store(source, [commit(1, insert(1))])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE history_chainlink SET changes_through = changes_through + 1000")
    with pytest.raises(ChainOvertaken):
        store(source, [commit(2, insert(2))])
    assert Change.objects.count() == 1


def test_the_chain_goes_with_its_source(kept: Source) -> None:
    kept.delete()
    assert (ChainKey.objects.count(), ChainLink.objects.count(), RowNote.objects.count()) == (0, 0, 0)
