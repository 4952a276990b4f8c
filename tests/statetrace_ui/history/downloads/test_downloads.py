"""What is in a download: all that a list has, whole, and what it is."""

import csv
import datetime as dt
import hashlib
import io
import json
import zipfile
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.test import Client

from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.accounts.security_log import Event
from statetrace_ui.history.downloads import shares, whole_changes
from statetrace_ui.history.gap_store import Loss, declare
from statetrace_ui.history.models import Action, Change, Gap, Relation, Session, Source
from statetrace_ui.history.queries import ranges
from tests.statetrace_ui.history.rows import (
    HOSTILE,
    NOON,
    make_action,
    make_change,
    make_relation,
    make_session,
    make_source,
    make_transaction,
    row,
)
from tests.statetrace_ui.history.unpacked import leave, unpacked

FORMATS = ("csv", "jsonl", "parquet")


def ids_in(answer: Any) -> list[int]:
    return [line["id"] for line in unpacked(answer).lines]


def test_a_line_has_all_that_is_known_of_a_change(analyst_client: Client, change: Change) -> None:
    analyst_client.cookies["timezone"] = "Europe/Berlin"
    found = unpacked(analyst_client.get("/changes/download/?format=jsonl"))
    [line] = found.lines
    assert line["old"] == row()
    assert line["new"] == row(status="paid")
    assert (line["table"], line["key"], line["kind"], line["marks"]) == ("orders", ["7"], "updated", {})
    assert (line["actor"], line["method"], line["url"]) == ("Ada Lovelace", "POST", "/orders/7/pay")
    assert line["at"] == "2026-03-14T13:00:00+01:00"
    assert found.about["zone"] == "Europe/Berlin"
    assert found.about["complete"] is True
    assert found.about["sha256"] == hashlib.sha256(found.data).hexdigest()
    assert (found.about["bytes"], found.about["rows"], found.about["changes"]) == (len(found.data), 1, 1)
    assert found.about["file"] == found.name
    assert "This download is complete." in found.text


@pytest.mark.parametrize("format_name", FORMATS)
def test_all_changes_are_there_in_their_order_however_many_steps_it_takes(
    format_name: str, analyst_client: Client, change: Change, orders: Relation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_changes, "MOST_ROWS", 2)
    monkeypatch.setattr(ranges.all_places, "__defaults__", (3,))
    made = [make_change(change.transaction, orders, "I", str(n), new=row(str(n), status="x" * n)) for n in range(9)]
    found = unpacked(analyst_client.get(f"/changes/download/?format={format_name}"))
    expected = [one.pk for one in reversed([change, *made])]
    assert _ids(found.data, format_name) == expected
    assert found.about["changes"] == 10


def _ids(data: bytes, format_name: str) -> list[int]:
    if format_name == "parquet":
        return [int(one) for one in pq.read_table(io.BytesIO(data)).column("id").to_pylist()]
    if format_name == "jsonl":
        return [json.loads(line)["id"] for line in data.splitlines()]
    found = [int(line["id"]) for line in csv.DictReader(io.StringIO(data.decode("utf-8-sig")))]
    return list(dict.fromkeys(found))


def test_values_are_whole_where_lists_cut_them(analyst_client: Client, action: Action, orders: Relation) -> None:
    long = "ü" * 300_000
    make_change(action.transaction, orders, "I", new=row(status=long))
    make_change(action.transaction, orders, "I", "8", new=row("8", status=long))
    assert [
        line["new"]["status"] for line in unpacked(analyst_client.get("/changes/download/?format=jsonl")).lines
    ] == [
        long,
        long,
    ]


def test_large_rows_are_read_one_by_one(action: Action, orders: Relation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_changes, "STORED_BYTES", 2_000)
    noise = hashlib.shake_128(b"noise").hexdigest(4_000)
    made = [make_change(action.transaction, orders, "I", str(n), new=row(status=noise * (n % 2))) for n in range(6)]
    places = [(one.source_id, one.pk, False) for one in made]
    pieces = list(whole_changes.whole_changes([places]))
    assert [[one.pk for one in piece] for piece in pieces] == [[one.pk] for one in made]


def marked(**fields: Any) -> dict[str, Any]:
    return {"id": "7", "status": "new", "total": "1", "details": None, "updated_at": "x", **fields}


