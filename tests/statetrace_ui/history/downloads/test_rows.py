"""The rows of a table as of a moment, as a file: all of them, of that moment alone, and none that is not known."""

import csv
import datetime as dt
import hashlib
import io
import json
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.test import Client

from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.accounts.security_log import Event
from statetrace_ui.history.as_of.moments import moment_of
from statetrace_ui.history.as_of.tables import TableAt
from statetrace_ui.history.downloads import whole_changes, whole_rows
from statetrace_ui.history.gap_store import Loss, declare
from statetrace_ui.history.models import Gap, Relation, Source, Table, Transaction
from statetrace_ui.history.queries.excerpts import WHOLE
from tests.statetrace_ui.history.rows import HOSTILE, NOON, make_change, make_relation, make_transaction, row
from tests.statetrace_ui.history.unpacked import Unpacked, leave, unpacked

MINUTE = dt.timedelta(minutes=1)
FORMATS = ("csv", "jsonl", "parquet")


def address(source: Source, **query: str) -> str:
    asked = {"table": "orders", "format": "jsonl", **query}
    return f"/sources/{source.pk}/rows/download/?" + "&".join(f"{name}={value}" for name, value in asked.items())


def taken(client: Client, source: Source, **query: str) -> Unpacked:
    return unpacked(client.get(address(source, **query)))


def keys(found: Unpacked) -> list[str]:
    return [line["_key"][0] for line in found.lines]


@pytest.fixture
def stock(source: Source, orders: Relation) -> Relation:
    """30 rows at noon, of which every third is deleted a minute later."""
    reading = make_transaction(source, NOON, kind="baseline")
    make_change(reading, orders, "S", record_key="")
    for number in range(30):
        make_change(reading, orders, "B", str(number), new=row(str(number), status=f"s{number}"))
    deleting = make_transaction(source, NOON + MINUTE)
    for number in range(0, 30, 3):
        make_change(deleting, orders, "D", str(number), old={"id": str(number)})
    return orders


def test_all_rows_of_the_moment_are_there_however_many_steps_it_takes(
    analyst_client: Client, source: Source, stock: Relation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_rows, "KEYS_AT_ONCE", 7)
    monkeypatch.setattr(whole_changes, "MOST_ROWS", 2)
    assert keys(taken(analyst_client, source)) == sorted(str(n) for n in range(30) if n % 3)
    assert keys(taken(analyst_client, source, at="2026-03-14T12:00:00")) == sorted(map(str, range(30)))
    assert keys(taken(analyst_client, source, key="2*")) == ["2", "20", "22", "23", "25", "26", "28", "29"]
    assert keys(taken(analyst_client, source, key="22")) == ["22"]
    assert keys(taken(analyst_client, source, key="21")) == []


def test_a_row_has_its_columns_and_what_is_known_of_it(
    analyst_client: Client, source: Source, orders: Relation
) -> None:
    analyst_client.cookies["timezone"] = "Europe/Berlin"
    change = make_change(make_transaction(source), orders, "I", new=row(status=None))
    found = taken(analyst_client, source, at="2026-03-14T13:00:00")
    [line] = found.lines
    assert line == {
        "_key": ["7"],
        **row(status=None),
        "_last_change": change.pk,
        "_last_changed_at": "2026-03-14T13:00:00+01:00",
        "_marks": {},
    }
    assert found.about["filters"] == {
        "table": "public.orders",
        "source": "shop",
        "moment": f"2026-03-14T13:00:00+01:00, up to change {2**63 - 2}",
    }
    assert (found.about["records"], found.about["zone"], found.about["complete"]) == (1, "Europe/Berlin", True)
    assert found.about["sha256"] == hashlib.sha256(found.data).hexdigest()
    assert found.name.startswith("records-")
    assert "1 records in 1 rows" in found.text


@pytest.mark.parametrize("format_name", FORMATS)
def test_each_format_has_a_column_for_each_of_the_table(
    format_name: str, analyst_client: Client, source: Source, stock: Relation
) -> None:
    found = taken(analyst_client, source, format=format_name, key="2*")
    lines = as_lines(found.data, format_name)
    assert [line["status"] for line in lines] == [f"s{n}" for n in (2, 20, 22, 23, 25, 26, 28, 29)]
    assert list(lines[0]) == [
        "_key", "id", "status", "total", "details", "updated_at", "_last_change", "_last_changed_at", "_marks",
    ]  # fmt: skip
    assert found.about["rows"] == 8


