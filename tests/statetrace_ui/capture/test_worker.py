"""The whole way on a real server: commit at the source → rows in history."""

import pytest

from statetrace_ui.history.models import Action, Change, Relation, Session, Transaction
from statetrace_ui.wal import spill
from tests.statetrace_ui.conftest import Audited, of_table, stored

ANNOTATIONS = "CREATE TABLE statetrace_annotations (id text PRIMARY KEY, kind text, meta json, payload json)"


def test_insert_update_and_delete_are_stored_in_order(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY, name text)", "INSERT INTO item VALUES (1, 'before')")
    source = audited.add()
    audited.run("INSERT INTO item VALUES (2, 'lamp')", "UPDATE item SET name = 'lamp 2' WHERE id = 2")
    audited.together("DELETE FROM item WHERE id = 2", "INSERT INTO item VALUES (3, NULL)")
    audited.capture(source)
    assert stored("kind", "record_key", "sequence", "old", "new") == [
        ("I", '["2"]', 0, None, {"id": "2", "name": "lamp"}),
        ("U", '["2"]', 0, None, {"id": "2", "name": "lamp 2"}),
        ("D", '["2"]', 0, {"id": "2"}, None),
        ("I", '["3"]', 1, None, {"id": "3", "name": None}),
    ]
    assert Change.objects.get(kind="B").values_after() == {"id": "1", "name": "before"}
    assert list(Transaction.objects.order_by("id").values_list("kind", "change_count")) == [
        ("baseline", 1),
        ("commit", 1),
        ("commit", 1),
        ("commit", 2),
    ]


