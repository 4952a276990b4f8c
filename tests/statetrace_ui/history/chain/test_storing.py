"""When a transaction was stored is read off the chain."""

import datetime as dt
import random

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from statetrace_ui.history.models import ChainLink, Source, Transaction
from statetrace_ui.history.queries.storing import EPOCH, stored_at
from tests.statetrace_ui.history.rows import make_source, make_transaction


def add_link(source: Source, number: int, through: int, kind: str = "rows") -> None:
    """at: the number, so that it tells which link it is."""
    names = ("changes", "baseline", "transactions", "actions")
    parts = {f"{name}_{part}": value for name in names for part, value in (("rows", 0), ("root", b""), ("through", 0))}
    parts["transactions_through"] = through
    rest = {"notes": 0, "notes_root": b"", "digest": b""}
    ChainLink.objects.create(source=source, number=number, kind=kind, at=number, **parts, **rest)


def test_each_transaction_is_of_the_link_that_covers_it(kept: Source) -> None:
    links = list(ChainLink.objects.filter(source=kept).order_by("number"))
    transactions = list(Transaction.objects.filter(source=kept))
    assert len(transactions) >= 5
    for transaction in transactions:
        link = next(one for one in links if one.transactions_through >= transaction.pk)
        assert stored_at(transaction) == EPOCH + dt.timedelta(microseconds=link.at)


def test_any_chain_is_searched_right_also_one_that_lacks_links(source: Source) -> None:
    """Each of two sources, of which the other one has links of the same numbers."""
    chance = random.Random(7)
    other = make_source(source.organisation, "other")
    numbers = sorted(chance.sample(range(1, 90), 40))
    through = 0
    links = []
    for number in numbers:
        through += chance.choice([0, 0, 1, 2, 3])
        links.append((number, through))
        add_link(source, number, through)
        add_link(other, number, 10_000)
    for pk in range(1, through + 1):
        expected = next(number for number, reached in links if reached >= pk)
        found = stored_at(Transaction(pk=pk, source=source, kind="commit"))
        assert found == EPOCH + dt.timedelta(microseconds=expected), pk
    assert stored_at(Transaction(pk=through + 1, source=source, kind="commit")) is None


def test_what_is_older_than_the_chain_or_was_kept_has_no_such_time(source: Source) -> None:
    assert stored_at(Transaction(pk=5, source=source, kind="commit")) is None
    add_link(source, 1, 10, "adopted")
    add_link(source, 2, 20)
    assert stored_at(Transaction(pk=5, source=source, kind="commit")) is None
    assert stored_at(Transaction(pk=15, source=source, kind="commit"))
    assert stored_at(Transaction(pk=15, source=source, kind="checkpoint")) is None


def test_it_is_found_by_halves(source: Source) -> None:
    for number in range(1, 300):
        add_link(source, number, number)
    with CaptureQueriesContext(connection) as asked:
        assert stored_at(Transaction(pk=200, source=source, kind="commit"))
    [query] = asked.captured_queries
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE history_chainlink")
        cursor.execute(f"EXPLAIN {query['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan on history_chainlink" not in plan


def test_the_page_tells_how_long_it_took(reader_client: Client, source: Source) -> None:
    now = timezone.now()
    shown = make_transaction(source, now)
    address = f"/transactions/{shown.pk}/"
    assert "not known" in reader_client.get(address).content.decode()
    add_link(source, 1, shown.pk)
    for late, told in ((250, "250 ms after its commit"), (-5, "the clocks differ")):
        at = (now - EPOCH) // dt.timedelta(microseconds=1) + late * 1000
        ChainLink.objects.update(at=at)
        assert told in " ".join(reader_client.get(address).content.decode().split())
