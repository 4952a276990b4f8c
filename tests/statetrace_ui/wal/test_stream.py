"""The replication stream of one slot, on a real server."""

import pytest

from statetrace_ui.history.models import Source
from statetrace_ui.wal import stream
from statetrace_ui.wal.connection import SlotLost, SourceError
from statetrace_ui.wal.decoder import decode
from statetrace_ui.wal.protocol import Commit, Frame, Insert, WalData
from statetrace_ui.wal.stream import Stream
from tests.statetrace_ui.conftest import Audited
from tests.waiting import wait_until

# Whether the server still gets answers when it would have given up twice over, had there been none.
ANSWERED_FOR_LONG = "SELECT reply_time - backend_start > interval '2.5 s' FROM pg_stat_replication"


def opened(audited: Audited, source: Source) -> Stream:
    return Stream(audited.url, source.slot_name, [source.publication_name], source.position)


def data_of(open_stream: Stream) -> list[WalData]:
    """Reads until a transaction is complete."""
    frames: list[Frame] = []

    def complete() -> bool:
        frames.extend(open_stream.read(0.1))
        return any(isinstance(frame, WalData) and frame.payload[:1] == b"C" for frame in frames)

    wait_until(complete)
    return [frame for frame in frames if isinstance(frame, WalData)]


def rows_of(open_stream: Stream) -> list[object]:
    messages = [decode(frame.payload) for frame in data_of(open_stream)]
    return [message.new for message in messages if isinstance(message, Insert)]


def test_unacknowledged_transactions_are_sent_again(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)")
    source = audited.add()
    audited.run("INSERT INTO item VALUES (1)")
    for _ in range(2):
        with opened(audited, source) as open_stream:
            assert rows_of(open_stream) == [["1"]]


def test_acknowledged_transactions_are_not_sent_again(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)")
    source = audited.add()
    audited.run("INSERT INTO item VALUES (1)")
    with opened(audited, source) as open_stream:
        commit = decode(data_of(open_stream)[-1].payload)
        assert isinstance(commit, Commit)
        open_stream.acknowledge(commit.end_lsn)
        query = f"SELECT (confirmed_flush_lsn - '0/0')::bigint = {commit.end_lsn} FROM pg_replication_slots"
        wait_until(lambda: (True,) in audited.rows(query))
    audited.run("INSERT INTO item VALUES (2)")
    with opened(audited, source) as open_stream:
        assert rows_of(open_stream) == [["2"]]


@pytest.mark.long
def test_a_stream_that_is_not_read_for_long_stays_open(audited: Audited, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "ALIVE_SECONDS", 0.1)
    audited.run("CREATE TABLE item (id int PRIMARY KEY)")
    source = audited.add()
    audited.run(f"ALTER DATABASE {audited.connection.info.dbname} SET wal_sender_timeout = 1000")
    with opened(audited, source) as open_stream:
        with open_stream.keep_alive(source.position):
            wait_until(lambda: (True,) in audited.rows(ANSWERED_FOR_LONG))
        audited.run("INSERT INTO item VALUES (1)")
        assert data_of(open_stream)


def test_the_end_of_the_stream_is_an_error(audited: Audited) -> None:
    source = audited.add()
    with opened(audited, source) as open_stream:
        audited.run("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active")
        with pytest.raises(SourceError, match="replication stream"):
            wait_until(lambda: open_stream.read(0.1) == [None])


def test_the_servers_reason_for_the_end_is_kept_when_data_came_before_it(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)")
    source = audited.add()
    slot = f"FROM pg_replication_slots WHERE slot_name = '{source.slot_name}'"
    with opened(audited, source) as open_stream:
        audited.run("INSERT INTO item VALUES (1)")
        ((written,),) = audited.rows("SELECT pg_current_wal_lsn()")
        wait_until(lambda: audited.rows(f"SELECT 1 FROM pg_stat_replication WHERE sent_lsn >= '{written}'"))
        audited.run(f"SELECT pg_terminate_backend(active_pid) {slot}")
        wait_until(lambda: audited.rows(f"SELECT active {slot}") == [(False,)])
        assert rows_of(open_stream) == [["1"]]
        for _ in range(2):
            with pytest.raises(SourceError, match="terminating connection due to administrator command"):
                open_stream.read(0.1)


def test_a_lost_slot_is_distinguished_from_other_failures(audited: Audited) -> None:
    source = audited.add()
    with opened(audited, source), pytest.raises(SourceError, match="is active"):
        opened(audited, source)
    source.slot_name = "no_such_slot"
    with pytest.raises(SlotLost):
        opened(audited, source)
