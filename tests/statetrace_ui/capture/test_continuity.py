"""Servers that crash, that are set back to an earlier state, and that go on in another timeline."""

import io
from collections.abc import Iterator
from contextlib import closing

import pytest
from django.core.management import call_command

from statetrace_ui.capture.gaps import HistoryDiverged
from statetrace_ui.history.models import Gap, Source, Transaction
from tests.own_server import OwnServer
from tests.statetrace_ui.conftest import Audited, stored, supervised
from tests.waiting import wait_until


@pytest.fixture
def server(audited: Audited) -> Iterator[OwnServer]:
    server = OwnServer()
    yield server
    server.remove()


class Shop:
    """The audited database of a server that is stopped and started: a connection for each step."""

    def __init__(self, server: OwnServer) -> None:
        self.server = server
        self.run("CREATE TABLE item (id int PRIMARY KEY)", "INSERT INTO item VALUES (1)")

    def run(self, *statements: str) -> None:
        with closing(Audited(self.server.url).connection) as connection:
            for statement in statements:
                connection.execute(statement)

    def add(self) -> Source:
        call_command("add_source", "shop", self.server.url, stdout=io.StringIO())
        return Source.objects.get()

    def capture(self) -> None:
        database = Audited(self.server.url)
        source = Source.objects.get()
        source.url = self.server.url  # a restarted server may have another socket
        source.save(update_fields=["url"])
        try:
            database.capture(source)
        finally:
            database.connection.close()

    def keep_copy(self) -> None:
        self.server.stop()
        self.server.keep_copy()
        self.server.start()

    def set_back(self) -> None:
        self.server.stop()
        self.server.put_back()
        self.server.start()


@pytest.fixture
def shop(server: OwnServer) -> Shop:
    return Shop(server)


@pytest.mark.long
def test_after_a_crash_of_the_server_what_it_sends_again_is_known(shop: Shop) -> None:
    shop.add()
    shop.run("CHECKPOINT")
    for number in (2, 3):
        shop.run(f"INSERT INTO item VALUES ({number})")
        shop.capture()
    shop.server.crash()
    shop.server.start()
    shop.run("INSERT INTO item VALUES (4)")
    shop.capture()
    assert stored("record_key") == ['["2"]', '["3"]', '["4"]']


def test_a_server_that_was_set_back_is_noticed_and_its_history_is_not_mixed(shop: Shop) -> None:
    shop.add()
    shop.keep_copy()
    shop.run("INSERT INTO item SELECT n FROM generate_series(2, 100) AS n")
    shop.capture()
    shop.set_back()
    with pytest.raises(HistoryDiverged, match="its log ends at"):
        shop.capture()
    assert len(stored("id")) == 99
    shop.run("INSERT INTO item VALUES (7)")
    with supervised():
        wait_until(lambda: Gap.objects.exclude(closed_at=None).exists())
        shop.run("INSERT INTO item VALUES (108)")
        wait_until(lambda: '["108"]' in stored("record_key"))
    after = stored("kind", "record_key")[99:]
    assert after[0] == ("G", "")
    # Number 7 is there again, as before; the others are not.
    assert sorted(after[1:-1]) == sorted(("D", f'["{number}"]') for number in range(2, 101) if number != 7)
    assert after[-1] == ("I", '["108"]')


@pytest.mark.long
@pytest.mark.parametrize("written", [["INSERT INTO item VALUES (5)"], []])
def test_it_is_noticed_even_when_its_log_has_grown_past_what_was_captured(shop: Shop, written: list[str]) -> None:
    shop.add()
    shop.keep_copy()
    shop.run("INSERT INTO item SELECT n FROM generate_series(2, 100) AS n")
    shop.capture()
    shop.set_back()
    shop.run(*written, "SELECT pg_switch_wal()", "CREATE TABLE later (id int PRIMARY KEY)")
    with pytest.raises(HistoryDiverged, match="is not in its log"):
        shop.capture()
    assert len(stored("id")) == 99


@pytest.mark.long
def test_it_is_noticed_when_history_has_nothing_of_the_time_after_the_copy(shop: Shop) -> None:
    shop.add()
    shop.keep_copy()
    shop.run("SELECT pg_logical_emit_message(false, 'idle', repeat('x', 1000000))")
    shop.capture()
    shop.set_back()
    shop.run("INSERT INTO item VALUES (2)", "SELECT pg_switch_wal()", "INSERT INTO item VALUES (3)")
    with pytest.raises(HistoryDiverged, match="is not in history"):
        shop.capture()
    assert stored("id") == []


@pytest.mark.long
def test_after_a_resynchronisation_a_crash_of_the_server_is_no_gap(shop: Shop) -> None:
    """What was read of tables has places in the log, too, and is never sent again."""
    shop.add()
    shop.run("CHECKPOINT", "ALTER TABLE item ADD note text DEFAULT 'x'", "INSERT INTO item VALUES (2)")
    with supervised():
        Source.objects.update(url=shop.server.url)
        wait_until(lambda: Transaction.objects.filter(kind="resync").exists() and '["2"]' in stored("record_key"))
    shop.server.crash()
    shop.server.start()
    shop.run("INSERT INTO item VALUES (3)")
    shop.capture()
    assert stored("record_key")[-1] == '["3"]'


@pytest.mark.long
def test_a_source_goes_on_in_a_timeline_that_begins_after_what_was_captured(shop: Shop) -> None:
    shop.add()
    shop.run("INSERT INTO item VALUES (2)")
    shop.capture()
    shop.server.stop()
    shop.server.recover()
    shop.server.start()
    shop.run("INSERT INTO item VALUES (3)")
    shop.capture()
    assert stored("record_key") == ['["2"]', '["3"]']
    assert Source.objects.get().timeline == 2


@pytest.mark.long
def test_a_timeline_that_begins_before_what_was_captured_is_noticed(shop: Shop) -> None:
    shop.add()
    shop.keep_copy()
    shop.run("INSERT INTO item VALUES (2)")
    shop.capture()
    shop.server.stop()
    shop.server.put_back()
    shop.server.recover()
    shop.server.start()
    shop.run("SELECT pg_switch_wal()", "INSERT INTO item VALUES (3)")
    with pytest.raises(HistoryDiverged, match="timeline 2 left at"):
        shop.capture()
