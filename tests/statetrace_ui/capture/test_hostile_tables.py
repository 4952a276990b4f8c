"""Tables and rows that an application may well have, and that must not make capture stand still."""

import pytest

from statetrace_ui.history.models import Action, Change, Session
from statetrace_ui.wal import decoder, row_limit
from tests.statetrace_ui.conftest import Audited, stored

ANNOTATIONS = "CREATE TABLE statetrace_annotations (id text, n serial PRIMARY KEY, kind text, meta json, payload json)"


def test_annotations_that_jsonb_refuses_are_stored_without_what_it_refuses(audited: Audited) -> None:
    audited.run(ANNOTATIONS, "CREATE TABLE item (id int PRIMARY KEY, said json)")
    source = audited.add()
    for payload in (
        r'{"action_session_id": "s\u0000", "action_url": "\ud800\u0000", "k\u0000": 1}',
        r'{"action_session_id": ["s"], "action_url": {"a": 1}, "action_length_ms": "1e999"}',
        '{"action_url": 1e400}',
        "[" * 5_000 + "]" * 5_000,
        '"text"',
        '{"' + "k" * 10_000 + '": 1}',
        '{"action_url": "' + "x" * 1_000_000 + '"}',
    ):
        with audited.connection.transaction():
            audited.connection.execute(
                "INSERT INTO statetrace_annotations (id, kind, meta, payload) VALUES (%s, '_st.app.act', %s, %s)",
                ["x" * 9_000, payload, payload],
            )
            audited.connection.execute("INSERT INTO item SELECT count(*), '\"\\u0000\"' FROM item")
    audited.capture(source)
    assert Action.objects.count() == 7
    assert Session.objects.filter(key="s").exists()
    assert stored("new", record_key='["0"]') == [{"id": "0", "said": '"\\u0000"'}]


def test_wide_long_keyed_and_oddly_named_tables_are_captured(audited: Audited) -> None:
    columns = ", ".join(f"c{n} text" for n in range(1_000))
    keys = [f"k{n}" for n in range(32)]
    audited.run(
        f"CREATE TABLE wide (id int PRIMARY KEY, {columns})",
        f"CREATE TABLE keyed ({', '.join(f'{key} text' for key in keys)}, PRIMARY KEY ({', '.join(keys)}))",
        'CREATE SCHEMA "a.b"',
        'CREATE TABLE "a.b"."c/d.""é; --" ("näme %" int PRIMARY KEY)',
        "CREATE TABLE sums (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED)",
        "CREATE TABLE days (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
        "CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
    )
    source = audited.add()
    values = ", ".join("repeat(md5(random()::text), 2)" for _ in keys)
    audited.run(
        "INSERT INTO wide (id, c999) VALUES (1, 'last')",
        f"INSERT INTO keyed VALUES ({values})",
        "INSERT INTO sums VALUES (1)",
        "INSERT INTO days VALUES (1, '2026-06-01')",
    )
    audited.capture(source)
    assert stored("table_name") == ["wide", "keyed", "sums", "days_1"]


def test_a_row_larger_than_jsonb_can_hold_is_cut_and_capture_goes_on(
    audited: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_limit, "MOST_CHARACTERS", 1_000)
    audited.run("CREATE TABLE file (id int PRIMARY KEY, content bytea)")
    source = audited.add()
    audited.run("INSERT INTO file SELECT 1, decode(repeat('ff', 5000), 'hex')", "INSERT INTO file VALUES (2, 'x')")
    audited.capture(source)
    cut, whole = Change.objects.filter(kind="I").order_by("id")
    assert cut.values_after() == {"id": "1", "content": "\\x" + "f" * 997}
    assert cut.cut
    assert cut.cut["new"]["content"]["bytes"] == 10_002
    assert whole.cut is None
    assert whole.values_after() == {"id": "2", "content": "\\x78"}


def test_a_value_is_cut_where_it_is_read_so_that_it_takes_memory_once(
    audited: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_limit, "MOST_CHARACTERS", 1_000)
    monkeypatch.setattr(decoder, "MOST_CHARACTERS", 1_000)
    audited.run("CREATE TABLE file (id int PRIMARY KEY, content text)", "ALTER TABLE file REPLICA IDENTITY FULL")
    audited.run("INSERT INTO file VALUES (1, repeat('é', 2000000))")
    source = audited.add()
    audited.run("UPDATE file SET content = content || 'x'", "DELETE FROM file")
    audited.capture(source)
    baseline, update, delete = Change.objects.exclude(kind="S").order_by("id")
    cuts = [change.cut or {} for change in (baseline, update, delete)]
    sizes = [{side: marks["content"]["bytes"] for side, marks in cut.items()} for cut in cuts]
    assert sizes == [{"new": 4_000_000}, {"old": 4_000_000, "new": 4_000_001}, {"old": 4_000_001}]
    assert cuts[1]["old"] == cuts[0]["new"]
    assert cuts[1]["new"] != cuts[1]["old"]
    assert update.values_after() == {"id": "1", "content": "é" * 500}


def test_a_table_may_change_and_go_in_the_middle_of_the_stream(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY, name text)")
    source = audited.add()
    audited.run("INSERT INTO item VALUES (1, 'a')", "ALTER TABLE item ADD COLUMN more int DEFAULT 7")
    audited.run("INSERT INTO item VALUES (2, 'b')", "ALTER TABLE item DROP COLUMN name")
    audited.run("INSERT INTO item VALUES (3)", "ALTER TABLE item RENAME TO thing", "INSERT INTO thing VALUES (4)")
    audited.run("DROP TABLE thing")
    audited.capture(source)
    assert stored("new", kind="I") == [
        {"id": "1", "name": "a"},
        {"id": "2", "name": "b", "more": "7"},
        {"id": "3", "more": "7"},
        {"id": "4", "more": "7"},
    ]