TYPES = [
    ("smallint", "-7"),
    ("bigint", "9223372036854775807"),
    ("numeric", "NaN"),
    ("numeric(10,2)", "12.50"),
    ("double precision", "Infinity"),
    ("double precision", "0.1"),
    ("real", "-Infinity"),
    ("boolean", "t"),
    ("text", "tab\tline\nback\\slash \\N é 日本 🙂"),
    ("character(4)", "ab  "),
    ("character varying(20)", ""),
    ("bytea", "\\x00ff5c"),
    ("date", "infinity"),
    ("timestamp with time zone", "-infinity"),
    ("timestamp with time zone", "2026-03-01 12:00:00.123456+00"),
    ("timestamp without time zone", "2026-03-01 12:00:00"),
    ("date", "0044-03-15 BC"),
    ("time without time zone", "24:00:00"),
    ("interval", "1 year 2 mons -3 days +04:05:06"),
    ("uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ("json", '{"b": 1,  "a": [null]}'),
    ("jsonb", '{"a": [1.50, "x"]}'),
    ("integer[]", "{1,NULL,3}"),
    ("text[]", '{"a,b","",NULL,"q\\"uote"}'),
    ("integer[]", "[0:1]={5,6}"),
    ("int4range", "[1,5)"),
    ("tstzrange", '["2026-01-01 00:00:00+00",)'),
    ("int4multirange", "{[1,3),[5,9)}"),
    ("inet", "192.168.0.1/24"),
    ("point", "(1,2.5)"),
    ("bit(3)", "101"),
    ("mood", "happy"),
    ("mood[]", "{happy,sad}"),
    ("percentage", "99"),
    ("pair", '(1,"two words")'),
    ("tsvector", "'cat':1 'sat':2"),
    ("xid8", "12"),
    ("money", "$12.50"),
]


def test_values_of_every_type_keep_their_text_form_in_stream_and_baseline(audited: Audited) -> None:
    audited.run(
        "CREATE TYPE mood AS ENUM ('sad', 'happy')",
        "CREATE DOMAIN percentage AS int CHECK (VALUE <= 100)",
        "CREATE TYPE pair AS (a int, b text)",
        f"CREATE TABLE kind (id int PRIMARY KEY, {', '.join(f'c{n} {name}' for n, (name, _) in enumerate(TYPES))})",
    )
    placeholders = ", ".join(f"%s::{name}" for name, _ in TYPES)
    values = [text for _, text in TYPES]
    audited.connection.execute(f"INSERT INTO kind VALUES (1, {placeholders})", values)
    source = audited.add()
    # The application's own taste in dates must not show.
    audited.run("SET DateStyle = 'German'", "SET TimeZone = 'Asia/Tokyo'")
    audited.connection.execute(f"INSERT INTO kind SELECT 2, {', '.join(f'c{n}' for n in range(len(TYPES)))} FROM kind")
    audited.capture(source)
    for change in Change.objects.exclude(kind="S"):
        row = change.values_after() or {}
        assert [row[f"c{n}"] for n in range(len(TYPES))] == values
    relation = Relation.objects.get()
    assert [column["type"] for column in relation.columns] == ["integer", *(name for name, _ in TYPES)]


def test_an_unchanged_toasted_value_is_named_and_never_made_up(audited: Audited) -> None:
    audited.run(
        "CREATE TABLE letter (id int PRIMARY KEY, body text, tags text[], read boolean)",
        "ALTER TABLE letter ALTER body SET STORAGE EXTERNAL, ALTER tags SET STORAGE EXTERNAL",
    )
    source = audited.add()
    audited.run(
        "INSERT INTO letter VALUES (1, repeat('x', 10000), array_fill('tag'::text, ARRAY[3000]), false)",
        "UPDATE letter SET read = true",
        "UPDATE letter SET id = 2",
        "ALTER TABLE letter REPLICA IDENTITY FULL",
        "UPDATE letter SET read = false",
    )
    audited.capture(source)
    _, touched, moved, _ = Change.objects.exclude(kind__in="BS").order_by("id")
    assert (touched.values_after(), touched.unchanged) == ({"id": "1", "read": "t"}, ["body", "tags"])
    assert (moved.values_before(), moved.record_key, moved.old_record_key) == ({"id": "1"}, '["2"]', '["1"]')
    assert moved.unchanged == ["body", "tags"]
    assert stored("new__body", "unchanged", "old__read")[-1] == ("x" * 10_000, [], "t")


def test_records_are_named_by_their_key_under_every_replica_identity(audited: Audited) -> None:
    audited.run(
        "CREATE TABLE by_key (a int, b text, c int, PRIMARY KEY (b, a))",
        "CREATE TABLE by_index (id int PRIMARY KEY, code text NOT NULL UNIQUE)",
        "ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_code_key",
        "CREATE TABLE whole (id int PRIMARY KEY, name text)",
        "ALTER TABLE whole REPLICA IDENTITY FULL",
        "CREATE TABLE keyless (name text)",
        "ALTER TABLE keyless REPLICA IDENTITY FULL",
    )
    source = audited.add()
    audited.run(
        "INSERT INTO by_key VALUES (1, 'x', 1)",
        "INSERT INTO by_index VALUES (1, 'one')",
        "DELETE FROM by_index",
        "INSERT INTO whole VALUES (1, 'one')",
        "UPDATE whole SET name = 'two'",
        "DELETE FROM whole",
        "INSERT INTO keyless VALUES ('a')",
        "UPDATE keyless SET name = 'b'",
    )
    audited.capture(source)
    assert stored("table_name", "kind", "record_key", "old") == [
        ("by_key", "I", '["1","x"]', None),
        ("by_index", "I", '["one"]', None),
        ("by_index", "D", '["one"]', {"code": "one"}),
        ("whole", "I", '["1"]', None),
        ("whole", "U", '["1"]', {"id": "1", "name": "one"}),
        ("whole", "D", '["1"]', {"id": "1", "name": "two"}),
        ("keyless", "I", "", None),
        ("keyless", "U", "", {"name": "a"}),
    ]


def test_one_truncate_of_several_tables_is_a_change_of_each(audited: Audited) -> None:
    audited.run("CREATE TABLE a (id int PRIMARY KEY)", "CREATE TABLE b (id int PRIMARY KEY REFERENCES a)")
    source = audited.add()
    audited.run("TRUNCATE a, b")
    audited.capture(source)
    assert sorted(stored("kind", "table_name", "record_key")) == [("T", "a", ""), ("T", "b", "")]
    assert Transaction.objects.get(kind="commit").change_count == 2


def test_a_row_that_moves_between_partitions_leaves_one_and_enters_the_other(audited: Audited) -> None:
    audited.run(
        "CREATE TABLE event (year int, id int, PRIMARY KEY (year, id)) PARTITION BY LIST (year)",
        "CREATE TABLE event_1 PARTITION OF event FOR VALUES IN (1)",
        "CREATE TABLE event_2 PARTITION OF event FOR VALUES IN (2)",
        "INSERT INTO event VALUES (1, 1)",
    )
    source = audited.add()
    audited.run(
        "UPDATE event SET year = 2",
        "CREATE TABLE event_3 PARTITION OF event FOR VALUES IN (3)",
        "INSERT INTO event VALUES (3, 1)",
    )
    audited.capture(source)
    assert of_table(kind="B", table_name="event_1").count() == 1
    assert stored("kind", "table_name", "record_key") == [
        ("D", "event_1", '["1","1"]'),
        ("I", "event_2", '["2","1"]'),
        ("I", "event_3", '["3","1"]'),
    ]


def test_changes_that_were_rolled_back_never_arrive(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)")
    source = audited.add()
    audited.together(
        "INSERT INTO item VALUES (1)",
        "SAVEPOINT mind",
        "INSERT INTO item VALUES (2)",
        "ROLLBACK TO SAVEPOINT mind",
        "INSERT INTO item VALUES (3)",
    )
    with audited.connection.transaction(force_rollback=True):
        audited.run("INSERT INTO item VALUES (4)")
    audited.capture(source)
    assert stored("record_key", "sequence") == [('["1"]', 0), ('["3"]', 1)]


def test_empty_transactions_and_those_of_other_databases_leave_no_rows(audited: Audited, new_database: object) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)")
    source = audited.add()
    audited.run("UPDATE item SET id = 2", "CREATE TABLE later (id int PRIMARY KEY)")
    audited.capture(source)
    assert not Transaction.objects.filter(kind="commit").exists()
    assert source.position > 0


