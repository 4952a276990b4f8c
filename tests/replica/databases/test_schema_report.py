"""The schema page tells what a replica has, and how it differs, whoever fills it and whatever it lacks."""

from collections.abc import Callable

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from psycopg import sql

from replica.databases import shapes, upgrading
from replica.databases.dbinfo import dbinfo
from replica.databases.models import Replica
from replica.databases.schema_report import schema_report
from replica.exports.models import UserFlowExport
from replica.exports.state import states
from replica.exports.sync import sync
from replica.schema.actual import COUNTED
from replica.schema.definition import create_tables
from replica.schema.description import TABLES
from statetrace_ui.addresses import parse
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation
from tests.relay import relay
from tests.replica.conftest import AddSession

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store", "clean_server", "registered_replicas")]
SCHEMA, UPGRADE = reverse("databases:schema"), reverse("databases:upgrade")


@pytest.fixture
def replica(export: UserFlowExport, add_session: AddSession) -> Replica:
    add_session("one")
    sync(export)
    return Replica.objects.get()


def run(replica: Replica, statement: str) -> None:
    with psycopg.connect(replica.owner_url, autocommit=True) as owner:
        owner.execute(statement.encode())
    shapes.forget(replica.reading_url)


def found(organisation: Organisation) -> set[tuple[str, str, str]]:
    return {(one.table, one.column, one.what) for one in schema_report(organisation).differences}


def test_a_new_replica_is_as_described(replica: Replica, organisation: Organisation) -> None:
    report = schema_report(organisation)
    assert report.differences == []
    assert report.upgrade == ""
    assert [shown.expected for shown in report.tables] == list(TABLES)
    rows = {shown.expected.name: shown.actual.rows for shown in report.tables if shown.actual}
    assert (rows["session_metadata"], rows["function_call_site"], rows["capture_issues"]) == (1, 3, 0)
    with psycopg.connect(replica.owner_url) as owner:
        comment = owner.execute("SELECT col_description('session_labels'::regclass, 6)").fetchone()
    assert comment == ("Since the session's start. In ms.",)


def test_rows_are_estimated_or_counted_up_to_a_limit(replica: Replica, organisation: Organisation) -> None:
    def calls() -> tuple[int | None, bool]:
        [one] = [shown.actual for shown in schema_report(organisation).tables if shown.expected.name == "session_tags"]
        assert one
        return one.rows, one.has_more_rows

    run(replica, "ALTER TABLE session_tags SET (autovacuum_enabled = off)")
    run(replica, f"INSERT INTO session_tags SELECT 'x', 'k', n::text FROM generate_series(1, {COUNTED * 2}) n")
    assert calls() == (COUNTED + 1, True)
    run(replica, "ANALYZE session_tags")
    assert calls() == (COUNTED * 2 + 1, False)


CHANGES = {
    ("session_tags", "", "missing table"): "DROP TABLE session_tags",
    ("user_flow", "description", "missing column"): "ALTER TABLE user_flow DROP COLUMN description",
    ("capture_sessions", "status", "other type"): "ALTER TABLE capture_sessions ALTER status TYPE varchar(9)",
    ("function_call_method", "name", "narrower"): "ALTER TABLE function_call_method ALTER name TYPE varchar(9)",
    ("function_call_method", "args", "wider"): "ALTER TABLE function_call_method ALTER args TYPE text",
    ("session_labels", "name", "takes NULL"): "ALTER TABLE session_labels ALTER name DROP NOT NULL",
    ("session_timeseries_data", "", "missing index"): "DROP INDEX session_timeseries_data_by_x",
    ("function_call_process", "", "missing index"): (
        "ALTER TABLE function_call_process DROP CONSTRAINT function_call_process_pkey"
    ),
    ("session_labels", "mine", "extra column"): "ALTER TABLE session_labels ADD mine int NOT NULL",
    ('a "hostile" <b>name</b>', "", "extra table"): 'CREATE TABLE "a ""hostile"" <b>name</b>" (x int)',
}


def test_differences_are_named_and_ended_by_the_upgrade(
    replica: Replica, organisation: Organisation, manager_client: Client, export: UserFlowExport
) -> None:
    for change in CHANGES.values():
        run(replica, change)
    assert found(organisation) == set(CHANGES)
    page = manager_client.get(SCHEMA).content.decode()
    assert "Upgrade now" in page
    assert "<b>name" not in page
    assert manager_client.post(UPGRADE).status_code == 302
    remaining = {"wider", "takes NULL", "extra column", "extra table"}
    assert {what for _, _, what in found(organisation)} == remaining
    assert schema_report(organisation).upgrade == ""
    assert states([export])[0].pending == 1
    sync(export)
    assert states([export])[0].pending == 0
    with psycopg.connect(replica.owner_url) as owner:
        assert owner.execute("SELECT count(*) FROM session_tags").fetchone() == (1,)


