"""Annotations by `pg_logical_emit_message`, from a real server's log."""

import io
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from psycopg import sql

from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.capture.annotation_choice import take_messages
from statetrace_ui.history.history_writer import MOST_ACTIONS
from statetrace_ui.history.models import Action, Change, Session, Source, Transaction, UnreadAnnotation
from statetrace_ui.history.refusals import RulesChanged
from statetrace_ui.wal.stream import Stream
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.conftest import Audited
from tests.statetrace_ui.history.rows import make_source
from tests.waiting import wait_until

EMIT = "WHERE proname = 'pg_logical_emit_message' ORDER BY oid"


def message(kind: str, content: object, transactional: bool = True) -> str:
    text = content if isinstance(content, str) else json.dumps(content)
    call = sql.SQL("SELECT pg_logical_emit_message({}, {}, {})")
    return call.format(sql.Literal(transactional), sql.Literal(f"_st.app.{kind}"), sql.Literal(text)).as_string()


def action(key: str, session: str = "s", transactional: bool = True) -> str:
    return message("act", {"id": key, "payload": {"action_session_id": session}}, transactional)


def named(name: str, key: str = "s") -> str:
    return message("sess", {"id": key, "payload": {"session_actor_full_name": name}})


def item(number: int) -> str:
    return f"INSERT INTO item VALUES ({number})"


@pytest.fixture
def shop(audited: Audited) -> Audited:
    """A database without an annotation table."""
    audited.run("CREATE TABLE item (id int PRIMARY KEY)")
    return audited


def add(shop: Audited, *options: str) -> Source:
    call_command("add_source", "shop", shop.url, "--messages", *options, stdout=io.StringIO())
    return Source.objects.get()


def attributed() -> dict[str, list[str]]:
    """The keys of the actions of each changed row, in their order."""
    return {
        change.record_key: list(change.transaction.actions.order_by("id").values_list("key", flat=True))
        for change in Change.objects.filter(kind="I").order_by("id")
    }


def test_a_change_is_attributed_to_the_action_and_session_of_its_messages(shop: Audited) -> None:
    source = add(shop)
    shop.together(named("Ada"), item(1), action("first"))
    shop.together(action("second"), item(2), item(3))
    shop.run(item(4))
    shop.capture(source)
    assert attributed() == {'["1"]': ["first"], '["2"]': ["second"], '["3"]': ["second"], '["4"]': []}
    session = Session.objects.get()
    assert (session.actor_full_name, session.announced) == ("Ada", True)
    assert (session.action_count, session.change_count) == (2, 3)
    assert source.annotations_from == ""


def test_what_is_rolled_back_never_counts(shop: Audited) -> None:
    source = add(shop)
    shop.run("BEGIN", item(1), action("rolled back"), named("Mallory", "gone"), "ROLLBACK")
    shop.together(
        item(2),
        action("kept"),
        "SAVEPOINT a",
        item(3),
        action("of the savepoint"),
        "SAVEPOINT b",
        action("inner"),
        named("Mallory", "gone"),
        "RELEASE b",
        "ROLLBACK TO a",
        "SAVEPOINT c",
        action("released"),
        "RELEASE c",
    )
    shop.capture(source)
    assert attributed() == {'["2"]': ["kept", "released"]}
    assert list(Session.objects.values_list("key", flat=True)) == ["s"]


def test_what_is_rolled_back_within_a_large_transaction_never_counts(shop: Audited) -> None:
    """One that the server would send in pieces, if it were asked to, before it knows of the savepoint's end."""
    source = add(shop)
    shop.run(f"ALTER DATABASE {shop.connection.info.dbname} SET logical_decoding_work_mem = '64kB'")
    many = "INSERT INTO item SELECT n FROM generate_series(1, 3000) n"
    shop.together(item(0), "SAVEPOINT a", action("rolled back"), many, "ROLLBACK TO a", many, action("kept"))
    shop.capture(source)
    assert list(Action.objects.values_list("key", flat=True)) == ["kept"]
    assert Transaction.objects.get(kind="commit").change_count == 3001


def test_a_message_outside_of_transactions_never_counts(shop: Audited) -> None:
    """It would stay although its transaction is rolled back, and may arrive within another one."""
    source = add(shop)
    shop.together(item(1), action("no", transactional=False))
    shop.capture(source)
    assert attributed() == {'["1"]': []}
    assert not UnreadAnnotation.objects.exists()


def test_messages_of_others_say_nothing(shop: Audited) -> None:
    source = add(shop)
    shop.together(item(1), "SELECT pg_logical_emit_message(true, 'outbox', '{\"id\": \"x\"}')")
    shop.run("SELECT pg_logical_emit_message(true, repeat('outbox', 100000), 'x')")
    shop.capture(source)
    assert attributed() == {'["1"]': []}
    assert source.unread_annotations == 0


