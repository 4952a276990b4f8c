"""Pages about values of which only the beginning was kept."""

from django.test import Client

from statetrace_ui.history.models import Source
from tests.statetrace_ui.history.rows import COLUMNS, make_change, make_relation, make_transaction, row

CUT = {"note": {"bytes": 51_000_000, "sha256": "ab" * 32}}
COLUMNS_WITH_NOTE = [*COLUMNS, {"name": "note", "type": "text", "key": False}]
LONGER = {"note": {"bytes": 51_000_001, "sha256": "cd" * 32}}


def test_a_page_says_of_which_values_it_has_the_beginning_only(reader_client: Client, source: Source) -> None:
    relation = make_relation(source, columns=COLUMNS_WITH_NOTE)
    change = make_change(make_transaction(source), relation, "I", new=row(note="begins"), cut={"new": CUT})
    text = reader_client.get(f"/changes/{change.pk}/").content.decode()
    assert "(cut by capture: 51,000,000 bytes in all" in text
    assert "ab" * 32 in text
    assert "all 6 characters that were kept" in text


def test_values_that_differ_after_their_beginnings_are_a_difference(reader_client: Client, source: Source) -> None:
    """Also where the value before comes from the record's previous change."""
    relation = make_relation(source, columns=COLUMNS_WITH_NOTE)
    make_change(make_transaction(source), relation, "I", new=row(note="begins"), cut={"new": CUT})
    update = make_change(make_transaction(source), relation, "U", old=None, new=row(note="begins"), cut={"new": LONGER})
    text = reader_client.get(f"/changes/{update.pk}/").content.decode()
    assert "ab" * 32 in text
    assert "cd" * 32 in text