def test_rows_of_one_copy_keep_their_order_though_they_share_a_position(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)")
    source = audited.add()
    with audited.connection.cursor().copy("COPY item FROM STDIN") as copy:
        for number in range(500):
            copy.write_row([number])
    audited.capture(source)
    assert stored("record_key", "sequence") == [(f'["{number}"]', number) for number in range(500)]


def test_a_transaction_too_large_for_memory_goes_through_a_file(
    audited: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spill.ChangeList.__init__, "__defaults__", (100,))
    audited.run("CREATE TABLE item (id int PRIMARY KEY, name text)")
    source = audited.add()
    audited.run("INSERT INTO item SELECT n, 'é' || n FROM generate_series(0, 1049) AS n")
    audited.capture(source)
    assert stored("new", "sequence") == [({"id": str(n), "name": f"é{n}"}, n) for n in range(1050)]


def test_actions_attribute_their_transactions_to_the_session(audited: Audited) -> None:
    audited.run(ANNOTATIONS, "CREATE TABLE item (id int PRIMARY KEY)")
    source = audited.add()
    audited.together(
        "INSERT INTO item VALUES (1), (2)",
        """INSERT INTO statetrace_annotations VALUES
           ('a1', '_st.app.act', '{}',
            '{"action_session_id": "s1", "action_url": "/buy", "action_length_ms": 12.5}')""",
    )
    audited.run(
        """INSERT INTO statetrace_annotations VALUES
           ('s1', '_st.app.sess', '{}', '{"session_actor_email": "ada@example.com"}')""",
        "TRUNCATE statetrace_annotations",
    )
    audited.capture(source)
    session = Session.objects.get()
    assert (session.actor_email, session.announced, session.change_count) == ("ada@example.com", True, 2)
    action = Action.objects.get()
    assert (action.session, action.url, action.length_ms, action.change_count) == (session, "/buy", 12.5, 2)
    assert stored("table_name", "transaction_id", kind="I") == [("item", action.transaction_id)] * 2
    assert stored("table_name", kind="T") == ["statetrace_annotations"]
