"""Tables that are read again after a part of their history was removed or erased: nothing comes back."""

import datetime as dt

import pytest
from django.utils import timezone

from statetrace_ui.history.erasure import requests
from statetrace_ui.history.erasure import runs as erasures
from statetrace_ui.history.models import Change, Erasure, Source, Transaction
from statetrace_ui.history.retention import runs
from statetrace_ui.history.retention.rules import ALL_TABLES, set_rule
from tests.statetrace_ui.conftest import Audited


@pytest.fixture
def source(audited: Audited) -> Source:
    """Two customers; the first was changed twice, of its long text nothing was sent the second time."""
    audited.run(
        "CREATE TABLE customer (id int PRIMARY KEY, email text, body text)",
        "ALTER TABLE customer ALTER body SET STORAGE EXTERNAL",
        "INSERT INTO customer VALUES (1, 'ada@example.com', repeat('ada', 4000)), (2, 'bob@example.com', 'b')",
    )
    source = audited.add()
    audited.run(
        "UPDATE customer SET body = repeat('now', 4000) WHERE id = 1",
        "UPDATE customer SET email = 'lovelace@example.com' WHERE id = 1",
    )
    audited.capture(source)
    return source


def read_again(audited: Audited, source: Source) -> list[tuple[str, str]]:
    """(kind, key) of what is stored when all rows of the table are read and compared."""
    newest = Change.objects.order_by("-id").values_list("id", flat=True)[0]
    audited.run("ALTER TABLE customer ADD COLUMN more int DEFAULT 7")
    audited.settle(source)
    return list(Change.objects.filter(id__gt=newest).order_by("id").values_list("kind", "record_key"))


def test_kept_states_are_what_the_table_holds(audited: Audited, source: Source) -> None:
    Transaction.objects.filter(source=source).update(committed_at=timezone.now() - dt.timedelta(days=9))
    set_rule(source, ALL_TABLES, 5)
    run = runs.start(source, "test")
    runs.perform(run)
    assert (run.outcome, run.checkpoints) == ("done", 1)
    assert read_again(audited, source) == [("A", "")]


def test_a_row_that_was_erased_is_not_found_again(audited: Audited, source: Source) -> None:
    places, wanted = requests.record_wanted(source, ("public", "customer"), '["1"]', key_too=False)
    erasure = requests.ask(source, Erasure.Kind.RECORD, places, wanted, "", "test")
    erasures.perform(erasure)
    requests.confirm(erasure, "test")
    erasures.perform(erasure)
    assert read_again(audited, source) == [("A", "")]
    assert not Change.objects.filter(record_key='["1"]', new__isnull=False).exists()


def test_a_value_that_was_erased_is_not_found_again(audited: Audited, source: Source) -> None:
    places, wanted = requests.person_wanted(source, [], [], "", "lovelace@example.com", elsewhere=True)
    erasure = requests.ask(source, Erasure.Kind.PERSON, places, wanted, "", "test")
    erasures.perform(erasure)
    requests.confirm(erasure, "test")
    erasures.perform(erasure)
    assert erasure.done == {"changes of public.customer": 1}
    assert read_again(audited, source) == [("A", "")]
