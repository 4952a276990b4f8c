"""An existing history moves into partitions, however often the move is killed."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from psycopg.types.json import Jsonb

from tests.waiting import wait_until

PROJECT = Path(__file__).parents[3]
ROWS = 40_000
# A history as it was before: two sources with tables of the same name, a shape with rules, and rows of every kind.
FORMER = """
INSERT INTO web_organisation (id, name, slug) VALUES (1, 'Acme', 'acme');
INSERT INTO history_source (id, organisation_id, name, url, slot_name, publication_name, system_identifier, diverged,
    position, tables, rules_revision, inserts_from, records_looks, status, error, error_detail, added_at)
SELECT n, 1, 'shop ' || n, '', 's', 'p', '', false, 0, '{}', 0, 0, false, 'stopped', '', '', now()
FROM generate_series(1, 2) n;
INSERT INTO history_relation (id, source_id, oid, schema_name, table_name, replica_identity, columns, seen_at) VALUES
(11, 1, 1, 'public', 'orders', 'd', '[{"name": "id", "type": "int", "key": true},
    {"name": "7", "type": "text", "key": false},
    {"name": "pin", "type": "text", "key": false, "rule": "exclude"}]', now()),
(12, 1, 2, 'sales', 'bare', 'n', '[]', now()),
(21, 2, 1, 'public', 'orders', 'd', '[{"name": "id", "type": "int", "key": true},
    {"name": "note", "type": "text", "key": false}]', now());
INSERT INTO history_session (id, source_id, key, actor_id, actor_full_name, actor_email, actor_avatar,
    client_user_agent, application_id, application_type, announced, started_at, last_at, action_count, change_count)
VALUES (1, 1, 'k', '', '', '', '', '', '', '', true, now(), now(), 1, 1);
INSERT INTO history_transaction (id, source_id, kind, commit_lsn, end_lsn, xid, committed_at, change_count)
SELECT n, 1 + n % 2, 'commit', n * 10, n * 10 + 8, n, '2026-01-01'::timestamptz + n * interval '1 s', 10
FROM generate_series(1, 4000) n;
INSERT INTO history_action (source_id, session_id, transaction_id, key, url, method, version, parent_key, at,
    change_count)
SELECT source_id, CASE WHEN source_id = 1 THEN 1 END, id, 'a' || id, '', '', '', '', committed_at, 10
FROM history_transaction;
INSERT INTO history_change (source_id, transaction_id, relation_id, sequence, kind, schema_name, table_name,
    record_key, old_record_key, old, new, unchanged, committed_at)
SELECT t.source_id, t.id, t.source_id * 10 + 1, s, (ARRAY['I', 'U', 'D', 'B'])[1 + (t.id * 3 + s) % 4], 'public',
    'orders', '["' || t.id % 50 || '"]', '', NULL, NULL, '[]', t.committed_at
FROM history_transaction t, generate_series(0, 9) s WHERE s < 9 ORDER BY t.id, s;
UPDATE history_change SET
    new = CASE WHEN kind = 'D' THEN NULL
          WHEN source_id = 1 THEN jsonb_build_object(
              'id', id::text, '7', CASE WHEN id % 3 > 0 THEN E'a "b", \\\\ {é}\\n' END)
          WHEN kind = 'U' THEN jsonb_build_object('id', id::text)
          ELSE jsonb_build_object('id', id::text, 'note', 'x') END,
    unchanged = CASE WHEN kind = 'U' AND source_id = 2 THEN '["note"]' ELSE '[]' END::jsonb,
    old = CASE WHEN kind = 'D' OR id % 5 = 0 THEN jsonb_build_object('id', id::text) END,
    old_record_key = CASE WHEN kind = 'U' AND id % 7 = 0 THEN '["9"]' ELSE '' END,
    cut = CASE WHEN id % 11 = 0 THEN '{"new": {"id": {"bytes": 5, "sha256": "ab"}}}'::jsonb END
"""
ODD: list[tuple[Any, ...]] = [  # kind, relation, schema, table, old, new, unchanged
    ("T", 11, "public", "orders", None, None, []),
    ("A", 11, "public", "orders", {"7": "seven"}, {"7": "x"}, []),
    ("S", 12, "sales", "bare", None, None, []),
    ("I", 12, "sales", "bare", None, {}, []),
    ("U", 11, "public", "orders", {}, {"id": "1", "7": "", "pin": "kept before its rule"}, []),
    ("I", 11, "public", "orders", None, {"id": "1", "gone": "of a column that the shape does not have"}, []),
    ("I", 11, "old", "name", None, {"id": "1", "7": None}, []),
]
ADD = """
INSERT INTO history_change (source_id, transaction_id, relation_id, sequence, kind, schema_name, table_name, record_key,
    old_record_key, old, new, unchanged, committed_at)
