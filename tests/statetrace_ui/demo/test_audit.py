"""Keeping what a real replication slot sends. No test here holds a transaction: the slot would wait for it."""

from collections.abc import Callable
from pathlib import Path

import psycopg

from statetrace_ui.demo.recording import audit
from statetrace_ui.wal.masking import short_digest


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
        [("S", None), ("B", {"id": "1", "name": "before"})],
        [("I", {"id": "2", "name": "during"})],
        [("U", {"id": "1", "name": "changed"}), ("U", {"id": "2", "name": "changed"})],
    ]
    assert slots == []


def test_a_recording_holds_no_secrets(new_database: Callable[..., str], tmp_path: Path) -> None:
    url = new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE auth_user (id int PRIMARY KEY, password text)")
        connection.execute("INSERT INTO auth_user VALUES (1, 'clear')")
        with audit.record(url, tmp_path / "audit.jsonl.gz", print):
            connection.execute("INSERT INTO auth_user VALUES (2, 'clear')")
    before, during = [list(transaction.changes)[-1] for transaction in audit.read(tmp_path / "audit.jsonl.gz")]
    assert before.new
    assert during.new
    assert short_digest(before.new["password"])
    assert before.new["password"] == during.new["password"]
    assert before.relation.masked == ("password",)