def test_a_reader_of_the_table_stops_the_upgrade_and_nothing_is_changed(
    replica: Replica, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgrading, "LOCK_SECONDS", 0.2)
    run(replica, CHANGES["session_tags", "", "missing table"])
    run(replica, CHANGES["function_call_method", "name", "narrower"])
    with psycopg.connect(replica.owner_url) as reader:
        reader.execute("SELECT * FROM function_call_method")
        with pytest.raises(UserError, match="somebody reads") as refused:
            upgrading.upgrade(replica)
    assert refused.value.status == 409
    assert ("session_tags", "", "missing table") in found(organisation)


def test_a_value_that_does_not_fit_is_not_cut(replica: Replica, organisation: Organisation) -> None:
    run(replica, "ALTER TABLE user_flow ALTER name TYPE bytea USING convert_to(repeat('x', 400), 'UTF8')")
    with pytest.raises(UserError, match="StringDataRightTruncation"):
        upgrading.upgrade(replica)
    assert ("user_flow", "name", "other type") in found(organisation)


def test_viewers_see_the_page_and_upgrade_nothing(replica: Replica, reader_client: Client) -> None:
    run(replica, "DROP TABLE session_tags")
    page = reader_client.get(SCHEMA).content.decode()
    assert "missing table" in page
    assert "Upgrade now" not in page
    assert reader_client.post(UPGRADE).status_code == 403


def test_the_command_checks_and_upgrades(replica: Replica, capsys: pytest.CaptureFixture[str]) -> None:
    run(replica, "ALTER TABLE session_labels DROP COLUMN data")
    with pytest.raises(CommandError, match="Differences remain"):
        call_command("upgrade_replica", check=True)
    assert "session_labels.data: missing column" in capsys.readouterr().out
    call_command("upgrade_replica", organisation="acme")
    assert 'ADD COLUMN "data" varchar(65535)' in capsys.readouterr().out
    call_command("upgrade_replica", check=True)


@pytest.mark.parametrize("table", [*(table.name for table in TABLES), "all of them"])
def test_a_replica_of_others_may_lack_tables(
    table: str, reader_client: Client, organisation: Organisation, new_database: Callable[..., str]
) -> None:
    lost = [one.name for one in TABLES] if table == "all of them" else [table]
    url = new_database()
    with psycopg.connect(url, autocommit=True) as owner:
        create_tables(owner)
        for name in lost:
            owner.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))
    with relay(url) as way:
        reading = parse(way.url).url()
        Replica.objects.create(organisation=organisation, database="theirs", login_role="x", reader_url=reading)
        assert found(organisation) == {(name, "", "missing table") for name in lost}
        page = reader_client.get(SCHEMA).content.decode()
        upgrade = schema_report(organisation).upgrade
    assert "give this to whoever owns its tables" in page
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(upgrade.encode())
        for name in lost:
            assert owner.execute("SELECT to_regclass(%s)", [name]).fetchone() != (None,)


def test_without_a_replica_it_says_what_makes_one(reader_client: Client) -> None:
    assert "No database yet" in reader_client.get(SCHEMA).content.decode()


def test_dbinfo_tells_address_and_schema_and_no_password(replica: Replica, organisation: Organisation) -> None:
    info = dbinfo(organisation)
    assert (info.database, info.user, info.connection_limit) == (replica.database, replica.login_role, 5)
    assert info.password_state == "unrevealed"
    assert [table.table_type for table in info.tables] == [table.table_type for table in TABLES]
    text = str(info.as_dict())
    assert replica.first_password
    for secret in (replica.first_password, replica.owner_url, replica.reader_url):
        assert secret not in text


def test_the_command_dbinfo_writes_json(replica: Replica, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("dbinfo")
    assert '"table_type": "PERF_MEASUREMENTS"' in capsys.readouterr().out


def test_dbinfo_of_a_replica_of_others_keeps_the_address_to_itself(organisation: Organisation) -> None:
    Replica.objects.create(
        organisation=organisation,
        database="theirs",
        login_role="x",
        reader_url="postgresql://a:b@db.example.com/theirs",
    )
    assert "example.com" not in str(dbinfo(organisation).as_dict())