def test_a_source_takes_no_messages_unless_it_is_set_to(shop: Audited) -> None:
    source = shop.add()
    shop.together(item(1), named("Mallory"), action("forged"))
    shop.capture(source)
    assert attributed() == {'["1"]': []}
    assert not Session.objects.exists()


def test_messages_and_rows_count_in_the_order_of_the_log(shop: Audited) -> None:
    shop.run("CREATE TABLE statetrace_annotations (id text PRIMARY KEY, kind text, meta json, payload json)")
    row = "INSERT INTO statetrace_annotations VALUES ('{}', '_st.app.{}', '{{}}', '{}')"
    source = add(shop)
    shop.together(item(1), action("first"), row.format("second", "act", "{}"), action("third"))
    shop.run(row.format("s", "sess", '{"session_actor_full_name": "Ada"}'), named("Mallory"))
    shop.run(row.format("t", "sess", "{}"), message("sess", {"id": "t", "payload": {"session_actor_id": "7"}}))
    shop.capture(source)
    assert attributed() == {'["1"]': ["first", "second", "third"]}
    session = Session.objects.get(key="s")
    assert session.actor_full_name == "Ada"  # the first actor stands, whatever said so
    assert [later["actor_full_name"] for later in session.later] == ["Mallory"]
    assert Session.objects.get(key="t").actor_id == "7"


def test_a_migration_is_announced_by_a_message(shop: Audited) -> None:
    source = add(shop)
    shop.together(item(1), message("mig", ""))
    shop.capture(source)
    assert Transaction.objects.get(change_count=1).kind == "migration"


def test_a_session_may_be_announced_after_its_actions(shop: Audited) -> None:
    source = add(shop)
    shop.together(item(1), action("a"))
    shop.capture(source)
    assert not Session.objects.get().announced
    shop.run(named("Ada"))
    shop.capture(source)
    assert Session.objects.get().actor_full_name == "Ada"


def test_what_is_not_understood_is_kept_with_the_reason_and_stops_nothing(shop: Audited) -> None:
    source = add(shop)
    shop.run(
        message("act", "no JSON"),
        message("sess", '{"id": null}'),
        message("later", "{}"),
        "SELECT pg_logical_emit_message(true, '_st.app.act', '\\x7b00ff'::bytea)",
        "SELECT pg_logical_emit_message(true, '_st.app.act', repeat('[', 900000))",
        "SELECT pg_logical_emit_message(true, '_st.app.act', repeat('x', 30000000))",
        message("act", {"id": "\0\ud800" * 1_000, "payload": {"action_url": "\0\ud800"}}),
    )
    shop.together(item(1), action("a"))
    shop.capture(source)
    assert attributed() == {'["1"]': ["a"]}
    unread = list(UnreadAnnotation.objects.order_by("id"))
    assert source.unread_annotations == len(unread) == 6
    for one, part in zip(
        unread,
        ("read as JSON", "needs an id", "kind _st.app.later", "read as JSON", "read as JSON", "30,000,000 bytes"),
        strict=True,
    ):
        assert part in one.reason
        assert "_st.app." in one.content


def test_a_transaction_with_very_many_actions_keeps_the_first(shop: Audited) -> None:
    source = add(shop)
    many = MOST_ACTIONS + 5
    shop.together(
        item(1),
        "SELECT count(pg_logical_emit_message(true, '_st.app.act', json_build_object('id', n)::text))"
        f" FROM generate_series(1, {many}) n",
    )
    shop.capture(source)
    assert len(attributed()['["1"]']) == MOST_ACTIONS
    assert source.unread_annotations == 5
    assert "actions already" in UnreadAnnotation.objects.latest("id").reason


def test_what_is_sent_again_counts_once(shop: Audited, monkeypatch: pytest.MonkeyPatch) -> None:
    source = add(shop)
    shop.together(named("Ada"), item(1), action("a"))
    shop.run(action("alone"), named("Bob", "t"))
    capture_unacknowledged(shop, source, monkeypatch)
    shop.together(item(2), action("b"))
    shop.capture(source)
    assert attributed() == {'["1"]': ["a"], '["2"]': ["b"]}
    assert list(Action.objects.order_by("id").values_list("key", flat=True)) == ["a", "alone", "b"]
    assert Session.objects.get(key="s").action_count == 3


@pytest.mark.parametrize("taken", [True, False])
def test_what_is_sent_again_may_have_other_messages_than_before(
    shop: Audited, monkeypatch: pytest.MonkeyPatch, taken: bool
) -> None:
    """A transaction of messages alone is stored while they count, and otherwise not even sent."""
    source = add(shop) if taken else shop.add()
    shop.together(item(1), action("a"))
    shop.run(action("alone"))
    capture_unacknowledged(shop, source, monkeypatch)
    take_messages(source, not taken)
    shop.run(item(2))
    shop.capture(source)
    assert list(attributed()) == ['["1"]', '["2"]']
    assert Action.objects.count() == (2 if taken else 0)


