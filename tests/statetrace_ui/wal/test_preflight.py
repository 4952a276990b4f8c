"""What is found at a database before anything is created there."""

import psycopg
import pytest

from statetrace_ui.wal import preflight
from statetrace_ui.wal.connection import connect
from tests.statetrace_ui.conftest import Audited


def findings(url: str, fatal: bool) -> str:
    with connect(url) as connection:
        found = preflight.check(connection, "a_slot", "a_publication")
    return "\n".join(finding.sentence for finding in found if finding.fatal == fatal)


def test_a_sound_database_gets_advice_only(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)", "CREATE UNLOGGED TABLE cache (id int)")
    assert findings(audited.url, fatal=True) == ""
    advice = findings(audited.url, fatal=False)
    assert "max_slot_wal_keep_size is not limited" in advice
    assert "CREATE TABLE statetrace_annotations" in advice
    assert "not captured: public.cache" in advice


def test_the_printed_annotation_table_can_be_created(audited: Audited) -> None:
    audited.run(preflight.ANNOTATION_TABLE)
    assert "statetrace_annotations" not in findings(audited.url, fatal=False)


@pytest.mark.parametrize(
    "definition",
    [
        "CREATE TABLE bad (id int)",
        "CREATE TABLE bad (id int PRIMARY KEY DEFERRABLE)",
        "CREATE TABLE bad (id int PRIMARY KEY); ALTER TABLE bad REPLICA IDENTITY NOTHING",
        "CREATE TABLE bad (id int) PARTITION BY LIST (id); CREATE TABLE leaf PARTITION OF bad DEFAULT",
        "CREATE TABLE bad (id int PRIMARY KEY) PARTITION BY LIST (id); CREATE TABLE leaf PARTITION OF bad DEFAULT;"
        " ALTER TABLE leaf REPLICA IDENTITY NOTHING",
    ],
)
def test_a_table_whose_updates_would_fail_is_refused(audited: Audited, definition: str) -> None:
    audited.run(definition, "CREATE TABLE good (id int PRIMARY KEY)")
    refused = findings(audited.url, fatal=True)
    assert "would make their UPDATE and DELETE fail in the application: public.bad." in refused
    # It is so: the server refuses as soon as the table is published.
    audited.run("CREATE PUBLICATION all_of_it FOR ALL TABLES", "INSERT INTO bad VALUES (1)")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        audited.run("UPDATE bad SET id = 2")


def test_a_generated_column_in_a_full_identity_is_refused(audited: Audited) -> None:
    audited.run(
        "CREATE TABLE bad (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED)",
        "ALTER TABLE bad REPLICA IDENTITY FULL",
    )
    assert "generated column: public.bad." in findings(audited.url, fatal=True)
    audited.run("CREATE PUBLICATION all_of_it FOR ALL TABLES", "INSERT INTO bad VALUES (1)")
    with pytest.raises(psycopg.errors.InvalidColumnReference):
        audited.run("UPDATE bad SET id = 2")


def test_many_bad_tables_are_counted(audited: Audited) -> None:
    audited.run(*(f"CREATE TABLE bad_{number} (id int)" for number in range(12)))
    assert "and 2 more" in findings(audited.url, fatal=True)


def test_names_that_are_taken_are_refused(audited: Audited) -> None:
    audited.run("SELECT pg_create_logical_replication_slot('a_slot', 'pgoutput')", "CREATE PUBLICATION a_publication")
    refused = findings(audited.url, fatal=True)
    assert "A replication slot a_slot exists already" in refused
    assert "A publication a_publication exists already" in refused


def test_missing_rights_of_a_role_are_named(audited: Audited) -> None:
    role = f"{audited.connection.info.dbname}_role"
    audited.run(f"CREATE ROLE {role} LOGIN PASSWORD 'x'", "CREATE TABLE item (id int PRIMARY KEY)")
    try:
        refused = findings(audited.url_of_role(role, "x"), fatal=True)
    finally:
        audited.run(f"DROP ROLE {role}")
    assert f'ALTER ROLE "{role}" REPLICATION' in refused
    assert "GRANT CREATE ON DATABASE" in refused
    assert "have other owners: public.item." in refused
    assert "The baseline needs to read these tables: public.item." in refused