def as_lines(data: bytes, format_name: str) -> list[dict[str, Any]]:
    if format_name == "parquet":
        return pq.read_table(io.BytesIO(data)).to_pylist()  # type: ignore[no-any-return]
    if format_name == "jsonl":
        return [json.loads(line) for line in data.splitlines()]
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_columns_that_are_called_like_ours_keep_their_names(analyst_client: Client, source: Source) -> None:
    columns = [{"name": name, "type": "text", "key": name == "_key"} for name in ("_key", "_marks", "__marks")]
    relation = make_relation(source, columns=columns)
    make_change(make_transaction(source), relation, "I", new={"_key": "7", "_marks": "a", "__marks": "b"})
    [line] = taken(analyst_client, source).lines
    assert (line["_key"], line["_marks"], line["__marks"]) == ("7", "a", "b")
    assert (line["__key"], line["___marks"]) == (["7"], {})


def test_what_is_stored_meanwhile_is_not_in_it(analyst_client: Client, source: Source, stock: Relation) -> None:
    answer = analyst_client.get(address(source))
    later = make_transaction(source, NOON + 2 * MINUTE)
    make_change(later, stock, "U", "1", new=row("1", status="later"))
    make_change(later, stock, "I", "99", new=row("99"))
    make_change(later, stock, "D", "2", old={"id": "2"})
    found = unpacked(answer)
    assert keys(found) == sorted(str(n) for n in range(30) if n % 3)
    assert found.lines[0]["status"] == "s1"
    assert len(keys(taken(analyst_client, source))) == 20


def test_the_newest_rows_include_those_of_a_reading_that_nothing_followed(
    analyst_client: Client, source: Source, orders: Relation
) -> None:
    make_change(make_transaction(source), orders, "I", "1", new=row("1"))
    reading = make_transaction(source, kind="baseline")
    make_change(reading, orders, "S", record_key="")
    make_change(reading, orders, "B", "2", new=row("2"))
    assert keys(taken(analyst_client, source)) == ["2"]


@pytest.fixture
def people(source: Source) -> Relation:
    columns = [
        {"name": "id", "type": "bigint", "key": True},
        {"name": "email", "type": "text", "key": False, "rule": "mask"},
        {"name": "notes", "type": "text", "key": False, "rule": "exclude"},
        {"name": "body", "type": "text", "key": False},
    ]
    return make_relation(source, "people", oid=3, columns=columns)


def test_a_value_that_is_missing_is_never_an_empty_one(
    analyst_client: Client, source: Source, people: Relation
) -> None:
    digest = "masked:" + "a1" * 20
    new = {"id": "7", "email": digest, "notes": None, "body": "text"}
    many = make_transaction(source)
    make_change(many, people, "I", "1", new=new)
    make_change(many, people, "U", "2", new={**new, "email": None}, unchanged=["body"])
    make_change(many, people, "I", "3", new=new, cut={"new": {"body": {"bytes": 99, "sha256": "ab"}}})
    make_change(many, people, "I", "4", new={**new, "body": None}, cut={"erased": 1, "columns": ["body"]})
    make_change(many, people, "I", "5", cut={"erased": 1})
    make_change(many, people, "I", "6", new={**new, "body": None})
    told = {line["_key"][0]: line for line in taken(analyst_client, source, table="people").lines}
    always = {"notes": "not captured"}
    assert told["1"]["_marks"] == {"email": "masked", **always}
    assert (told["1"]["email"], told["1"]["body"]) == (digest, "text")
    assert told["2"]["_marks"] == {"body": "not known", **always}
    assert told["3"]["_marks"]["body"] == "cut: the beginning of 99 bytes"
    assert told["4"]["_marks"]["body"] == "erased"
    assert told["5"]["_marks"] == {"id": "erased", "email": "erased", "body": "erased", **always}
    assert told["6"]["_marks"] == {"email": "masked", **always}
    cells = as_lines(taken(analyst_client, source, table="people", format="csv").data, "csv")
    assert json.loads(cells[1]["_marks"]) == {"email": "null", "body": "not known", **always}
    assert json.loads(cells[5]["_marks"]) == {"email": "masked", "body": "null", **always}


def test_values_are_whole_also_those_that_the_last_change_did_not_send(
    analyst_client: Client, source: Source, orders: Relation
) -> None:
    long = "ü" * 300_000
    for number in range(3):
        make_change(make_transaction(source), orders, "I", str(number), new=row(str(number), status=long))
        make_change(make_transaction(source), orders, "U", str(number), new=row(str(number)), unchanged=["status"])
    assert [line["status"] for line in taken(analyst_client, source).lines] == [long] * 3