@pytest.fixture
def missing(source: Source, action: Action) -> dict[str, Change]:
    """Changes with values that are not there, each for a reason of its own."""
    columns = [
        {"name": "id", "type": "bigint", "key": True},
        {"name": "email", "type": "text", "key": False, "rule": "mask"},
        {"name": "notes", "type": "text", "key": False, "rule": "exclude"},
        {"name": "body", "type": "text", "key": False},
    ]
    people = make_relation(source, "people", oid=3, columns=columns)
    made = {}
    digest = "masked:" + "a1" * 20
    new = {"id": "7", "email": digest, "notes": None, "body": "text"}
    made["masked"] = make_change(action.transaction, people, "I", new=new)
    made["unsent"] = make_change(action.transaction, people, "U", new={**new, "email": None}, unchanged=["body"])
    cut = {"new": {"body": {"bytes": 99, "sha256": "ab"}}}
    made["cut"] = make_change(action.transaction, people, "I", new=new, cut=cut)
    erased = {"erased": 1, "columns": ["body"]}
    made["partly"] = make_change(action.transaction, people, "I", new={**new, "body": None}, cut=erased)
    made["wholly"] = make_change(action.transaction, people, "D", cut={"erased": 1})
    return made


def test_a_value_that_is_missing_is_never_an_empty_one(analyst_client: Client, missing: dict[str, Change]) -> None:
    lines = {line["id"]: line for line in unpacked(analyst_client.get("/changes/download/?format=jsonl")).lines}
    told = {name: lines[change.pk] for name, change in missing.items()}
    assert told["masked"]["marks"] == {"new": {"email": "masked", "notes": "not captured"}}
    assert told["masked"]["new"] == {"id": "7", "email": "masked:" + "a1" * 20, "body": "text"}
    assert told["unsent"]["marks"]["old"] == {
        "id": "not sent", "email": "not sent", "notes": "not captured", "body": "not sent",
    }  # fmt: skip
    assert told["unsent"]["marks"]["new"] == {"notes": "not captured", "body": "not sent"}
    assert told["unsent"]["new"] == {"id": "7", "email": None}
    assert told["cut"]["marks"]["new"]["body"] == "cut: the beginning of 99 bytes"
    assert told["partly"]["marks"]["new"]["body"] == "erased"
    assert "body" not in told["partly"]["new"]
    assert set(told["wholly"]["marks"]["old"].values()) == {"erased"}
    assert (told["wholly"]["old"], told["wholly"]["new"]) == ({}, None)


def test_a_spreadsheet_says_of_each_field_what_it_is(analyst_client: Client, missing: dict[str, Change]) -> None:
    found = unpacked(analyst_client.get("/changes/download/?format=csv"))
    lines = list(csv.DictReader(io.StringIO(found.data.decode("utf-8-sig"))))
    of = {
        name: {line["field"]: line for line in lines if line["id"] == str(change.pk)}
        for name, change in missing.items()
    }
    assert (of["unsent"]["email"]["old_is"], of["unsent"]["email"]["new_is"]) == ("not sent", "null")
    assert (of["masked"]["body"]["old_is"], of["masked"]["body"]["new"]) == ("no row", "text")
    assert of["wholly"]["body"]["old_is"] == "erased"
    assert "body" not in of["unsent"]  # not sent, since it did not change
    assert found.about["rows"] == len(lines)
    assert found.about["changes"] == len(missing)


def test_no_cell_is_run(analyst_client: Client, action: Action, orders: Relation) -> None:
    action.url = "=cmd|' /C calc'!A0"
    action.save()
    make_change(action.transaction, orders, "I", "@7", new=row("@7", status="+1", total="-1.50", details="\t=1"))
    found = unpacked(analyst_client.get("/changes/download/?format=csv"))
    lines = {line["field"]: line for line in csv.DictReader(io.StringIO(found.data.decode("utf-8-sig")))}
    assert lines["status"]["url"] == "'=cmd|' /C calc'!A0"
    assert [lines[name]["new"] for name in ("id", "status", "total", "details")] == ["'@7", "'+1", "-1.50", "'\t=1"]
    assert "apostrophe" in found.text


