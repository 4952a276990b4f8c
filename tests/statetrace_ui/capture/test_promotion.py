"""A standby takes the place of its primary: two real servers, of which the first crashes and the second is promoted."""

import threading
from collections.abc import Iterator

import pytest

from statetrace_ui.capture import worker
from statetrace_ui.history.models import Gap, Source
from statetrace_ui.wal.connection import SourceError, connect_for_replication
from tests.own_server import OwnServer, Standby
from tests.statetrace_ui.capture.test_continuity import Shop
from tests.statetrace_ui.conftest import Audited, stored, supervised
from tests.waiting import wait_until

# The position moves on, though nothing happens that history would keep.
IDLE_LOG = ("SELECT pg_logical_emit_message(false, 'idle', repeat('x', 1000000))", "SELECT pg_switch_wal()")


class Pair:
    """A primary whose source is captured, and its standby, which has a copy of the source's slot."""

    def __init__(self) -> None:
        self.primary = OwnServer()
        self.shop = Shop(self.primary)
        self.source = self.shop.add()
        self.standby = Standby(self.primary)
        self.shop.run("INSERT INTO item VALUES (2)")
        wait_until(self._has_copied_the_slot)

    def _has_copied_the_slot(self) -> bool:
        """The copy is complete once the slot has moved on."""
        self.shop.run("SELECT pg_log_standby_snapshot()")
        self.shop.capture()
        return self.standby.has_slot(self.source.slot_name)

    def capture_without_standby(self, *statements: str) -> None:
        """The primary writes, and capture stores, what the standby never hears of."""
        self.standby.stop()
        self.shop.run(*statements)
        self.shop.capture()
        self.primary.crash()
        self.standby.start()

    def fail_over(self) -> None:
        self.standby.promote()
        Source.objects.update(url=self.standby.url)

    def write(self, number: int) -> None:
        """At the server that was promoted."""
        database = Audited(self.standby.url)
        database.run(f"INSERT INTO item VALUES ({number})")
        database.connection.close()

    def remove(self) -> None:
        self.standby.remove()
        self.primary.remove()


@pytest.fixture
def pair(audited: Audited) -> Iterator[Pair]:
    pair = Pair()
    yield pair
    pair.remove()


@pytest.mark.long
@pytest.mark.early
def test_history_goes_on_exactly_where_the_standby_had_all_of_it(pair: Pair) -> None:
    """Even if the primary had sent positions that the standby never reached: no transaction lay between."""
    before = Source.objects.get().position
    pair.capture_without_standby(*IDLE_LOG)
    assert Source.objects.get().position > before + 1_000_000
    Source.objects.update(url=pair.standby.url)
    with pytest.raises(SourceError, match="leads to a standby"):
        worker.capture(Source.objects.get(), threading.Event())
    pair.fail_over()
    pair.write(3)
    with supervised():
        wait_until(lambda: len(stored("id")) > 1)
    assert stored("kind", "record_key") == [("I", '["2"]'), ("I", '["3"]')]
    assert not Gap.objects.exists()
    assert Source.objects.get().timeline == 2


@pytest.mark.long
def test_what_the_standby_never_had_is_a_gap(pair: Pair) -> None:
    pair.capture_without_standby("INSERT INTO item VALUES (3)")
    pair.fail_over()
    pair.write(4)
    with supervised():
        wait_until(lambda: '["4"]' in stored("record_key"))
        pair.write(5)
        wait_until(lambda: '["5"]' in stored("record_key"))
    gap = Gap.objects.get()
    assert (gap.reason, gap.is_open) == (Gap.Reason.SET_BACK, False)
    assert "its timeline 2 left at" in gap.sentence
    in_order = stored("kind", "record_key")
    assert in_order == [("I", '["2"]'), ("I", '["3"]'), ("G", ""), ("I", '["4"]'), ("D", '["3"]'), ("I", '["5"]')]


def test_a_slot_of_an_earlier_version_learns_to_fail_over(audited: Audited) -> None:
    source = audited.add()
    failover = f"SELECT failover FROM pg_replication_slots WHERE slot_name = '{source.slot_name}'"
    assert audited.rows(failover) == [(True,)]
    with connect_for_replication(audited.url) as walsender:
        walsender.execute(f"ALTER_REPLICATION_SLOT {source.slot_name} (FAILOVER false)".encode())
    assert audited.rows(failover) == [(False,)]
    audited.capture(source)
    assert audited.rows(failover) == [(True,)]
