"""Keeping what a real replication slot sends. No test here holds a transaction: the slot would wait for it."""

from collections.abc import Callable
from pathlib import Path

import psycopg

from statetrace_ui.demo.recording import audit


def test_the_rows_already_there_come_first_and_then_the_commits(
    new_database: Callable[..., str], tmp_path: Path
) -> None:
    url = new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE item (id int PRIMARY KEY, name text)")
        connection.execute("INSERT INTO item VALUES (1, 'before')")
        with audit.record(url, tmp_path / "audit.jsonl.gz", print):
            connection.execute("INSERT INTO item VALUES (2, 'during')")
            connection.execute("UPDATE item SET name = 'changed'")
        connection.execute("INSERT INTO item VALUES (3, 'after')")
        slots = connection.execute("SELECT FROM pg_replication_slots WHERE database = current_database()").fetchall()
    seen = [
        [(change.kind, change.new) for change in transaction.changes]
        for transaction in audit.read(tmp_path / "audit.jsonl.gz")
    ]
    assert seen == [
        [("B", {"id": "1", "name": "before"})],
        [("I", {"id": "2", "name": "during"})],
        [("U", {"id": "1", "name": "changed"}), ("U", {"id": "2", "name": "changed"})],
    ]
    assert slots == []
