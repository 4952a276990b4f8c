"""The worker is killed −9 again and again while an application writes: nothing may be lost, nothing doubled."""

import os
import random
import threading
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db.models import Count, F, Q

from statetrace_ui.history.chain.verify import verify_chain
from statetrace_ui.history.models import Change, Source, Transaction
from tests.statetrace_ui.conftest import Audited, of_table, run_capture, stored
from tests.statetrace_ui.history.replay import Row, Tables
from tests.waiting import wait_until

KILLS = 3
MOST_COMMITS = 100  # that a worker stores before it is killed
TABLES = """
CREATE TABLE account (id int PRIMARY KEY, balance numeric(12,2) NOT NULL);
CREATE TABLE entry (account_id int, number int, note text, PRIMARY KEY (account_id, number));
CREATE TABLE document (id text PRIMARY KEY, body text, touched int);
ALTER TABLE document ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE TABLE tally (id int PRIMARY KEY, written int NOT NULL);
INSERT INTO tally VALUES (1, 0);
INSERT INTO account SELECT n, n FROM generate_series(1, 20) AS n;
INSERT INTO document SELECT 'document ' || n, repeat(n::text, 3000), 0 FROM generate_series(1, 10) AS n;
"""


class Application(threading.Thread):
    """Writes until told to stop; counts its commits in the table tally, one a transaction."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._random = random.Random(os.urandom(8))
        self.stopping = threading.Event()
        self.commits = 0

    def run(self) -> None:
        kinds = [self._transfer, self._write, self._touch, self._rename, self._forget, self._change_mind]
        with psycopg.connect(self._url, autocommit=True) as database:
            while not self.stopping.is_set():
                with database.transaction():
                    self._random.choice(kinds)(database)
                    database.execute("UPDATE tally SET written = written + 1")
                self.commits += 1
                self.stopping.wait(0.01)

    def _transfer(self, database: psycopg.Connection[Any]) -> None:
        source, target = self._random.sample(range(1, 21), 2)
        database.execute("UPDATE account SET balance = balance - 1.10 WHERE id = %s", [source])
        database.execute("UPDATE account SET balance = balance + 1.10 WHERE id = %s", [target])

    def _write(self, database: psycopg.Connection[Any]) -> None:
        database.execute(
            "INSERT INTO entry SELECT %s, coalesce(max(number), 0) + n, 'note ' || n"
            " FROM generate_series(1, %s) AS n LEFT JOIN entry ON account_id = %s GROUP BY n",
            [account := self._random.randint(1, 20), self._random.randint(1, 30), account],
        )

    def _touch(self, database: psycopg.Connection[Any]) -> None:
        database.execute("UPDATE document SET touched = touched + 1")  # their bodies are not sent again

    def _rename(self, database: psycopg.Connection[Any]) -> None:
        database.execute(
            "UPDATE document SET id = 'document ' || %s WHERE id = (SELECT min(id) FROM document)",
            [self._random.random()],
        )

    def _forget(self, database: psycopg.Connection[Any]) -> None:
        database.execute("DELETE FROM entry WHERE account_id = %s AND number %% 3 = 0", [self._random.randint(1, 20)])

    def _change_mind(self, database: psycopg.Connection[Any]) -> None:
        with database.transaction(force_rollback=True):
            database.execute("DELETE FROM account")
        database.execute("INSERT INTO document VALUES (%s, 'short', 0)", [str(self._random.random())])


def has_seen(source: Source, commits: int) -> bool:
    return seen(source) >= commits


def seen(source: Source) -> int:
    return Transaction.objects.filter(source=source, kind="commit").count()


@pytest.mark.early
def test_killing_the_worker_loses_and_doubles_nothing(audited: Audited, tmp_path: Path) -> None:
    audited.run(TABLES)
    source = audited.add()
    application = Application(audited.url)
    application.start()
    try:
        for _ in range(KILLS):
            before = seen(source)
            with run_capture(tmp_path):
                wait_until(partial(has_seen, source, before + random.randint(1, MOST_COMMITS)))
    finally:
        application.stopping.set()
        application.join()
    with run_capture(tmp_path):
        wait_until(partial(has_seen, source, application.commits))

    assert seen(source) == application.commits
    assert rebuilt(source) == audited_rows(audited)
    assert verify_chain(source, lambda _: None).clean
    counted = Transaction.objects.annotate(rows=Count("changes", filter=~Q(changes__kind="S")))
    assert not counted.exclude(rows=F("change_count")).exists()
    written = stored("new__written", kind="U", table_name="tally")
    assert written == [str(number) for number in range(1, application.commits + 1)]


@pytest.mark.long
def test_killing_the_worker_while_it_reads_tables_loses_and_doubles_nothing(audited: Audited, tmp_path: Path) -> None:
    """A lock on the history's side keeps it reading until it is killed; the application goes on."""
    audited.run(TABLES)
    source = audited.add()
    audited.run(
        "CREATE TABLE big AS SELECT n AS id, 'x' AS body FROM generate_series(1, 20000) n",
        "ALTER TABLE big ADD PRIMARY KEY (id)",
        "ALTER TABLE account ADD more text DEFAULT 'd'",
        "ALTER TABLE document ALTER touched TYPE int USING touched + 1",
    )
    with psycopg.connect(audited.url_of(connection.settings_dict["NAME"])) as history, run_capture(tmp_path):
        history.execute("LOCK TABLE history_change IN ACCESS EXCLUSIVE MODE")
        wait_until(partial(reads, audited, "big"), patience=90)
        audited.run("UPDATE account SET balance = 1, more = 'e' WHERE id < 5", "UPDATE document SET touched = 7")
    audited.run("DELETE FROM big WHERE id < 100", "UPDATE tally SET written = 1")
    audited.settle(source)

    assert rebuilt(source) == audited_rows(audited, "big")
    assert verify_chain(source, lambda _: None).clean
    counted = Transaction.objects.annotate(rows=Count("changes", filter=~Q(changes__kind="S")))
    assert not counted.exclude(rows=F("change_count")).exists()
    assert of_table(kind="S", table_name="big").count() == 1
    in_order = list(Change.objects.order_by("id").values_list("transaction__commit_lsn", flat=True))
    assert in_order == sorted(in_order)


def reads(audited: Audited, table: str) -> bool:
    """Whether capture reads the table right now, or stores what it has read."""
    held = f"SELECT 1 FROM pg_locks WHERE relation = '{table}'::regclass AND mode = 'AccessShareLock'"
    return bool(audited.rows(f"{held} AND pid <> pg_backend_pid()"))


def rebuilt(source: Source) -> dict[str, list[Row]]:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # so many rows have come so quickly that the server plans as if there were none
    changes = Change.objects.filter(source=source).select_related("relation", "table")
    changes = changes.order_by("transaction__commit_lsn", "id")
    tables = Tables().play(changes.iterator()).rows
    return {table: in_order(rows.values()) for (_, table), rows in tables.items()}


def audited_rows(audited: Audited, *more: str) -> dict[str, list[Row]]:
    """Every table as its text forms."""
    return {table: in_order(text_rows(audited, table)) for table in ("account", "entry", "document", "tally", *more)}


def text_rows(audited: Audited, table: str) -> list[Row]:
    with audited.connection.cursor() as cursor:
        names = [column.name for column in cursor.execute(f"SELECT * FROM {table} LIMIT 0").description or ()]
        with cursor.copy(f"COPY {table} TO STDOUT") as copy:
            return [dict(zip(names, row, strict=True)) for row in copy.rows()]


def in_order(rows: Any) -> list[Row]:
    return sorted(rows, key=lambda row: sorted(row.items()))
