"""Tables that come, go or change while their database is captured."""

from typing import Any

import psycopg
import pytest
from django.db import connection

from statetrace_ui.capture import table_watch
from statetrace_ui.capture.table_watch import TableWatch
from statetrace_ui.history.models import Action, Change, Relation, Source, Transaction
from statetrace_ui.wal.connection import connect
from tests.statetrace_ui.conftest import Audited, of_table, stored, told
from tests.waiting import wait_until

ANNOTATIONS = "CREATE TABLE statetrace_annotations (id text PRIMARY KEY, kind text, meta json, payload json)"
ACT = "INSERT INTO statetrace_annotations VALUES ('{0}', '_st.app.act', '{{}}', '{{\"action_session_id\": \"s\"}}')"


def published(audited: Audited) -> list[str]:
    return [name for (name,) in audited.rows("SELECT DISTINCT tablename FROM pg_publication_tables ORDER BY 1")]


def changes(**filters: Any) -> list[tuple[object, ...]]:
    return told(of_table(**filters), "kind", "record_key", "new")


def test_a_new_table_is_captured_with_what_it_already_holds(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)")
    source = audited.add()
    audited.run("CREATE TABLE later (id int PRIMARY KEY)", "INSERT INTO later VALUES (1)")
    audited.settle(source)
    assert published(audited) == ["item", "later"]
    audited.run("INSERT INTO later VALUES (2)")
    audited.capture(source)
    assert changes(table_name="later") == [
        ("S", "", None),
        ("B", '["1"]', {"id": "1"}),
        ("I", '["2"]', {"id": "2"}),
    ]


def test_nothing_is_read_again_while_nothing_changes(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)", "INSERT INTO item VALUES (1)")
    source = audited.add()
    audited.settle(source)
    audited.settle(source)
    assert Transaction.objects.count() == Change.objects.filter(kind="B").count() == 1


def test_a_new_table_without_a_key_is_left_out_and_reported_and_the_application_goes_on(audited: Audited) -> None:
    source = audited.add()
    audited.run("CREATE TABLE keyless (id int)", "INSERT INTO keyless VALUES (1)")
    with audited.capturing(source):
        wait_until(lambda: "public.keyless" in Source.objects.get().error)
        audited.run("UPDATE keyless SET id = 2", "DELETE FROM keyless")
    assert published(audited) == []


def test_a_table_that_loses_its_key_leaves_and_is_read_anew_when_it_has_one(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)", "INSERT INTO item VALUES (1)")
    source = audited.add()
    with audited.capturing(source):
        audited.run("ALTER TABLE item DROP CONSTRAINT item_pkey")
        wait_until(lambda: "public.item" in Source.objects.get().error)
        wait_until(lambda: Change.objects.filter(kind="E").exists())
        audited.run("UPDATE item SET id = 2")
        assert published(audited) == []
        audited.run("ALTER TABLE item ADD PRIMARY KEY (id)")
        wait_until(lambda: Change.objects.filter(kind="B", record_key='["2"]').exists())
    assert [kind for kind, _, _ in changes()] == ["S", "B", "E", "S", "B"]


def test_a_column_with_a_default_is_one_change_of_the_table_and_none_of_its_rows(audited: Audited) -> None:
    audited.run(
        "CREATE TABLE item (id int PRIMARY KEY, name text)", "INSERT INTO item SELECT g FROM generate_series(1, 50) g"
    )
    source = audited.add()
    audited.run("ALTER TABLE item ADD COLUMN stars int DEFAULT 7", "UPDATE item SET stars = 8 WHERE id = 3")
    audited.settle(source)
    assert stored("kind", "new", "transaction__kind") == [
        ("U", {"id": "3", "name": None, "stars": "8"}, "commit"),
        ("A", {"stars": "7"}, "resync"),
    ]


def test_only_rows_that_differ_become_changes_when_a_table_is_read_again(audited: Audited) -> None:
    audited.run(
        "CREATE TABLE item (id int PRIMARY KEY, v text)",
        "INSERT INTO item VALUES (1, 'LARGE'), (2, 'small'), (3, NULL)",
        "ALTER TABLE item ALTER v TYPE text USING v",
    )
    source = audited.add()
    audited.run("ALTER TABLE item ALTER v TYPE text USING upper(v)")
    audited.settle(source)
    assert stored("kind", "record_key", "old", "new", "transaction__kind") == [
        ("U", '["2"]', {"v": "small"}, {"id": "2", "v": "SMALL"}, "resync")
    ]


