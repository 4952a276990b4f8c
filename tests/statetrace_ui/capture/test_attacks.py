"""Users of the audited database who would like to have the rights of capture's role."""

import io
from collections.abc import Iterator

import psycopg
import pytest
from django.core.management import call_command

from statetrace_ui.capture.rule_book import ruling_of
from statetrace_ui.capture.table_watch import refresh
from statetrace_ui.history.models import Change, Relation
from statetrace_ui.wal.catalog import published_shapes
from statetrace_ui.wal.connection import SourceError, connect
from statetrace_ui.wal.publication import new_slot
from statetrace_ui.wal.snapshot import baseline
from tests.statetrace_ui.conftest import Audited, stored

# Better matches than PostgreSQL's own functions: these take the arguments' types exactly as capture's statements
# give them, which counts more than the order of the search path.
BETTER_FUNCTIONS = [
    ("pg_partition_tree", "oid", "TABLE (relid oid)"),
    ("has_database_privilege", "name, text", "boolean"),
    ("pg_drop_replication_slot", "text", "void"),
    ("pg_terminate_backend", "int, int", "boolean"),
    ("pg_terminate_backend", "int, smallint", "boolean"),
    ("pg_terminate_backend", "smallint, smallint", "boolean"),
    ("pg_xact_status", "xid8, text", "text"),
    ("format_type", "oid, bigint", "text"),
    ("set_config", "text, text, text", "text"),
]


@pytest.fixture
def attacked(audited: Audited) -> Iterator[Audited]:
    """A role that may do nothing but create functions in `public`; whatever of it runs leaves a row in `loot`."""
    role = f"{audited.connection.info.dbname}_weak"
    audited.run(
        "CREATE TABLE item (id int PRIMARY KEY, name text)",
        "INSERT INTO item VALUES (1, 'lamp')",
        "CREATE TABLE loot (id serial PRIMARY KEY, taken text)",
        "GRANT INSERT ON loot TO PUBLIC",
        "GRANT USAGE ON SEQUENCE loot_id_seq TO PUBLIC",
        f"CREATE ROLE {role}",
        f"GRANT CREATE ON SCHEMA public TO {role}",
        f"SET ROLE {role}",
    )
    for name, arguments, result in BETTER_FUNCTIONS:
        audited.run(
            f"CREATE FUNCTION public.{name}({arguments}) RETURNS {result} LANGUAGE plpgsql AS"
            f" $$ BEGIN INSERT INTO public.loot (taken) VALUES ('{name}'); RAISE EXCEPTION 'ran {name}'; END $$"
        )
    audited.run(
        "CREATE FUNCTION public.take(internal text[], value text) RETURNS text[] LANGUAGE plpgsql AS"
        " $$ BEGIN INSERT INTO public.loot (taken) VALUES ('array_agg'); RAISE EXCEPTION 'ran'; END $$",
        "CREATE AGGREGATE public.array_agg(text) (SFUNC = public.take, STYPE = text[])",
        "CREATE FUNCTION public.same(name, text) RETURNS boolean LANGUAGE plpgsql AS"
        " $$ BEGIN INSERT INTO public.loot (taken) VALUES ('='); RAISE EXCEPTION 'ran'; END $$",
        "CREATE OPERATOR public.~ (LEFTARG = name, RIGHTARG = name, FUNCTION = pg_catalog.nameeq)",
        "CREATE OPERATOR public.|| (LEFTARG = name, RIGHTARG = name, FUNCTION = pg_catalog.nameeq)",
        "RESET ROLE",
    )
    yield audited
    audited.run("RESET ROLE", f"DROP OWNED BY {role} CASCADE", f"DROP ROLE {role}")


def test_no_function_of_another_role_runs_as_captures_role(attacked: Audited) -> None:
    source = attacked.add()
    attacked.run("CREATE TABLE later (id int PRIMARY KEY)", "ALTER TABLE item ADD COLUMN size int")
    assert refresh(source) == []
    attacked.run("INSERT INTO item VALUES (2, 'desk', 1)")
    attacked.capture(source)
    with attacked.capturing(source):  # its walsender is there to be ended
        call_command("remove_source", "shop", stdout=io.StringIO())
    assert stored("record_key") == ['["2"]']
    assert attacked.rows("SELECT taken FROM loot") == []


@pytest.mark.parametrize("of", ["ROLE postgres", "DATABASE {database}"])
def test_no_setting_of_the_role_or_the_database_widens_the_search_path(attacked: Audited, of: str) -> None:
    owner = of.format(database=attacked.connection.info.dbname)
    attacked.run(f"ALTER {owner} SET search_path = public, pg_catalog")
    try:
        source = attacked.add()
        assert refresh(source) == []
    finally:
        attacked.run(f"ALTER {owner} RESET search_path")
    assert attacked.rows("SELECT taken FROM loot") == []


def test_no_option_of_the_address_or_the_environment_does_either(
    audited: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c search_path=public")
    for options in ("-c search_path=public", r"-c application_name=x\ ", "-c row_security=on -c search_path=public"):
        with connect(psycopg.conninfo.make_conninfo(audited.url, options=options)) as connection:
            shown = connection.execute("SELECT current_setting('search_path'), current_setting('row_security')")
            assert shown.fetchall() == [("pg_catalog", "off")]


def test_a_table_that_becomes_a_view_before_it_is_read_is_not_read(attacked: Audited) -> None:
    source = attacked.add()
    with new_slot(attacked.url, "a_moment", temporary=True) as snapshot, connect(attacked.url) as connection:
        found = baseline(connection, snapshot, source.publication_name, lambda _: None, ruling_of(source))
        attacked.run(
            "ALTER TABLE item RENAME TO item_before",
            "CREATE FUNCTION public.ran() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'it ran'; END $$",
            "CREATE VIEW item AS SELECT public.ran() AS id, 'x' AS name",
        )
        with pytest.raises(SourceError, match="non-system view"):
            list(found.changes)


def test_types_of_public_are_named_without_it_unless_postgresql_has_one_of_that_name(audited: Audited) -> None:
    audited.run(
        "CREATE SCHEMA other",
        "CREATE TYPE mood AS ENUM ('sad', 'happy')",
        "CREATE TYPE other.mood AS ENUM ('sad', 'happy')",
        'CREATE TYPE "My ""mood"" (1)[]" AS ENUM (\'sad\')',
        'CREATE DOMAIN "text" AS pg_catalog.text',
        'CREATE SCHEMA "public.x"',
        "CREATE TYPE \"public.x\".mood AS ENUM ('sad')",
        'CREATE TABLE item (id int PRIMARY KEY, a mood, b mood[], c other.mood, d "My ""mood"" (1)[]"[],'
        ' e public."text", f numeric(10,2)[], g "public.x".mood, h public."text"[])',
    )
    source = audited.add()
    names = [
        "integer",
        "mood",
        "mood[]",
        "other.mood",
        '"My ""mood"" (1)[]"[]',
        "public.text",
        "numeric(10,2)[]",
        '"public.x".mood',
        "public.text[]",
    ]
    with connect(audited.url) as connection:
        (shape,) = published_shapes(connection, source.publication_name)
    assert [column.type for column in shape.columns] == names
    audited.run("INSERT INTO item (id) VALUES (1)")
    audited.capture(source)
    assert [column["type"] for column in Relation.objects.get().columns] == names
    assert Change.objects.count() == 1
