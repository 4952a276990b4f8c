"""Signs of life that capture writes into the log of a quiet database."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from statetrace_ui.capture import heartbeat
from statetrace_ui.capture.heartbeat import Heartbeat, beat
from statetrace_ui.wal.connection import connect
from tests.own_server import OwnServer
from tests.statetrace_ui.conftest import Audited
from tests.waiting import wait_until

OTHERS_WRITE = "SELECT pg_logical_emit_message(false, 'others', repeat('x', 1100000))"
# The messages of a slot that the test itself has made.
BEATS = """
SELECT count(*) FROM pg_logical_slot_peek_binary_changes(
    current_database()::text, NULL, NULL, 'proto_version', '1', 'publication_names', 'nothing', 'messages', 'true')
WHERE position('statetrace.heartbeat'::bytea IN data) > 0
"""

# How much of the log the server keeps in memory.
UNWRITTEN = "SELECT (pg_current_wal_insert_lsn() - pg_current_wal_flush_lsn())::bigint"


@pytest.fixture
def quiet() -> Iterator[OwnServer]:
    server = OwnServer("autovacuum = off\n")
    yield server
    server.remove()


@pytest.fixture
def listened(audited: Audited, monkeypatch: pytest.MonkeyPatch) -> Audited:
    audited.run("CREATE PUBLICATION nothing")
    audited.rows("SELECT pg_create_logical_replication_slot(current_database()::text, 'pgoutput')")
    monkeypatch.setattr(heartbeat, "HEARTBEAT_SECONDS", 0.0)
    return audited


def beats(audited: Audited) -> int:
    audited.run("SELECT pg_switch_wal()")  # and with it everything is on disk
    ((count,),) = audited.rows(BEATS)
    return int(count)


def test_it_beats_only_while_others_write_and_this_database_does_not(listened: Audited) -> None:
    with connect(listened.url) as connection:
        heart = Heartbeat(connection)
        heart.keep()
        assert beats(listened) == 0  # nobody writes
        listened.run(OTHERS_WRITE)
        heart.heard()
        heart.keep()
        assert beats(listened) == 0  # something of this database has arrived
        listened.run(OTHERS_WRITE)
        heart.keep()
        assert beats(listened) == 1


def test_a_worker_beats(listened: Audited, new_database: Callable[..., str]) -> None:
    source = listened.add()
    with listened.capturing(source) as errors, psycopg.connect(new_database(), autocommit=True) as other:

        def has_beaten() -> bool:
            other.execute(OTHERS_WRITE)
            return bool(errors) or beats(listened) > 0

        wait_until(has_beaten)
    assert not errors


def test_capture_goes_on_where_its_role_may_write_no_message(listened: Audited) -> None:
    role = f"{listened.connection.info.dbname}_mute"
    function = "FUNCTION pg_catalog.pg_logical_emit_message(boolean, text, text, boolean)"
    listened.run(f"CREATE ROLE {role} LOGIN PASSWORD 'x' REPLICATION", f"REVOKE EXECUTE ON {function} FROM PUBLIC")
    try:
        with connect(listened.url_of_role(role, "x")) as connection:
            heart = Heartbeat(connection)
            listened.run(OTHERS_WRITE)
            heart.keep()
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert beats(listened) == 0
    finally:
        listened.run(f"DROP ROLE {role}")


def test_a_beat_writes_out_what_a_reader_has_logged(quiet: OwnServer) -> None:
    """No other database here commits, which would do so, too."""
    with psycopg.connect(quiet.url, autocommit=True) as other, psycopg.connect(quiet.url) as reader:
        for _ in range(20):
            other.execute("CREATE TABLE gone (a int, b int, c text); DROP TABLE gone")
        reader.execute("SELECT count(*) FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid")  # tidies up
        assert reader.execute(UNWRITTEN).fetchone() != (0,)
        beat(other)
        wait_until(lambda: other.execute(UNWRITTEN).fetchone() == (0,), patience=5)