def test_a_baseline_does_not_overtake_the_stream(audited: Audited) -> None:
    """While the worker is down: the row goes from A to B to C, and its table gets a column."""
    audited.run("CREATE TABLE item (id int PRIMARY KEY, v text)", "INSERT INTO item VALUES (1, 'A')")
    source = audited.add()
    audited.run(
        "UPDATE item SET v = 'B'",
        "UPDATE item SET v = 'C'",
        "ALTER TABLE item ADD w int DEFAULT 1",
        "CREATE TABLE later (id int PRIMARY KEY)",
        "INSERT INTO later VALUES (1)",
    )
    audited.settle(source)
    audited.run("UPDATE item SET v = 'D'")
    audited.capture(source)
    assert stored("kind", "new", table_name="item") == [
        ("U", {"id": "1", "v": "B"}),
        ("U", {"id": "1", "v": "C"}),
        ("A", {"w": "1"}),
        ("U", {"id": "1", "v": "D", "w": "1"}),
    ]
    in_order = list(Change.objects.order_by("id").values_list("transaction__commit_lsn", flat=True))
    assert in_order == sorted(in_order)


def test_a_table_that_is_dropped_or_renamed_has_an_end_under_its_name(audited: Audited) -> None:
    audited.run(
        "CREATE TABLE gone (id int PRIMARY KEY)",
        "CREATE TABLE item (id int PRIMARY KEY)",
        "INSERT INTO item VALUES (1)",
    )
    source = audited.add()
    audited.run("DROP TABLE gone", "ALTER TABLE item RENAME TO thing")
    audited.settle(source)
    ends = Change.objects.filter(kind="E").order_by("table__table_name")
    assert list(ends.values_list("table__table_name", "transaction__kind")) == [("gone", "resync"), ("item", "resync")]
    oids = Relation.objects.filter(table_name__in=("item", "thing")).values_list("oid", flat=True)
    assert len(set(oids)) == 1
    assert of_table(kind="B", table_name="thing").get().values_after() == {"id": "1"}


def test_work_that_the_worker_has_taken_is_not_found_again(audited: Audited) -> None:
    audited.run("CREATE TABLE gone (id int PRIMARY KEY)")
    source = audited.add()
    audited.run("DROP TABLE gone")
    watch = TableWatch(source.pk)
    watch._look()
    turns = watch._turns
    work = watch.take_work(1 << 62)
    assert work
    watch._look()  # before the worker has begun
    assert watch.take_work(1 << 62) is None
    watch.done()
    with connect(source.url) as connection:
        watch._look_at_all(connection, source, turns)  # a look that began before the worker took the work
        watch._look_at_all(connection, source, turns + 1)  # and one that began while it read
    assert watch.take_work(1 << 62) is None
    watch._close()


def test_a_dropped_column_is_told_without_reading_the_table(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY, v text)", "INSERT INTO item VALUES (1, 'x')")
    source = audited.add()
    audited.run("ALTER TABLE item DROP v")
    audited.settle(source)
    assert stored("kind", "new") == [("A", {})]
    assert [len(relation.columns) for relation in Relation.objects.order_by("id")] == [2, 1]


@pytest.mark.long
def test_a_source_of_an_older_version_is_read_once_more(audited: Audited) -> None:
    """It knows neither files nor numbers of columns, and has no second publication."""
    audited.run("CREATE TABLE item (id int PRIMARY KEY, v text)", "INSERT INTO item VALUES (1, 'x')")
    source = audited.add()
    new = ("numbers", "file", "types", "membership")
    known = {oid: {k: v for k, v in shape.items() if k not in new} for oid, shape in source.tables.items()}
    Source.objects.update(tables=known, inserts_from=0)
    audited.run(f"DROP PUBLICATION {source.publication_name}_inserts")
    audited.settle(source)
    audited.run(
        "INSERT INTO item VALUES (2, 'y')", ANNOTATIONS.replace(" PRIMARY KEY", ""), "INSERT INTO item VALUES (3)"
    )
    audited.settle(source)
    audited.settle(source)
    assert stored("kind", "record_key") == [("I", '["2"]'), ("I", '["3"]')]
    audited.together("INSERT INTO item VALUES (4)", ACT.format("a"))
    audited.capture(source)
    assert Action.objects.get().change_count == 1