def test_parquet_has_types_and_small_row_groups(
    analyst_client: Client, change: Change, orders: Relation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("statetrace_ui.history.downloads.formats.GROUP_ROWS", 4)
    for n in range(9):
        make_change(change.transaction, orders, "I", str(n), new=row(status=HOSTILE))
    file = pq.ParquetFile(io.BytesIO(unpacked(analyst_client.get("/changes/download/?format=parquet")).data))
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [4, 4, 2]
    [first, *_] = reversed(file.read().to_pylist())
    assert first["at"] == NOON
    assert json.loads(first["new"])["status"] == "paid"


def test_an_empty_list_is_a_complete_download(analyst_client: Client, source: Source) -> None:
    for format_name in FORMATS:
        found = unpacked(analyst_client.get(f"/changes/download/?format={format_name}"))
        assert (found.about["complete"], found.about["changes"], found.about["rows"]) == (True, 0, 0)
        assert _ids(found.data, format_name) == []


def test_filters_and_gaps_are_told(analyst_client: Client, change: Change, source: Source) -> None:
    declare(source, Loss(Gap.Reason.SLOT_GONE, "the replication slot is gone"))
    address = f"/changes/download/?format=jsonl&source={source.pk}&table=public.orders&since=2026-03-14"
    found = unpacked(analyst_client.get(address))
    assert found.about["filters"] == {
        "question": "table:public.orders source:shop since:2026-03-14", "start": "2026-03-14T00:00:00+00:00",
    }  # fmt: skip
    [gap] = found.about["gaps"]
    assert (gap["source"], gap["until"]) == ("shop", "now: it is open")
    assert "Gaps, in which something may be missing:" in found.text
    assert [line["kind"] for line in found.lines] == ["gap", "updated"]


def test_a_download_that_fails_is_not_taken_for_a_whole_one(
    analyst_client: Client, change: Change, orders: Relation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_changes, "MOST_ROWS", 1)
    read = whole_changes._read

    def failing(places: ranges.Places) -> list[Change]:
        if places[0][1] == change.pk:
            raise RuntimeError("the database is gone")
        return read(places)

    monkeypatch.setattr(whole_changes, "_read", failing)
    make_change(change.transaction, orders, "I", "8", new=row("8"))
    for format_name in FORMATS:
        answer: Any = analyst_client.get(f"/changes/download/?format={format_name}")
        got = io.BytesIO()
        with pytest.raises(RuntimeError):
            got.writelines(answer.streaming_content)
        leave(answer)
        assert got.tell() > 0
        with pytest.raises(zipfile.BadZipFile):
            zipfile.ZipFile(got)
    entries = SecurityEvent.objects.filter(event=Event.DOWNLOADED).order_by("id").values_list("subject", flat=True)
    assert entries[1] == "ended before its end, after 1 changes: Changes as CSV"


def test_only_some_downloads_of_an_organisation_are_under_way(analyst_client: Client, change: Change) -> None:
    address = "/changes/download/?format=jsonl"
    under_way = [analyst_client.get(address) for _ in range(shares.MOST)]
    refused = analyst_client.get(address)
    assert refused.status_code == 503
    for _ in range(2):
        leave(under_way[0])  # before it has begun
    assert ids_in(analyst_client.get(address)) == [change.pk]
    assert ids_in(under_way[1]) == [change.pk]
    for answer in [analyst_client.get(address) for _ in range(shares.MOST)]:
        assert ids_in(answer) == [change.pk]


def test_a_session_is_downloaded_in_the_order_of_time(
    analyst_client: Client, session: Session, change: Change, orders: Relation
) -> None:
    later = make_action(session, NOON + dt.timedelta(minutes=1))
    make_action(session, NOON + dt.timedelta(minutes=1), transaction=later.transaction)
    second = make_change(later.transaction, orders, "D", old=row())
    make_change(make_transaction(session.source), orders, "D", "9", old=row("9"))
    found = unpacked(analyst_client.get(f"/sessions/{session.pk}/download/?format=jsonl"))
    assert [line["id"] for line in found.lines] == [change.pk, second.pk]
    assert [line["actions"] for line in found.lines] == [1, 2]
    assert found.about["filters"]["session"] == session.key


def test_a_record_is_downloaded_with_its_former_keys_page_after_page(
    analyst_client: Client, source: Source, change: Change, orders: Relation
) -> None:
    many = [make_change(make_transaction(source), orders, "U", old=row(), new=row()) for _ in range(60)]
    moved = make_change(
        make_transaction(source), orders, "U", "8", old={"id": "7"}, new=row("8"), old_record_key='["7"]'
    )
    emptied = make_change(make_transaction(source), orders, "T", record_key="")
    make_change(make_transaction(source), orders, "I", "9", new=row("9"))
    answer = analyst_client.get(f'/records/{source.pk}/download/?table=orders&key=["8"]&format=jsonl')
    assert ids_in(answer) == [emptied.pk, moved.pk, *(one.pk for one in reversed(many)), change.pk]


def test_sessions_are_downloaded_by_the_filters_of_their_page(analyst_client: Client, source: Source) -> None:
    for number in range(3):
        make_session(source, f"s-{number}", NOON + dt.timedelta(hours=number), actor_full_name=f"Ada {number}")
    make_session(make_source(source.organisation, "other"), "else")
    found = unpacked(analyst_client.get(f"/sessions/download/?format=jsonl&source={source.pk}&actor=ada"))
    assert [line["session"] for line in found.lines] == ["s-2", "s-1", "s-0"]
    assert found.about["sessions"] == 3
    for format_name in ("csv", "parquet"):
        assert unpacked(analyst_client.get(f"/sessions/download/?format={format_name}")).about["rows"] == 4


@pytest.mark.parametrize("query", ["", "?format=xlsx", "?format=csv&since=never", "?format=csv&kind=Z"])
def test_an_address_that_is_not_understood_is_refused(query: str, analyst_client: Client, source: Source) -> None:
    assert analyst_client.get(f"/changes/download/{query}").status_code == 400
    assert not SecurityEvent.objects.filter(event=Event.DOWNLOADED).exists()
