"""Rows that refer to a record are found by the search indexes where there are some."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from statetrace_ui.history import partitions
from statetrace_ui.history.as_of.moments import NEWEST
from statetrace_ui.history.as_of.pages import RowAt
from statetrace_ui.history.references import referrers as referring
from statetrace_ui.history.search import scanning
from statetrace_ui.history.search.building import build_missing
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.references.shop import Shop
from tests.statetrace_ui.history.rows import make_source, skip_ids
from tests.statetrace_ui.history.search.conftest import FIRST

PARTS = 3


@pytest.fixture
def shop(small_partitions: int, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """In each partition a line of order 7 and some of others."""
    monkeypatch.setattr(scanning, "WALKED", 5)
    shop = Shop(make_source(Organisation.objects.create(name="Acme", slug="acme")))
    partitions.make("stream", FIRST, FIRST + (PARTS + 1) * small_partitions)
    for part in range(PARTS):
        shop.line(str(part), order_id="7")
        for other in range(8):
            shop.line(f"{part}{other}", order_id=f"7{other}")
        skip_ids(small_partitions)
    shop.line("9", order_id="8")
    partitions.seal_full()
    build_missing()
    return shop


def found(shop: Shop) -> list[RowAt]:
    [referrer] = referring.referrers(shop.orders.table, NEWEST)
    return referring.rows_of(referrer, {"id": "7"}, size=10, seconds=60).rows


def test_they_are_found_by_an_index(shop: Shop) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert [row.key for row in found(shop)] == ['["2"]', '["1"]', '["0"]']
    assert any("&& ARRAY" in query["sql"] for query in asked)