def test_the_worker_looks_at_the_tables_by_itself_after_a_migration(
    audited: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    audited.run(ANNOTATIONS)
    source = audited.add()
    with audited.capturing(source):
        wait_until(lambda: Source.objects.get().status == "streaming")
        monkeypatch.setattr(table_watch, "LOOK_SECONDS", 600)
        audited.together(
            "CREATE TABLE item (id int PRIMARY KEY)",
            "INSERT INTO item VALUES (1)",
            "CREATE TABLE keyless (id int)",
            "INSERT INTO statetrace_annotations VALUES ('m', '_st.app.mig', '{}', '{}')",
        )
        wait_until(lambda: of_table(kind="B", table_name="item").exists())
        wait_until(lambda: "public.keyless" in Source.objects.get().error)
    assert Source.objects.get().status == "streaming"
    assert Transaction.objects.filter(kind="migration").exists()


def test_a_long_transaction_does_not_keep_the_watch_from_its_work(audited: Audited) -> None:
    """It wrote to a new table. Another table that loses its key is taken out all the same, and the page says why."""
    audited.run("CREATE TABLE item (id int PRIMARY KEY)", "INSERT INTO item VALUES (1)")
    source = audited.add()
    audited.run("CREATE TABLE later (id int PRIMARY KEY)")
    with psycopg.connect(audited.url) as long, audited.capturing(source):
        long.execute("INSERT INTO later VALUES (1)")
        wait_until(lambda: "public.later is read once those have ended" in Source.objects.get().error)
        audited.run("ALTER TABLE item DROP CONSTRAINT item_pkey")
        wait_until(lambda: "item" not in published(audited))
        audited.run("UPDATE item SET id = 2")
        assert not of_table(table_name="later").exists()
        long.commit()
        wait_until(lambda: of_table(kind="B", table_name="later").exists())
    assert changes(table_name="later") == [("S", "", None), ("B", '["1"]', {"id": "1"})]


@pytest.mark.long
def test_a_reading_gives_way_to_a_migration(audited: Audited) -> None:
    """The reading is held up by a lock on the history's side; a migration need not wait for its end."""
    audited.run("CREATE TABLE item (id int PRIMARY KEY)", "INSERT INTO item SELECT generate_series(1, 50000)")
    source = audited.add()
    audited.run("ALTER TABLE item ADD v text DEFAULT repeat('x', 1000)")
    history = psycopg.connect(audited.url_of(connection.settings_dict["NAME"]))
    with history, audited.capturing(source):
        history.execute("LOCK TABLE history_change IN ACCESS EXCLUSIVE MODE")
        wait_until(lambda: reads(audited))
        audited.run("SET lock_timeout = '30s'", "ALTER TABLE item ADD w int")
        wait_until(lambda: "gave way" in Source.objects.get().error)
    history.close()
    audited.settle(source)
    assert stored("kind", "new") == [("A", {"v": "x" * 1000, "w": None})]


def reads(audited: Audited) -> bool:
    """Whether capture holds a lock on the table `item`."""
    held = "SELECT 1 FROM pg_locks WHERE relation = 'item'::regclass AND mode = 'AccessShareLock'"
    return bool(audited.rows(f"{held} AND pid <> pg_backend_pid()"))


def test_an_annotation_table_without_a_key_is_captured_and_may_be_emptied(audited: Audited) -> None:
    audited.run(ANNOTATIONS.replace(" PRIMARY KEY", ""), "CREATE TABLE item (id int PRIMARY KEY)")
    source = audited.add()
    audited.together("INSERT INTO item VALUES (1)", ACT.format("a"))
    audited.run("UPDATE statetrace_annotations SET kind = kind", "DELETE FROM statetrace_annotations")
    audited.settle(source)
    assert Action.objects.get().change_count == 1
    assert Source.objects.get().error == ""


@pytest.mark.parametrize("key", [" PRIMARY KEY", ""])
def test_an_annotation_table_that_is_made_during_capture_loses_no_action(audited: Audited, key: str) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)")
    source = audited.add()
    audited.run(ANNOTATIONS.replace(" PRIMARY KEY", key))
    for number in (1, 2):
        audited.together(f"INSERT INTO item VALUES ({number})", ACT.format(number))
    audited.settle(source)
    audited.together("INSERT INTO item VALUES (3)", ACT.format(3))
    audited.settle(source)
    assert list(Action.objects.order_by("key").values_list("key", "change_count")) == [("1", 1), ("2", 1), ("3", 1)]
    assert Action.objects.order_by("id").first().session.change_count == 3  # type: ignore[union-attr]
