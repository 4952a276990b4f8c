"""Signs of life that capture writes into the log of a quiet database."""

from collections.abc import Callable

import psycopg
import pytest

from statetrace_ui.capture import heartbeat
from statetrace_ui.capture.heartbeat import Heartbeat
from statetrace_ui.wal.connection import connect
from tests.statetrace_ui.conftest import Audited
from tests.waiting import wait_until

OTHERS_WRITE = "SELECT pg_logical_emit_message(false, 'others', repeat('x', 1100000))"
# The messages of a slot that the test itself has made.
BEATS = """
SELECT count(*) FROM pg_logical_slot_peek_binary_changes(
    current_database()::text, NULL, NULL, 'proto_version', '1', 'publication_names', 'nothing', 'messages', 'true')
WHERE position('statetrace.heartbeat'::bytea IN data) > 0
"""


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
