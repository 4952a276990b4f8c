"""The deprecated table of a user flow says what its measurements say, with each sync, and is gone when switched off."""

import psycopg
import pytest
from django.test import Client
from django.urls import reverse

from replica.databases import legacy_tables
from replica.databases.dbinfo import dbinfo
from replica.databases.models import Replica
from replica.databases.schema_report import schema_report
from replica.exports.models import SyncRun, UserFlowExport
from replica.exports.sync import sync
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.outcomes import Outcome
from tests.replica.conftest import AddSession

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store", "clean_server", "registered_replicas")]
LEGACY = reverse("databases:legacy")


@pytest.fixture
def replica(export: UserFlowExport, add_session: AddSession) -> Replica:
    for name in ("one", "two"):
        add_session(name)
    sync(export)
    replica = Replica.objects.get()
    replica.legacy_tables = True
    replica.save()
    return replica


def measure(store: str, session: str, name: str, value: str, type_: str = "", units: str | None = None) -> None:
    number = float(value) if value.replace(".", "").isdigit() else None
    row = [session, name, type_, units, value, number]
    with psycopg.connect(store) as connection:
        connection.execute("INSERT INTO performance_measurements VALUES (%s, %s, %s, %s, %s, %s)", row)


def synced(export: UserFlowExport) -> SyncRun:
    export.organisation.refresh_from_db()
    run = sync(UserFlowExport.objects.get(pk=export.pk))
    assert run.outcome == Outcome.DONE, run.error
    return run


def rows(replica: Replica, table: str = "perf_task_checkout") -> dict[str, tuple[object, ...]]:
    """{session: values} as the pages' role reads them."""
    with psycopg.connect(replica.reader_url) as reader:
        found = reader.execute(f"SELECT * FROM {table}".encode()).fetchall()
    return {session: tuple(values) for session, *values in found}


def test_a_row_for_each_session_and_a_column_for_each_measurement(
    replica: Replica, export: UserFlowExport, add_session: AddSession, store: str
) -> None:
    one, two = add_session("one"), add_session("two")
    measure(store, one, "First Paint", "12.5", units="ms")
    measure(store, one, "Größe; DROP TABLE user_flow", "7")
    measure(store, two, "Verdict", "good")
    synced(export)
    assert rows(replica) == {one: (12.5, 7.0, None), two: (None, None, "good")}
    with psycopg.connect(replica.reader_url) as reader:
        query = "SELECT attname::text, col_description(attrelid, attnum) FROM pg_attribute WHERE attnum > 1"
        of_table = f"{query} AND attrelid = 'perf_task_checkout'::regclass"
        named: dict[str, str] = dict(reader.execute(of_table.encode()).fetchall())
    assert named == {
        "first_paint": "First Paint in ms",
        "gr_e_drop_table_user_flow": "Größe; DROP TABLE user_flow",
        "verdict": "Verdict",
    }


def test_what_is_named_once_keeps_its_name(
    replica: Replica, export: UserFlowExport, add_session: AddSession, store: str
) -> None:
    one = add_session("one")
    measure(store, one, "load", "1", type_="B")
    synced(export)
    add_session("one")
    measure(store, one, "load", "2", type_="A")
    measure(store, one, "session_id", "3")
    with psycopg.connect(store) as connection:
        connection.execute(
            "UPDATE performance_measurements SET str_value = 'x', float_value = NULL WHERE key_type = 'B'"
        )
    synced(export)
    with psycopg.connect(replica.reader_url) as reader:
        found = reader.execute("SELECT load, load_2, session_id_2 FROM perf_task_checkout WHERE load_2 = 2").fetchall()
    assert found == [("x", 2.0, 3.0)]


def test_rows_that_differ_are_written_and_others_left(
    replica: Replica, export: UserFlowExport, add_session: AddSession, store: str
) -> None:
    one, two = add_session("one"), add_session("two")
    measure(store, one, "load", "1")
    synced(export)
    with psycopg.connect(replica.owner_url) as owner:
        before: dict[str, str] = dict(owner.execute("SELECT session_id, xmin::text FROM perf_task_checkout").fetchall())
        owner.execute("UPDATE perf_task_checkout SET load = 5 WHERE session_id = %s", [one])
    synced(export)
    assert rows(replica) == {one: (1.0,), two: (None,)}
    with psycopg.connect(replica.owner_url) as owner:
        after: dict[str, str] = dict(owner.execute("SELECT session_id, xmin::text FROM perf_task_checkout").fetchall())
    assert after[two] == before[two]
    assert after[one] != before[one]


def test_a_flow_gets_no_name_that_is_taken(
    replica: Replica, export: UserFlowExport, add_session: AddSession, organisation: Organisation
) -> None:
    other = "00000000-0000-0000-0000-000000000008"
    add_session("elsewhere", flow=other)
    second = UserFlowExport.objects.create(organisation=organisation, user_flow_id=other, name="Check—OUT!")
    third = UserFlowExport.objects.create(organisation=organisation, user_flow_id="9", name="結帳")
    for one in (export, second, third):
        synced(one)
    assert {table.name for table in schema_report(organisation).legacy} == {
        "perf_task_checkout",
        "perf_task_check_out",
        "perf_task_m",
    }
    second.name = "Checkout 2"
    second.save()
    synced(second)
    assert len(rows(replica, "perf_task_check_out")) == 1


def test_the_switch_is_the_managers_and_off_drops_the_table(
    replica: Replica,
    export: UserFlowExport,
    organisation: Organisation,
    manager_client: Client,
    reader_client: Client,
) -> None:
    synced(export)
    assert [one.name for one in dbinfo(organisation).tables if one.table_type == "PERF_TASK"] == ["perf_task_checkout"]
    assert "perf_task_checkout" in reader_client.get(reverse("databases:schema")).content.decode()
    assert reader_client.post(LEGACY).status_code == 403
    manager_client.post(LEGACY)
    synced(export)
    assert schema_report(organisation).legacy == []
    manager_client.post(LEGACY, {"legacy": "on"})
    synced(export)
    assert len(rows(replica)) == 2


def test_without_the_switch_nothing_is_made(
    export: UserFlowExport, add_session: AddSession, organisation: Organisation
) -> None:
    add_session("one")
    synced(export)
    with psycopg.connect(Replica.objects.get().owner_url) as owner:
        assert owner.execute("SELECT to_regclass('bookkeeping.legacy_columns')").fetchone() == (None,)


def test_too_many_measurements_are_left_out(
    replica: Replica, export: UserFlowExport, add_session: AddSession, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(legacy_tables, "MOST_COLUMNS", 2)
    one = add_session("one")
    for name in "cab":
        measure(store, one, name, "1")
    synced(export)
    assert rows(replica)[one] == (1.0, 1.0)
