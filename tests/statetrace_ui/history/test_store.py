"""Whole transactions in; sessions, actions, transactions and changes out."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection

from statetrace_ui.history import models
from statetrace_ui.history.announcements import MOST_LATER
from statetrace_ui.history.models import Action, Session, Source, UnreadAnnotation
from statetrace_ui.history.store import advance, store, store_baseline
from statetrace_ui.wal.records import Change, Column, Relation, Row, Transaction, row_change
from statetrace_ui.web.models import Organisation

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
ITEM = Relation(1, "public", "item", "d", (Column("id", "integer", True), Column("name", "text", False)))
NOTES = Relation(2, "app", "statetrace_annotations", "d", (Column("id", "text", True), Column("kind", "text", False)))


@pytest.fixture
def source(organisation: Organisation) -> Source:
    return Source.objects.create(organisation=organisation, name="shop", slot_name="s", publication_name="s")


def insert(number: int) -> Change:
    return row_change(ITEM, "I", new=item(number))


def item(number: int) -> Row:
    return {"id": str(number), "name": "x"}


def note(kind: str, key: str = "k", kept: Any = "I", **payload: Any) -> Change:
    columns: Row = {"id": key, "kind": f"_st.app.{kind}", "meta": "{}", "payload": json.dumps(payload)}
    return row_change(NOTES, kept, new=columns)


def commit(lsn: int, *changes: Change) -> Transaction:
    """Committed `lsn` seconds after START."""
    return Transaction(lsn * 8, lsn * 8 + 8, START + timedelta(seconds=lsn), list(changes), xid=lsn)


def test_rows_and_position_are_written_together(source: Source) -> None:
    stored = store(source, [commit(1, insert(1)), commit(2, insert(2), insert(3))])
    assert (stored.transactions, stored.changes, stored.migrated) == (2, 3, False)
    assert source.position == Source.objects.get().position == 24
    changes = models.Change.objects.order_by("id").values_list("record_key", "transaction__xid")
    assert list(changes) == [('["1"]', 1), ('["2"]', 2), ('["3"]', 2)]


def test_a_transaction_that_is_sent_again_is_stored_once(source: Source) -> None:
    store(source, [commit(1, insert(1))])
    store(source, [commit(1, insert(1)), commit(2, insert(2))])
    store(source, [commit(1, insert(1)), commit(2, insert(2))])
    assert models.Change.objects.count() == models.Transaction.objects.count() == 2


def test_a_failure_leaves_neither_rows_nor_position(source: Source) -> None:
    class Broken(list[Change]):
        def __iter__(self) -> Any:
            yield insert(1)
            raise IntegrityError("broken")

    broken = commit(2)
    broken.changes = Broken()
    with pytest.raises(IntegrityError):
        store(source, [commit(1, insert(1)), broken])
    assert not models.Change.objects.exists()
    assert Source.objects.get().position == source.position == 0


def test_a_removed_source_is_reported(source: Source) -> None:
    Source.objects.all().delete()
    with pytest.raises(Source.DoesNotExist, match="was removed"):
        store(source, [commit(1, insert(1))])


def test_the_position_never_goes_back(source: Source) -> None:
    advance(source, 100)
    advance(source, 50)
    assert source.position == Source.objects.get().position == 100


def test_a_relation_gets_a_row_for_each_shape_it_had(source: Source) -> None:
    wider = Relation(1, "public", "item", "d", (*ITEM.columns, Column("price", "numeric(10,2)", False)))
    store(source, [commit(1, insert(1), insert(2))])
    store(source, [commit(2, insert(3))])
    store(source, [commit(3, row_change(wider, "I", new={"id": "4", "name": "y", "price": None}))])
    first, second = models.Relation.objects.order_by("id")
    assert (len(first.columns), len(second.columns)) == (2, 3)
    assert first.columns[0] == {"name": "id", "type": "integer", "key": True}


def test_an_action_may_come_anywhere_in_its_transaction(source: Source) -> None:
    act = note("act", "a", action_session_id="s", action_url="/x")
    store(source, [commit(1, act, insert(1)), commit(2, insert(2), act, insert(3)), commit(3, insert(4), act)])
    assert list(Action.objects.order_by("id").values_list("change_count", "url")) == [(1, "/x"), (2, "/x"), (1, "/x")]
    session = Session.objects.get()
    assert (session.action_count, session.change_count, session.announced) == (3, 4, False)
    assert (session.started_at, session.last_at) == (START + timedelta(seconds=1), START + timedelta(seconds=3))


def test_a_session_may_be_announced_after_its_actions(source: Source) -> None:
    store(source, [commit(1, insert(1), note("act", action_session_id="s"))])
    assert not Session.objects.get().announced
    store(source, [commit(2, note("sess", "s", session_actor_full_name="Ada"))])
    session = Session.objects.get()
    assert (session.announced, session.actor_full_name, session.action_count) == (True, "Ada", 1)
    assert session.started_at == START + timedelta(seconds=1)


def announced(source: Source, lsn: int, kept: str = "I", **fields: str) -> Session:
    store(
        source, [commit(lsn, note("sess", "s", kept, **{f"session_{name}": value for name, value in fields.items()}))]
    )
    return Session.objects.get()


def test_a_later_annotation_fills_in_what_was_empty_and_says_so(source: Source) -> None:
    announced(source, 1, actor_id="1", client_user_agent="Firefox")
    session = announced(source, 2, actor_id="1", actor_email="ada@example.com", application_id="shop")
    assert (session.actor_id, session.actor_email, session.application_id) == ("1", "ada@example.com", "shop")
    [later] = session.later
    assert (later["differs"], later["added"]) == ([], ["actor_email"])
    assert datetime.fromisoformat(later["at"]) == START + timedelta(seconds=2)


@pytest.mark.parametrize("kept", ["I", "U", "B"])
def test_the_first_actor_stands_and_a_later_one_is_kept_beside_it(source: Source, kept: str) -> None:
    announced(source, 1, actor_id="13", actor_full_name="Mallory")
    session = announced(
        source, 2, kept, actor_id="7", actor_full_name="Innocent Alice", actor_email="alice@example.com"
    )
    assert (session.actor_id, session.actor_full_name, session.actor_email) == ("13", "Mallory", "")
    [later] = session.later
    assert (later["actor_full_name"], later["actor_email"]) == ("Innocent Alice", "alice@example.com")
    assert later["differs"] == ["actor_id", "actor_full_name"]


def test_the_first_actor_stands_within_one_transaction_and_one_call(source: Source) -> None:
    first, second = (note("sess", "s", session_actor_id=actor) for actor in ("1", "2"))
    store(source, [commit(1, first, second), commit(2, second)])
    session = Session.objects.get()
    assert (session.actor_id, len(session.later), session.later_count) == ("1", 1, 2)


def test_an_application_may_repeat_itself(source: Source) -> None:
    for lsn in (1, 2, 3):
        session = announced(source, lsn, "I" if lsn == 1 else "U", actor_id="1")
    assert (session.actor_id, session.later, session.later_count) == ("1", [], 0)


def test_later_announcements_are_counted_and_a_few_of_them_kept(source: Source) -> None:
    notes = [note("sess", "s", session_actor_id=str(number)) for number in range(30)]
    store(source, [commit(1, *notes)])
    session = Session.objects.get()
    assert (session.actor_id, len(session.later), session.later_count) == ("0", MOST_LATER, 29)


def test_an_update_of_a_session_that_had_no_actor_names_it(source: Source) -> None:
    announced(source, 1)
    session = announced(source, 2, "U", actor_id="1")
    assert session.actor_id == "1"
    assert session.later[0]["added"] == ["actor_id"]


def test_numbers_of_any_size_in_meta_and_payload_stay_what_they_are(source: Source) -> None:
    huge = "9" * 60
    row: Row = {"id": "s", "kind": "_st.app.sess", "meta": f'{{"n": {huge}}}', "payload": f'{{"n": {huge}}}'}
    for lsn in (1, 2):
        store(source, [commit(lsn, row_change(NOTES, "I", new=row))])
    with connection.cursor() as cursor:
        cursor.execute("SELECT meta ->> 'n', payload ->> 'n' FROM history_session")
        assert cursor.fetchone() == (huge, huge)


def test_sessions_of_two_sources_are_apart(source: Source, organisation: Organisation) -> None:
    other = Source.objects.create(organisation=organisation, name="b", slot_name="b", publication_name="b")
    for one in (source, other):
        store(one, [commit(1, note("sess", "s"))])
    assert Session.objects.count() == 2


def test_all_actions_of_a_transaction_are_kept_and_its_changes_counted_once(source: Source) -> None:
    acts = [note("act", key, action_session_id="s") for key in ("a", "a", "b")]
    store(source, [commit(1, insert(1), *acts)])
    assert Action.objects.count() == 3
    assert (Session.objects.get().action_count, Session.objects.get().change_count) == (3, 1)


def test_an_action_without_a_session_is_kept(source: Source) -> None:
    store(source, [commit(1, insert(1), note("act", "a", action_url="/x"))])
    assert Action.objects.get().session is None
    assert not Session.objects.exists()


def test_annotations_are_not_changes_and_a_session_alone_is_not_a_transaction(source: Source) -> None:
    store(source, [commit(1, note("sess", "s"))])
    assert not models.Change.objects.exists()
    assert not models.Transaction.objects.exists()
    assert source.position == 16


def test_annotations_that_are_altered_or_removed_are_changes(source: Source) -> None:
    removed = row_change(NOTES, "D", old={"id": "s", "kind": None})
    altered = note("act", "a", "U", action_session_id="other")
    store(source, [commit(1, note("act", "a", action_session_id="s"), insert(1), altered), commit(2, removed)])
    store(source, [commit(3, row_change(NOTES, "T"))])
    assert list(models.Change.objects.order_by("id").values_list("kind", "record_key")) == [
        ("I", '["1"]'),
        ("U", '["a"]'),
        ("D", '["s"]'),
        ("T", ""),
    ]
    assert Action.objects.get().session == Session.objects.get(key="s")


def test_the_first_annotation_table_that_is_seen_is_the_only_one(source: Source) -> None:
    other = Relation(9, "evil", NOTES.table_name, "d", NOTES.columns)
    forged = row_change(other, "I", new=note("sess", "s", session_actor_full_name="Alice").new)
    store(source, [commit(1, note("sess", "s", session_actor_full_name="Mallory"), forged)])
    store(source, [commit(2, forged)])
    source.refresh_from_db()
    assert (source.annotation_schema, source.annotation_table) == ("app", "statetrace_annotations")
    assert Session.objects.get().actor_full_name == "Mallory"
    assert Session.objects.get().later_count == 0
    assert list(models.Change.objects.values_list("table__schema_name", flat=True)) == ["evil", "evil"]


def test_the_annotation_table_that_was_chosen_counts_whatever_its_name(source: Source) -> None:
    Source.objects.update(annotation_schema="ours", annotation_table="notes")
    chosen = Relation(9, "ours", "notes", "d", NOTES.columns)
    store(source, [commit(1, note("sess", "other"), row_change(chosen, "I", new=note("sess", "s").new))])
    assert Session.objects.get().key == "s"
    assert models.Change.objects.get().table_name == "statetrace_annotations"


def test_what_is_not_understood_is_kept_with_the_reason(source: Source) -> None:
    odd: Row = {"id": "a", "kind": "_ST.APP.ACT", "meta": None, "payload": '{"action_url": "/x"}'}
    store(source, [commit(1, row_change(NOTES, "I", new=odd), insert(1))])
    kept = UnreadAnnotation.objects.get()
    assert "_ST.APP.ACT is not known" in kept.reason
    assert json.loads(kept.content) == odd
    assert (kept.at, kept.commit_lsn) == (START + timedelta(seconds=1), 8)
    assert Source.objects.get().unread_annotations == 1


def test_of_what_is_not_understood_the_newest_are_kept_and_all_are_counted(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("statetrace_ui.history.unread_writer.MOST_KEPT", 3)
    for lsn in (1, 2):
        store(source, [commit(lsn, *(note(f"{lsn}-{number}", str(number)) for number in range(2)))])
    assert [json.loads(kept.content)["kind"] for kept in UnreadAnnotation.objects.order_by("id")] == [
        "_st.app.1-1",
        "_st.app.2-0",
        "_st.app.2-1",
    ]
    assert Source.objects.get().unread_annotations == 4


def test_a_migration_marks_its_transaction(source: Source) -> None:
    assert store(source, [commit(1, note("mig"))]).migrated
    assert models.Transaction.objects.get().kind == "migration"


@pytest.mark.parametrize(
    "payload", ["{", "[]", '"\\u0000"', '{"action_url": "\\u0000\\ud800"}', '{"a": 1e999}', "[" * 50_000, "7" * 5_000]
)
def test_a_hostile_annotation_does_not_stop_capture(source: Source, payload: str) -> None:
    action: Row = {"id": "🙂" * 9_000, "kind": "_st.app.act", "meta": payload, "payload": payload}
    session: Row = {**action, "kind": "_st.app.sess"}
    store(source, [commit(1, row_change(NOTES, "I", new=action), row_change(NOTES, "I", new=session), insert(1))])
    assert Action.objects.count() == Session.objects.count() == models.Change.objects.count() == 1


def test_hostile_texts_fit_every_index(source: Source) -> None:
    names = ("session_actor_id", "session_actor_email", "session_actor_full_name")
    store(source, [commit(1, note("sess", "🙂" * 9_000, **dict.fromkeys(names, "🙂x" * 90000)))])
    assert Session.objects.get().actor_email.endswith("…")


def test_a_long_key_names_its_record_and_fits_the_index(source: Source) -> None:
    by_text = Relation(3, "public", "page", "d", (Column("address", "text", True),))
    rows = [row_change(by_text, "I", new={"address": "é" * 2_000 + end}) for end in "ab"]
    store(source, [commit(1, *rows)])
    first, second = models.Change.objects.order_by("id").values_list("record_key", flat=True)
    assert first != second
    assert len(json.loads(first)) == 1


def test_an_update_of_the_key_is_found_under_both(source: Source) -> None:
    store(source, [commit(1, row_change(ITEM, "U", old={"id": "1"}, new={"id": "2", "name": "x"}))])
    change = models.Change.objects.get()
    assert (change.record_key, change.old_record_key) == ('["2"]', '["1"]')


def test_a_table_that_changes_back_within_one_call_gets_a_row_for_each_shape(source: Source) -> None:
    wider = Relation(1, "public", "item", "d", (*ITEM.columns, Column("price", "numeric(10,2)", False)))
    back = Relation(1, "public", "item", "d", ITEM.columns)
    shapes = [ITEM, ITEM, wider, back]
    changes = [row_change(shape, "I", new=item(number)) for number, shape in enumerate(shapes)]
    store(source, [commit(1, *changes)])
    widths = [len(change.relation.columns) for change in models.Change.objects.order_by("id")]
    assert widths == [2, 2, 3, 2]
    assert models.Relation.objects.count() == 3


def test_a_first_baseline_sets_the_position(source: Source) -> None:
    rows = (row_change(ITEM, "B", new=item(number)) for number in range(7_000))
    store_baseline(source, Transaction(799, 800, START, rows, kind="baseline"))
    assert source.position == Source.objects.get().position == 800
    assert list(models.Transaction.objects.values_list("kind", "change_count")) == [("baseline", 7_000)]


def test_a_baseline_brings_sessions_but_no_actions(source: Source) -> None:
    changes = [note("sess", "s", kept="B"), note("act", "a", kept="B", action_session_id="t"), note("mig", kept="B")]
    store_baseline(source, Transaction(7, 8, START, changes, kind="baseline"))
    assert Session.objects.get().key == "s"
    assert not Action.objects.exists()
    assert models.Transaction.objects.get().kind == "baseline"


def test_a_recorded_transaction_replays_as_it_was(source: Source) -> None:
    toast = row_change(ITEM, "U", old={"id": "1"}, new={"id": "2"}, unchanged=["name"])
    recorded = commit(1, toast, row_change(ITEM, "T"), note("act", action_session_id="s"))
    again = Transaction.from_json(json.loads(json.dumps(recorded.as_json())))
    assert again == recorded
    store(source, [again])
    assert models.Change.objects.count() == 2


def test_every_reference_of_a_change_is_there(source: Source) -> None:
    """The server does not check them; see the model."""
    store(source, [commit(1, insert(1)), commit(2, insert(2))])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM history_change c JOIN history_source s ON s.id = c.source_id"
            " JOIN history_transaction t ON t.source_id = s.id AND t.id = c.transaction_id"
            " JOIN history_relation r ON r.source_id = s.id AND r.id = c.relation_id"
            " JOIN history_table n ON n.source_id = s.id AND n.id = c.table_id AND n.id = r.table_id"
        )
        assert cursor.fetchone() == (2,)


def test_a_later_baseline_leaves_the_times_of_known_sessions_alone(source: Source) -> None:
    store(source, [commit(1, note("sess", "s"), insert(1))])
    baseline = commit(9, note("sess", "s", "B", session_actor_id="42"), note("sess", "new", "B"))
    baseline.kind = "baseline"
    store_baseline(source, baseline)
    known, new = Session.objects.order_by("-key")
    assert (known.started_at, known.last_at, known.actor_id) == (START + timedelta(seconds=1),) * 2 + ("42",)
    assert new.started_at == new.last_at == START + timedelta(seconds=9)


def test_large_rows_are_written_a_few_at_a_time(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("statetrace_ui.history.change_writer.CHUNK_CHARACTERS", 5)
    store(source, [commit(1, *map(insert, range(7)))])
    keys = models.Change.objects.order_by("id").values_list("record_key", flat=True)
    assert list(keys) == [f'["{number}"]' for number in range(7)]
    told = models.Transaction.objects.get()
    ids = list(models.Change.objects.order_by("id").values_list("id", flat=True))
    assert (told.first_change, told.last_change) == (ids[0], ids[-1])