def test_large_rows_and_those_with_unsent_values_are_read_some_at_a_time(
    source: Source, orders: Relation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_changes, "STORED_BYTES", 2_000)
    monkeypatch.setattr(whole_rows, "UNSENT_BYTES", 800)
    noise = hashlib.shake_128(b"noise").hexdigest(4_000)
    for number in range(4):
        make_change(make_transaction(source), orders, "I", str(number), new=row(str(number), status=noise))
    for number in range(4, 8):
        new = row(str(number))
        make_change(make_transaction(source), orders, "I", str(number), new=new)
        make_change(make_transaction(source), orders, "U", str(number), new=new, unchanged=["status"])
    state = TableAt(Table.objects.get(pk=orders.table_id), moment_of(source, None), WHOLE)
    read = [[row.key for row in piece] for piece in whole_rows.whole_rows(state)]
    assert read == [['["0"]'], ['["1"]'], ['["2"]'], ['["3"]'], ['["4"]', '["5"]'], ['["6"]', '["7"]']]


def test_no_cell_is_run(analyst_client: Client, source: Source, orders: Relation) -> None:
    make_change(make_transaction(source), orders, "I", "@7", new=row("@7", status="=1+1", details=HOSTILE))
    [line] = as_lines(taken(analyst_client, source, format="csv").data, "csv")
    assert (line["id"], line["status"], line["details"]) == ("'@7", "'=1+1", HOSTILE)


def test_an_empty_table_is_a_complete_download(analyst_client: Client, source: Source, orders: Relation) -> None:
    make_change(make_transaction(source, kind="baseline"), orders, "S", record_key="")
    for format_name in FORMATS:
        found = taken(analyst_client, source, format=format_name)
        assert (found.about["complete"], found.about["records"]) == (True, 0)
        assert as_lines(found.data, format_name) == []


def test_rows_that_are_not_known_are_refused(analyst_client: Client, source: Source, stock: Relation) -> None:
    assert analyst_client.get(address(source, at="2026-03-14T11:00:00")).status_code == 404
    make_change(make_transaction(source, NOON + 2 * MINUTE), stock, "E", record_key="")
    assert analyst_client.get(address(source)).status_code == 404
    log = make_relation(source, "log", columns=[{"name": "line", "type": "text", "key": False}])
    make_change(make_transaction(source), log, "I", new={"line": "x"}, record_key="")
    assert analyst_client.get(address(source, table="log")).status_code == 404
    assert analyst_client.get(address(source, table="nothing")).status_code == 404
    assert analyst_client.get(address(source, at="never")).status_code == 400
    assert not SecurityEvent.objects.filter(event=Event.DOWNLOADED).exists()


def test_what_retention_takes_meanwhile_ends_the_file_before_its_end(
    analyst_client: Client, source: Source, stock: Relation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_changes, "MOST_ROWS", 2)
    answer: Any = analyst_client.get(address(source, at="2026-03-14T12:00:00"))
    parts = iter(answer.streaming_content)
    next(parts)
    Table.objects.update(removed_before=2**40)
    with pytest.raises(whole_rows.Removed):
        list(parts)
    leave(answer)
    entries = SecurityEvent.objects.filter(event=Event.DOWNLOADED).order_by("id").values_list("subject", flat=True)
    assert entries[1].startswith("ended before its end, after 2 records: Rows of a table as JSON Lines")


def test_retention_that_goes_as_far_as_the_newest_change_takes_no_newest_state(
    analyst_client: Client, source: Source, stock: Relation
) -> None:
    last = Transaction.objects.latest("last_change").last_change
    Table.objects.update(removed_before=(last or 0) + 1)
    assert len(keys(taken(analyst_client, source))) == 20


def test_gaps_up_to_the_moment_are_told(analyst_client: Client, source: Source, stock: Relation) -> None:
    declare(source, Loss(Gap.Reason.SLOT_GONE, "the replication slot is gone"))
    assert len(taken(analyst_client, source).about["gaps"]) == 1


def test_the_page_offers_it_with_its_moment_and_key(
    analyst_client: Client, reader_client: Client, source: Source, stock: Relation
) -> None:
    page = f"/sources/{source.pk}/rows/?table=orders&key=2*&at=2026-03-14T12:00:00"
    offered = analyst_client.get(page).content.decode()
    assert f"/sources/{source.pk}/rows/download/?table=orders&amp;key=2%2A&amp;at=2026-03-14" in offered
    assert "/rows/download/" not in reader_client.get(page).content.decode()
    unknown = f"/sources/{source.pk}/rows/?table=orders&at=2026-03-14T11:00:00"
    assert "/rows/download/" not in analyst_client.get(unknown).content.decode()