def capture_unacknowledged(shop: Audited, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the worker were killed each time between storing and acknowledging."""
    with monkeypatch.context() as patch:
        patch.setattr(Stream, "acknowledge", lambda *_: None)
        shop.capture(source)


def test_the_choice_is_followed_while_capture_runs(shop: Audited) -> None:
    source = shop.add()
    shop.together(item(1), action("before"))
    shop.capture(source)
    call_command("choose_annotations", "shop", messages=True, stdout=io.StringIO())
    source.refresh_from_db()
    shop.together(item(2), action("while they count"))
    shop.capture(source)
    call_command("choose_annotations", "shop", messages=False, stdout=io.StringIO())
    source.refresh_from_db()
    shop.together(item(3), action("after"))
    shop.capture(source)
    assert attributed() == {'["1"]': [], '["2"]': ["while they count"], '["3"]': []}


def test_capture_follows_the_choice_within_its_stream(shop: Audited) -> None:
    source = shop.add()
    with shop.capturing(source) as errors:
        shop.run(item(1))
        wait_until(lambda: bool(errors) or Change.objects.filter(kind="I").exists())
        take_messages(source, True)
        wait_until(lambda: bool(errors))
    assert isinstance(errors[0], RulesChanged)  # upon which the worker opens its stream anew


def test_no_table_is_missed_where_messages_count_and_who_may_write_them_is_said(shop: Audited) -> None:
    out = io.StringIO()
    call_command("add_source", "shop", shop.url, "--messages", stdout=out)
    assert "There is no table statetrace_annotations" not in out.getvalue()
    said = out.getvalue()
    assert "Everybody who may connect to the database may write messages" in said
    (statements,) = [part for part in said.split("`") if part.startswith("REVOKE")]
    role = f"{shop.connection.info.dbname}_app"
    shop.run(f"CREATE ROLE {role}")
    try:
        shop.run(*statements.replace("application_role", role).strip(";").split(";"))
        out = io.StringIO()
        call_command("choose_annotations", "shop", "--messages", stdout=out)
        assert out.getvalue().strip() == "Messages of shop count as annotations."
        assert (
            shop.rows(f"SELECT has_function_privilege('{role}', oid, 'EXECUTE') FROM pg_proc {EMIT}") == [(True,)] * 2
        )
        assert (
            shop.rows(f"SELECT has_function_privilege('public', oid, 'EXECUTE') FROM pg_proc {EMIT}") == [(False,)] * 2
        )
    finally:
        shop.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_what_to_choose_must_be_said(shop: Audited) -> None:
    shop.add()
    with pytest.raises(CommandError, match="--messages or --no-messages"):
        call_command("choose_annotations", "shop")


def test_the_choice_stays_when_a_source_goes_on(shop: Audited) -> None:
    add(shop)
    Source.objects.update(status=Source.Status.STOPPED)
    call_command("add_source", "shop", shop.url, stdout=io.StringIO())
    assert Source.objects.get().annotation_messages


def test_it_may_be_made_when_a_source_goes_on(shop: Audited) -> None:
    shop.add()
    Source.objects.update(status=Source.Status.STOPPED)
    assert add(shop).annotation_messages


def test_a_choice_is_taken_back_while_the_database_is_away(shop: Audited) -> None:
    source = add(shop)
    Source.objects.update(url="postgresql://postgres@127.0.0.1:1/none")
    for chosen, messages in (("--no-messages", False), ("--messages", True)):
        call_command("choose_annotations", "shop", chosen, stdout=io.StringIO())
        source.refresh_from_db()
        assert source.annotation_messages is messages


def test_a_manager_chooses_on_the_sources_page(organisation: Organisation, manager_client: Client) -> None:
    source = make_source(organisation)
    page = f"/sources/{source.pk}/"
    for button, taken in (("Count messages", True), ("Stop counting messages", False)):
        assert button in manager_client.get(page).text
        address = f"{page}annotations/messages/"
        answer = manager_client.post(address, {"taken": "yes" if taken else "no"})
        assert answer.headers["Location"] == page
        source.refresh_from_db()
        assert source.annotation_messages is taken
    assert source.rules_revision == 2
    subjects = SecurityEvent.objects.filter(event="source_changed").order_by("id").values_list("subject", flat=True)
    assert list(subjects) == ["shop: messages count as annotations", "shop: messages do not count as annotations"]
    assert manager_client.post(address, {"taken": "perhaps"}).status_code == 400


def test_a_reader_sees_the_choice_alone(organisation: Organisation, reader_client: Client) -> None:
    source = make_source(organisation, annotation_messages=True)
    page = reader_client.get(f"/sources/{source.pk}/").text
    assert "count, too" in page
    assert "counting messages" not in page
    assert reader_client.post(f"/sources/{source.pk}/annotations/messages/", {"taken": "no"}).status_code == 403
