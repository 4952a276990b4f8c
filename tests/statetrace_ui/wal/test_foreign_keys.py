"""Foreign keys, as the catalogue of a real database has them."""

import pytest

from statetrace_ui.wal import catalog_keys
from statetrace_ui.wal.catalog_keys import foreign_keys
from statetrace_ui.wal.connection import connect
from statetrace_ui.wal.foreign_keys import ForeignKey
from tests.statetrace_ui.conftest import Audited


def read(audited: Audited, *tables: str, role: str = "") -> list[ForeignKey]:
    oids = [audited.rows(f"SELECT '{table}'::regclass::oid::bigint")[0][0] for table in tables]
    with connect(role or audited.url) as connection:
        return [key for keys in foreign_keys(connection, oids).values() for key in keys]


def test_columns_and_what_they_refer_to_are_in_the_order_of_the_key(audited: Audited) -> None:
    audited.run(
        "CREATE SCHEMA stock",
        "CREATE TABLE stock.place (shelf int, hall text, id int UNIQUE, PRIMARY KEY (hall, shelf))",
        "CREATE TABLE item (id int PRIMARY KEY, s int, h text, p int REFERENCES stock.place (id), up int,"
        " FOREIGN KEY (s, h) REFERENCES stock.place (shelf, hall), FOREIGN KEY (up) REFERENCES item)",
    )
    assert read(audited, "item") == [
        ForeignKey(("p",), "stock", "place", ("id",)),
        ForeignKey(("s", "h"), "stock", "place", ("shelf", "hall")),
        ForeignKey(("up",), "public", "item", ("id",)),
    ]
    assert read(audited, "stock.place") == []


def test_several_keys_of_one_column_are_known_and_equal_ones_once(audited: Audited) -> None:
    audited.run(
        "CREATE TABLE a (id int PRIMARY KEY)",
        "CREATE TABLE b (id int PRIMARY KEY REFERENCES a)",
        "CREATE TABLE item (id int PRIMARY KEY, a int REFERENCES a, FOREIGN KEY (a) REFERENCES a,"
        " FOREIGN KEY (a) REFERENCES b)",
    )
    assert [key.table_name for key in read(audited, "item")] == ["a", "b"]


def test_partitions_refer_as_their_parents_do_and_are_referred_to_in_their_place(
    audited: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    audited.run(
        "CREATE TABLE one (id int PRIMARY KEY) PARTITION BY RANGE (id)",
        "CREATE TABLE one_a PARTITION OF one FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE one_b PARTITION OF one FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (id)",
        "CREATE TABLE one_ba PARTITION OF one_b FOR VALUES FROM (10) TO (20)",
        "CREATE TABLE many (id int PRIMARY KEY, one int REFERENCES one) PARTITION BY RANGE (id)",
        "CREATE TABLE many_a PARTITION OF many FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE plain (id int PRIMARY KEY, one int REFERENCES one)",
    )
    both = [ForeignKey(("one",), "public", name, ("id",)) for name in ("one_a", "one_ba")]
    assert read(audited, "many_a") == both
    assert read(audited, "plain") == both
    monkeypatch.setattr(catalog_keys, "MOST_PARTITIONS", 1)
    assert read(audited, "plain") == read(audited, "many_a") == []


def test_a_role_without_rights_reads_them_and_nothing_of_public_is_called(audited: Audited) -> None:
    audited.run(
        "CREATE SCHEMA hidden",
        "CREATE TABLE hidden.a (id int PRIMARY KEY)",
        "CREATE TABLE item (id int PRIMARY KEY, a int REFERENCES hidden.a)",
        "CREATE FUNCTION public.unnest(smallint[]) RETURNS SETOF smallint LANGUAGE plpgsql AS"
        " 'BEGIN RAISE ''called''; END'",
        "CREATE FUNCTION public.array_agg(oid) RETURNS oid[] LANGUAGE plpgsql AS 'BEGIN RAISE ''called''; END'",
        "DO $$ BEGIN CREATE ROLE reading_keys LOGIN PASSWORD 'p'; EXCEPTION WHEN duplicate_object THEN END $$",
        "ALTER ROLE reading_keys SET search_path = public, pg_catalog",
    )
    keys = read(audited, "item", role=audited.url_of_role("reading_keys", "p"))
    assert keys == [ForeignKey(("a",), "hidden", "a", ("id",))]


def test_they_survive_being_stored() -> None:
    key = ForeignKey(("a", "b"), "public", "item", ("c", "d"))
    assert ForeignKey.from_json(key.as_json()) == key
