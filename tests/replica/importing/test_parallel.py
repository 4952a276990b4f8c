"""Imports beside each other, and beside other transactions of the store: real connections, real locks."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import psycopg
import pytest
from django.conf import settings
from django.db import connection as dashboard
from psycopg.conninfo import make_conninfo

from replica.exports.models import UserFlowExport
from replica.importing.bundle import Bundle, ImportFailed
from replica.importing.detect import read_file
from replica.importing.service import ATTEMPTS, find_or_make_flow, import_files
from replica.importing.writer import Flow, NewSession, write_sessions
from replica.schema.definition import create_tables, has_tables
from statetrace_ui.web.models import Organisation
from tests.replica.importing.samples import FILES

SEVERAL = 6


def impatient(url: str) -> str:
    """Who waits for a lock fails instead, so that the test ends."""
    return make_conninfo(url, options="-c lock_timeout=10s")


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    return sorted(tmp_path.iterdir())


@pytest.fixture
def impatient_store(store: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(settings, "STORE_URL", impatient(store))
    return store


@pytest.fixture
def writing(store: str) -> Iterator[psycopg.Connection]:
    """A transaction that has written to every table an import writes to, and has not ended."""
    with psycopg.connect(store) as connection:
        connection.execute("INSERT INTO session_tags VALUES ('another', 'a', 'b')")
        for table in ("session_metadata", "session_timeseries_data", "session_tags", "bookkeeping.session_revisions"):
            connection.execute(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE")
        yield connection
        connection.rollback()


def at_once(number: int, work: Callable[[int], object]) -> list[object]:
    start = Barrier(number)

    def one(which: int) -> object:
        start.wait()
        try:
            return work(which)
        finally:
            dashboard.close()

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(one, range(number)))


@pytest.mark.django_db(transaction=True)
def test_imports_of_several_flows_at_once_all_succeed(
    organisation: Organisation, impatient_store: str, files: list[Path]
) -> None:
    for _ in range(3):
        written = at_once(SEVERAL, lambda n: import_files(organisation, f"Flow {n}", files[n % 3 : n % 3 + 3]))
        assert [len(sessions) for sessions in written if isinstance(sessions, dict)] == [3] * SEVERAL
    assert UserFlowExport.objects.count() == SEVERAL


@pytest.mark.django_db(transaction=True)
def test_imports_into_one_new_flow_at_once_make_one_flow(
    organisation: Organisation, impatient_store: str, files: list[Path]
) -> None:
    at_once(SEVERAL, lambda n: import_files(organisation, "Checkout", [files[n]]))
    with psycopg.connect(impatient_store) as connection:
        assert connection.execute("SELECT user_flow_id FROM user_flow").fetchall() == [
            (UserFlowExport.objects.get().user_flow_id,)
        ]
        assert connection.execute("SELECT count(*) FROM session_metadata").fetchone() == (SEVERAL,)


@pytest.mark.django_db
def test_an_import_does_not_wait_for_another_transaction_that_writes(
    organisation: Organisation, impatient_store: str, writing: psycopg.Connection, files: list[Path]
) -> None:
    assert len(import_files(organisation, "Checkout", files)) == len(files)


@pytest.mark.django_db
def test_an_import_does_not_wait_for_another_one_of_its_flow(
    organisation: Organisation, impatient_store: str, files: list[Path]
) -> None:
    import_files(organisation, "Checkout", files[:1])
    with psycopg.connect(impatient_store) as other, other.transaction(force_rollback=True):
        begun_elsewhere(organisation, other, files[1])
        assert len(import_files(organisation, "Checkout", files[2:])) == len(files) - 2


def begun_elsewhere(organisation: Organisation, connection: psycopg.Connection, file: Path) -> dict[str, Bundle]:
    """Another session of the flow, written but not committed."""
    export = find_or_make_flow(organisation, "Checkout")
    session = NewSession("d3bf5f07-e910-11eb-a576-acde48001122", read_file(file).bundles)
    return write_sessions(connection, Flow(export.user_flow_id, export.name, export.description), [session])


FAIL_SOMETIMES = """
CREATE SEQUENCE public.tries;
CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('public.tries') <= {times} THEN RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '{code}'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fail BEFORE INSERT ON session_metadata FOR EACH ROW EXECUTE FUNCTION public.fail();
"""


@pytest.fixture
def failing_store(
    new_database: Callable[..., str], replica_template: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[[int, str], None]:
    """`failing_store(2, "40P01")`: a store that ends the first two imports as PostgreSQL ends one of a deadlock."""

    def make(times: int, code: str) -> None:
        url = new_database(template=replica_template)
        with psycopg.connect(url) as connection:
            connection.execute(FAIL_SOMETIMES.format(times=times, code=code))
        monkeypatch.setattr(settings, "STORE_URL", url)

    return make


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["40P01", "40001"], ids=["deadlock", "serialization failure"])
def test_an_import_that_met_a_deadlock_is_done_again(
    code: str, organisation: Organisation, failing_store: Callable[[int, str], None], files: list[Path]
) -> None:
    failing_store(ATTEMPTS - 1, code)
    lines: list[str] = []
    assert len(import_files(organisation, "Checkout", files[:1], progress=lines.append)) == 1
    assert sum(line.startswith("Writing once more") for line in lines) == ATTEMPTS - 1


@pytest.mark.django_db
def test_an_import_that_meets_only_deadlocks_fails_in_the_end(
    organisation: Organisation, failing_store: Callable[[int, str], None], files: list[Path]
) -> None:
    failing_store(ATTEMPTS, "40P01")
    with pytest.raises(ImportFailed, match=r"none was imported: deadlock detected\.$"):
        import_files(organisation, "Checkout", files[:1])
    assert not UserFlowExport.objects.exists()


def test_several_who_create_the_tables_at_once_all_find_them(new_database: Callable[..., str]) -> None:
    url = new_database()

    def create(_: int) -> bool:
        with psycopg.connect(url, autocommit=True) as connection:
            create_tables(connection)
            return has_tables(connection)

    assert at_once(SEVERAL, create) == [True] * SEVERAL


def test_tables_that_are_there_are_not_waited_for(store: str, writing: psycopg.Connection) -> None:
    with psycopg.connect(impatient(store), autocommit=True) as connection:
        create_tables(connection)
        assert has_tables(connection)


@pytest.mark.parametrize("lost", ["TABLE session_labels", "INDEX session_tags_by_value", "SCHEMA bookkeeping CASCADE"])
def test_what_is_missing_is_made(lost: str, new_database: Callable[..., str], replica_template: str) -> None:
    with psycopg.connect(new_database(template=replica_template), autocommit=True) as connection:
        assert has_tables(connection)
        connection.execute(f"DROP {lost}")
        assert not has_tables(connection)
        create_tables(connection)
        assert has_tables(connection)
