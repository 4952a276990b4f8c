"""Labels of records and noise columns on the pages, and who chooses them."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.history.models import Relation, Source, TableDisplay
from tests.statetrace_ui.history.rows import HOSTILE, make_change, make_relation, make_transaction

COLUMNS: list[dict[str, Any]] = [
    {"name": "id", "type": "bigint", "key": True},
    {"name": "number", "type": "text", "key": False},
    {"name": "colour", "type": "text", "key": False},
    {"name": "updated_at", "type": "text", "key": False},
]
CHANGES = "/changes/?group=change"


@pytest.fixture
def lamps(source: Source) -> Relation:
    return make_relation(source, "lamps", columns=COLUMNS)


def lamp(**values: str | None) -> dict[str, str | None]:
    return {"id": "7", "number": "C973NJ5W", "colour": "red", "updated_at": "1", **values}


def labels(client: Client) -> list[str]:
    """Those of the list, the oldest change first."""
    return [row.label for row in client.get(CHANGES).context["changes"]][::-1]


def choose(client: Client, source: Source, status: int = 302, **choice: Any) -> None:
    data = {"table": "public.lamps", "label": "guessed", **choice}
    assert client.post(f"/sources/{source.pk}/display/", data).status_code == status


def test_labels_stand_beside_keys(reader_client: Client, source: Source, lamps: Relation) -> None:
    change = make_change(make_transaction(source), lamps, "I", new=lamp(number=HOSTILE))
    pages = [CHANGES, f"/changes/{change.pk}/", f'/records/{source.pk}/?table=public.lamps&key=["7"]']
    for page in pages:
        text = reader_client.get(page).content.decode()
        assert "· <bdi>&lt;script&gt;alert(1)" in text
        assert "<script>alert" not in text


def test_a_label_is_that_of_the_moment_and_known_from_history(
    reader_client: Client, source: Source, lamps: Relation
) -> None:
    transaction = make_transaction(source)
    make_change(transaction, lamps, "I", new=lamp())
    make_change(transaction, lamps, "U", new=lamp(number="NEW"))
    make_change(transaction, lamps, "U", new=lamp(colour="blue"), unchanged=["number"])
    make_change(transaction, lamps, "U", new=lamp(number="NEWER"))
    make_change(transaction, lamps, "D", old={"id": "7"})
    make_change(transaction, lamps, "I", new=lamp(number=None))
    make_change(transaction, lamps, "T", record_key="")
    assert labels(reader_client) == ["C973NJ5W", "NEW", "NEW", "NEWER", "NEWER", "", ""]


def test_neither_masked_nor_erased_values_are_labels(reader_client: Client, source: Source, lamps: Relation) -> None:
    digest = "masked:" + "a" * 40
    masked = make_relation(source, "lamps", columns=[*COLUMNS[:1], {**COLUMNS[1], "rule": "mask"}, *COLUMNS[2:]])
    transaction = make_transaction(source)
    make_change(transaction, masked, "I", new=lamp(number=digest))
    make_change(transaction, lamps, "D", old={"id": "7"})
    make_change(transaction, lamps, "I", new=lamp(number=None), cut={"erased": 1, "columns": ["number"]})
    assert labels(reader_client) == ["", "", ""]


def test_a_page_asks_once_for_what_was_chosen(reader_client: Client, source: Source, lamps: Relation) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            reader_client.get(CHANGES)
        return len(captured)

    transaction = make_transaction(source)
    make_change(transaction, lamps, "I", new=lamp())
    one = queries()
    for number in range(9):
        make_change(transaction, lamps, "I", str(number), new=lamp())
    assert queries() == one


def test_a_manager_chooses_the_label(manager_client: Client, source: Source, lamps: Relation) -> None:
    make_change(make_transaction(source), lamps, "I", new=lamp())
    choose(manager_client, source, label="column colour")
    assert labels(manager_client) == ["red"]
    choose(manager_client, source, label="none")
    assert labels(manager_client) == [""]
    choose(manager_client, source)
    assert labels(manager_client) == ["C973NJ5W"]
    events = SecurityEvent.objects.filter(event="display_changed")
    assert [event.subject for event in events] == ["shop: public.lamps"] * 3
    choose(manager_client, source)
    assert events.count() == 3


def test_noise_is_left_out_of_lines_and_folded(manager_client: Client, source: Source, lamps: Relation) -> None:
    change = make_change(make_transaction(source), lamps, "U", old=lamp(), new=lamp(colour="blue", updated_at="2"))
    [row] = manager_client.get(CHANGES).context["changes"]
    assert ([field.name for field in row.touched], [field.name for field in row.quiet]) == (["colour"], ["updated_at"])
    choose(manager_client, source, noise=["colour"])
    page = manager_client.get(CHANGES)
    assert page.context["changes"][0].touched == []
    assert "only <bdi>colour</bdi>" in page.content.decode()
    folded = manager_client.get(f"/changes/{change.pk}/").content.decode().partition("<summary>")[2]
    assert folded.count("<tr") == 2
    assert TableDisplay.objects.get().noise == ["colour"]


@pytest.mark.parametrize(
    "choice", [{"label": "column id"}, {"label": "column nothing"}, {"label": ""}, {"noise": ["nothing"]}]
)
def test_only_columns_that_fit_can_be_chosen(
    manager_client: Client, source: Source, lamps: Relation, choice: dict[str, Any]
) -> None:
    choose(manager_client, source, 400, **choice)
    assert not TableDisplay.objects.exists()


@pytest.mark.parametrize(("table", "status"), [("public.unknown", 404), ("", 400), ("\0", 400)])
def test_a_choice_needs_a_table(manager_client: Client, source: Source, table: str, status: int) -> None:
    choose(manager_client, source, status, table=table)
    assert not TableDisplay.objects.exists()


def test_the_tables_page_shows_what_was_chosen(
    manager_client: Client, reader_client: Client, source: Source, lamps: Relation
) -> None:
    choose(manager_client, source, label="column colour", noise=["number"])
    address = f"/sources/{source.pk}/shapes/?table=public.lamps"
    form = manager_client.get(address).content.decode()
    assert '<option value="column colour" selected>' in form
    assert '<input type="checkbox" name="noise" value="number" id="id_noise_0" checked>' in form
    text = reader_client.get(address).content.decode()
    assert "<bdi>colour</bdi>" in text
    assert '<select name="label"' not in text
