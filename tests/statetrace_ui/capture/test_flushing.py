"""Batches are stored beside the stream: what that must not change, and that both really go on at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection

from statetrace_ui.capture import flushing
from statetrace_ui.history.chain.verify import verify_chain
from statetrace_ui.history.models import Source
from statetrace_ui.history.store import FLUSH_LOCK
from tests.statetrace_ui.conftest import Audited, run_capture, stored
from tests.waiting import wait_until

# More than the buffers between server and client hold, and less than a batch.
LARGE = "INSERT INTO item SELECT n, repeat('x', 10000) FROM generate_series(2, 1001) AS n"
TABLE = "CREATE TABLE item (id int PRIMARY KEY, name text)"


@contextmanager
def locked_history(audited: Audited) -> Iterator[None]:
    """A session holds up whoever stores changes."""
    with psycopg.connect(audited.url_of(connection.settings_dict["NAME"])) as history:
        history.execute(FLUSH_LOCK)
        yield


def stores() -> bool:
    """Whether somebody waits to store changes."""
    return bool(waiting("pid"))


def waiting(what: str) -> list[Any]:
    with connection.cursor() as cursor:
        here = "(SELECT oid FROM pg_database WHERE datname = current_database())"
        cursor.execute(f"SELECT {what} FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = {here}")
        return list(cursor.fetchall())


def end_of_log(audited: Audited) -> str:
    ((end,),) = audited.rows("SELECT pg_current_wal_insert_lsn()::text")
    return str(end)


def has_sent(audited: Audited, source: Source, lsn: str) -> bool:
    sent = f"""SELECT 1 FROM pg_stat_replication JOIN pg_replication_slots ON active_pid = pid
               WHERE slot_name = '{source.slot_name}' AND sent_lsn >= '{lsn}'"""
    return bool(audited.rows(sent))


@pytest.mark.long
def test_the_stream_is_read_while_a_batch_is_stored(audited: Audited, tmp_path: Path) -> None:
    """A process that is killed then loses neither the batch that it stores nor the one that it reads."""
    audited.run(TABLE)
    source = audited.add()
    with run_capture(tmp_path), locked_history(audited):
        audited.run("INSERT INTO item VALUES (1, 'first')")
        wait_until(stores)
        audited.run(LARGE)
        wait_until(partial(has_sent, audited, source, end_of_log(audited)))
        assert not stored()
    audited.run("UPDATE item SET name = 'last' WHERE id = 1")
    audited.capture(source)
    assert stored("record_key") == [*(f'["{number}"]' for number in range(1, 1002)), '["1"]']
    assert verify_chain(source, lambda _: None).clean


def test_a_full_batch_waits_for_the_one_before_it(audited: Audited, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flushing, "FLUSH_ROWS", 2)
    audited.run(TABLE)
    source = audited.add()
    with audited.capturing(source) as errors:
        with locked_history(audited):
            for number in range(20):
                audited.run(f"INSERT INTO item VALUES ({number}, 'x')")
            wait_until(stores)
        wait_until(lambda: errors or len(stored()) == 20)
    assert not errors
    assert stored("record_key") == [f'["{number}"]' for number in range(20)]


def test_a_batch_that_cannot_be_stored_ends_the_worker(audited: Audited) -> None:
    """Nothing of what followed is stored, either: it would be taken for the whole."""
    audited.run(TABLE)
    source = audited.add()
    with audited.capturing(source) as errors, locked_history(audited):
        audited.run("INSERT INTO item VALUES (1, 'first')")
        wait_until(stores)
        audited.run("INSERT INTO item VALUES (2, 'second')")
        waiting("pg_terminate_backend(pid)")
        wait_until(lambda: bool(errors))
    assert isinstance(errors[0], OperationalError)
    assert not stored()
    audited.capture(source)
    assert stored("record_key") == ['["1"]', '["2"]']
