"""A history of every kind of row, as the store writes it."""

import pytest
from django.db import connection, transaction

from statetrace_ui.history.chain.removal import removing
from statetrace_ui.history.chain.report import ChainReport
from statetrace_ui.history.chain.verify import verify_chain
from statetrace_ui.history.models import Change, Source
from statetrace_ui.history.store import store, store_baseline
from statetrace_ui.wal.records import Transaction, row_change
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.test_store import ITEM, START, commit, insert, item, note


@pytest.fixture
def source(organisation: Organisation) -> Source:
    return Source.objects.create(organisation=organisation, name="shop", slot_name="s", publication_name="s")


@pytest.fixture
def kept(source: Source) -> Source:
    """A snapshot of two rows, then three flushes: links 2 to 6, of which the last removes the newest change.

    Changes have ids in the order of their keys: 11, 12, … as rows of `item`.
    """
    rows = [row_change(ITEM, "S"), *(row_change(ITEM, "B", new=item(number)) for number in (1, 2))]
    store_baseline(source, Transaction(7, 8, START, rows, kind="baseline"))
    ada = note("sess", "s", session_actor_full_name="Ada")
    act = note("act", "a", action_session_id="s", action_url="/pay", action_length_ms=1.5)
    store(source, [commit(2, ada, act, insert(11)), commit(3, insert(12), insert(13))])
    store(source, [commit(4, insert(14), note("act", "b", action_session_id="later"))])
    store(source, [commit(5, note("sess", "later", session_actor_full_name="Bo"), insert(15)), commit(6, insert(16))])
    with transaction.atomic(), connection.cursor() as cursor:
        gone = Change.objects.order_by("id").values_list("id", flat=True).last()
        with removing(cursor, source.pk, [gone or 0], "retention"):
            cursor.execute("DELETE FROM history_change WHERE id = %s", [gone])
    return source


def walked(source: Source, heads: dict[int, str] | None = None) -> ChainReport:
    return verify_chain(source, lambda _: None, heads)