SELECT 1, 4000, %s, %s, %s, %s, %s, '', '', %s, %s, %s, committed_at FROM history_transaction WHERE id = 4000
"""
BEFORE = """
SELECT id, source_id, transaction_id, relation_id, kind, schema_name, table_name, record_key, old_record_key, old, new,
       unchanged, cut, committed_at FROM history_change ORDER BY id
"""
AFTER = """
SELECT c.id, c.source_id, c.transaction_id, c.relation_id, c.kind, t.schema_name, t.table_name, c.record_key,
       c.old_record_key, c.old, c.new, c.old_absent, c.new_absent, c.cut, x.committed_at, r.columns
FROM history_change c JOIN history_table t ON t.source_id = c.source_id AND t.id = c.table_id
JOIN history_transaction x ON x.source_id = c.source_id AND x.id = c.transaction_id
 AND c.id BETWEEN x.first_change AND x.last_change
JOIN history_relation r ON r.source_id = c.source_id AND r.id = c.relation_id ORDER BY c.id
"""


def migrate(url: str, home: Path, *target: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "statetrace_ui.settings",
        "DATABASE_URL": url,
        "STORE_URL": settings.REPLICA_SERVER_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "ALLOWED_HOSTS": "localhost",
        "TLS": "no",
        "STATETRACE_HOME": str(home),
    }
    command = [sys.executable, "manage.py", "migrate", "history", *target]
    return subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True)


def by_name(values: list[str | None] | None, absent: list[int] | None, columns: list[dict[str, Any]]) -> Any:
    """A row as it was: excluded columns were missing unless they had a value."""
    if values is None:
        return None
    places = enumerate(zip(columns, values, strict=False), start=1)
    return {
        column["name"]: value
        for place, (column, value) in places
        if place not in (absent or ()) and (value is not None or column.get("rule") != "exclude")
    }


def with_shape(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The row whose shape lacks one of its columns gets one that has it."""
    return row if "gone" not in (row[10] or {}) else (*row[:3], -1, *row[4:])


def as_before(row: tuple[Any, ...]) -> tuple[Any, ...]:
    *same, old, new, old_absent, new_absent, cut, committed_at, columns = row
    unchanged = [columns[place - 1]["name"] for place in new_absent or ()] if row[4] == "U" else []
    sides = by_name(old, old_absent, columns), by_name(new, new_absent, columns)
    return (*same, *sides, unchanged, cut, committed_at)


def copied(connection: psycopg.Connection[Any]) -> int:
    """The rows that are copied so far; 0 before the copying begins."""
    [(there,)] = connection.execute("SELECT to_regclass('history_change_copied') IS NOT NULL")
    return int(connection.execute("SELECT rows FROM history_change_copied").fetchall()[0][0]) if there else 0


@pytest.mark.long
def test_a_move_that_is_killed_goes_on_and_every_row_reads_the_same(
    new_database: Callable[..., str], tmp_path: Path
) -> None:
    url = new_database()
    with migrate(url, tmp_path, "0010_tables") as former:
        former.communicate()
    assert former.returncode == 0
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(FORMER)
        for number, (kind, relation, schema, table, old, new, unchanged) in enumerate(ODD, start=9):
            rows = [row if row is None else Jsonb(row) for row in (old, new)]
            connection.execute(ADD, [relation, number, kind, schema, table, *rows, Jsonb(unchanged)])
        before = [with_shape(row) for row in connection.execute(BEFORE)]
        with migrate(url, tmp_path) as killed:
            wait_until(lambda: copied(connection) > 0)
            killed.kill()
        first = copied(connection)
        assert 0 < first < len(before)
        with migrate(url, tmp_path) as killed:
            wait_until(lambda: copied(connection) > first)
            killed.kill()
        with migrate(url, tmp_path) as finished:
            said = finished.communicate()[0]
        assert finished.returncode == 0
        assert f"all {len(before):,} changes are in their partitions" in said
        assert [as_before(row) for row in connection.execute(AFTER)] == before
        [(left,)] = connection.execute("SELECT count(*) FROM pg_tables WHERE tablename ~ 'before|copied'")
        [(reached,)] = connection.execute("SELECT nextval('history_change_ids')")
        [(apart,)] = connection.execute("SELECT count(*) FROM history_change_baseline")
    assert (left, reached) == (0, before[-1][0] + 1)
    assert apart == sum(row[4] == "B" for row in before)
    with migrate(url, tmp_path, "--check") as again:
        again.communicate()
    assert again.returncode == 0
