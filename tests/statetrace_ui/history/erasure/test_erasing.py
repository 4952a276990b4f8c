"""Erasing: complete, counted beforehand, proven by the chain, and the same when it was killed in between."""

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.history.chain.verify import verify_chain
from statetrace_ui.history.erasure import changes, requests, runs
from statetrace_ui.history.models import Action, Change, Erasure, Session, Source, UnreadAnnotation
from statetrace_ui.history.store import store
from statetrace_ui.history.tasks import erase
from statetrace_ui.wal.records import Column, Relation, Row, row_change
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.rows import make_avatar, make_source
from tests.statetrace_ui.history.test_store import commit, note

ADA, BOB = "ada@example.com", "bob@example.com"
CUSTOMER = Relation(
    5, "public", "customer", "f",
    (Column("id", "integer", True), Column("email", "text", False), Column("name", "text", False)),
)  # fmt: skip
LOGIN = Relation(6, "public", "login", "f", (Column("email", "text", True), Column("at", "text", False)))
MAIL = Relation(8, "public", "mail", "f", (Column("id", "integer", True), Column("body", "jsonb", False)))
PARTITIONS = "SELECT relid::regclass::text FROM pg_partition_tree('history_change') WHERE isleaf"


def disconnect(source: Source) -> None:
    """Nothing more comes, so no erasure waits for it."""
    source.url = ""
    source.save(update_fields=["url"])


def customer(number: int, email: str, name: str) -> Row:
    return {"id": str(number), "email": email, "name": name}


@pytest.fixture
def source(organisation: Organisation) -> Source:
    """Ada and Bob: as customers, one moved to another key; as keys, in mails, as actors, and in what is unread."""
    source = make_source(organisation, error_detail=f"Key (email)=({ADA}) already exists.")
    disconnect(source)
    before, after = customer(1, "ada@old.example", "Lovelace"), customer(1, ADA, "Lovelace")
    moved = {**after, "id": "11"}
    store(source, [
        commit(1, row_change(CUSTOMER, "I", new=before), row_change(CUSTOMER, "U", before, after)),
        commit(2, row_change(CUSTOMER, "U", after, moved), row_change(CUSTOMER, "I", new=customer(2, BOB, "Bob"))),
        commit(3, *(row_change(LOGIN, "I", new={"email": email, "at": "noon"}) for email in (ADA, BOB))),
        commit(4, row_change(MAIL, "I", new={"id": "1", "body": json.dumps({"to": ADA, "cc": BOB})})),
        commit(5, note("sess", "s-ada", session_actor_email=ADA, session_actor_full_name="Ada L",
                       session_actor_avatar=make_avatar("ada"),
                       session_client_user_agent="Firefox", known_as=ADA)),
        commit(6, note("act", "a1", action_session_id="s-ada", action_url="/customers/ada%40example.com/", about=ADA),
                  row_change(MAIL, "I", new={"id": "2", "body": "{}"})),
        commit(7, note("sess", "s-bob", session_actor_email=BOB, session_actor_full_name="Bob")),
        commit(8, note("sess", "s-bob", "I", session_actor_email=ADA)),
        commit(9, note("odd", "x", about=ADA)),
    ])  # fmt: skip
    record(Event.VIEWED, f"shop: login {ADA}", organisation=organisation)
    return source


def found(text: str) -> dict[str, int]:
    """{table: rows} of all tables of the dashboard's database in which the text stands."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'history_change%'"
        )
        names = [name for (name,) in cursor.fetchall()]
        cursor.execute(PARTITIONS)
        names += [name for (name,) in cursor.fetchall()]
        counts = {}
        for name in names:
            cursor.execute(f"SELECT count(*) FROM {name} AS t WHERE strpos(lower(t::text), %s) > 0", [text])
            counts[name] = cursor.fetchone()[0]
    return {name: count for name, count in counts.items() if count}


def ask_for_ada(source: Source, **wanted: Any) -> Erasure:
    named = {
        "columns": ["email"],
        "tables": [("public", "customer"), ("public", "login")],
        "value": "ADA@example.com",
        "actor": ADA,
        "elsewhere": True,
    }
    places, sought = requests.person_wanted(source, **{**named, **wanted})
    return requests.ask(source, Erasure.Kind.PERSON, places, sought, "ticket 7", "manager")


def perform(erasure: Erasure) -> Erasure:
    runs.perform(erasure)
    requests.confirm(erasure, "manager")
    runs.perform(erasure)
    return erasure


def test_a_person_is_gone_from_everywhere(source: Source) -> None:
    assert found("example.com")
    erasure = perform(ask_for_ada(source))
    for text in ("ada@", "ada%40", "lovelace", "ada l", "firefox", make_avatar("ada").lower()):
        assert found(text) == {}
    assert erasure.found == erasure.done
    assert erasure.done == {
        "keys of public.customer": 2,
        "changes of public.customer": 3,
        "keys of public.login": 1,
        "changes of public.login": 1,
        "changes of public.mail": 1,
        "sessions": 2,
        "actions": 1,
        "annotations": 1,
        "entries of the security log": 1,
    }
    assert (erasure.state, erasure.wanted, erasure.secret, erasure.records.count()) == ("done", "", "", 0)
    report = verify_chain(source, lambda _: None)
    assert (report.findings, report.removed) == ([], {"erasure": 6})


def test_the_facts_stay_and_others_are_untouched(source: Source) -> None:
    kinds = list(Change.objects.order_by("id").values_list("kind", flat=True))
    erasure = perform(ask_for_ada(source))
    assert list(Change.objects.order_by("id").values_list("kind", flat=True)) == kinds
    first, *_ = Change.objects.order_by("id")
    assert (first.old, first.new, first.cut) == (None, None, {"erased": erasure.pk})
    assert [found(text) != {} for text in (BOB, '"bob"', "s-bob")] == [True, False, True]
    bob = Session.objects.get(key="s-bob")
    assert (bob.actor_email, bob.actor_full_name, bob.later) == (BOB, "Bob", [])
    ada = Session.objects.get(key="s-ada")
    assert (str(ada), ada.actor_avatar, ada.payload, ada.erasure_id) == ("Erased actor", "", None, erasure.pk)
    assert Action.objects.get().url == "/customers/(erased)/"
    assert not UnreadAnnotation.objects.exists()
    assert SecurityEvent.objects.filter(subject="shop: login (erased)").count() == 1
    assert SecurityEvent.objects.filter(event="history_erased").count() == 2


def test_only_the_value_in_which_a_word_stands_goes_elsewhere(source: Source) -> None:
    erasure = perform(ask_for_ada(source))
    mail = Change.objects.filter(table__table_name="mail").select_related("relation").order_by("id").first()
    assert mail
    assert (mail.new, mail.cut) == (["1", None], {"erased": erasure.pk, "columns": ["body"]})


def test_a_key_that_holds_the_value_becomes_a_digest_that_nobody_can_make_again(source: Source) -> None:
    perform(ask_for_ada(source))
    ada, bob = Change.objects.filter(table__table_name="login").order_by("id").values_list("record_key", flat=True)
    assert json.loads(ada)[0].startswith("erased:")
    assert bob == f'["{BOB}"]'


def test_a_record_is_erased_by_its_key_with_what_it_was_called_before(source: Source) -> None:
    places, wanted = requests.record_wanted(source, ("public", "customer"), '["11"]', key_too=False)
    erasure = perform(requests.ask(source, Erasure.Kind.RECORD, places, wanted, "", "manager"))
    assert erasure.done == {"keys of public.customer": 2, "changes of public.customer": 3}
    assert found("lovelace") == {}
    assert [found(text) != {} for text in (ADA, BOB)] == [True, True]
    of_table = Change.objects.filter(table__table_name="customer").order_by("id")
    assert list(of_table.values_list("record_key", flat=True)) == ['["1"]', '["1"]', '["11"]', '["2"]']


def test_of_a_cut_value_no_digest_is_left(source: Source) -> None:
    change = Change.objects.filter(table__table_name="mail").order_by("id").first()
    assert change
    marks = {"new": {"body": {"bytes": 9, "sha256": "ab" * 32}, "id": {"bytes": 1, "sha256": "cd" * 32}}}
    Change.objects.filter(source=source, pk=change.pk).update(cut=marks)
    perform(ask_for_ada(source))
    assert [found(digits * 32) != {} for digits in ("ab", "cd")] == [False, True]


def test_a_killed_erasure_goes_on_and_ends_alike(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "BATCH_ROWS", 1)
    erasure = ask_for_ada(source)
    runs.perform(erasure)
    requests.confirm(erasure, "manager")
    kills = 0
    while Erasure.objects.get().state != "done":
        kills += kill_after_a_batch(monkeypatch)
    erasure.refresh_from_db()
    assert kills > 3
    assert erasure.done == erasure.found
    assert found("ada@") == {}


def kill_after_a_batch(monkeypatch: pytest.MonkeyPatch) -> int:
    """One batch is committed, and the next one is interrupted when its rows are written. Returns 1 if it was."""
    batches = []

    def erase_record(*arguments: Any) -> int:
        batches.append(original(*arguments))
        if len(batches) == 2:
            raise KeyboardInterrupt
        return batches[-1]

    original = changes.erase_record
    with monkeypatch.context() as patched:
        patched.setattr(changes, "erase_record", erase_record)
        try:
            erase(erasure_id=Erasure.objects.get().pk)
        except KeyboardInterrupt:
            return 1
    return 0


def test_nothing_is_erased_before_it_is_confirmed(source: Source) -> None:
    before = list(Change.objects.order_by("id").values())
    erasure = ask_for_ada(source)
    runs.perform(erasure)
    assert list(Change.objects.order_by("id").values()) == before
    requests.cancel(erasure)
    assert (erasure.state, erasure.wanted, erasure.records.count()) == ("cancelled", "", 0)
    with pytest.raises(UserError, match="cancelled"):
        requests.confirm(erasure, "manager")


def test_one_erasure_of_a_source_at_a_time(source: Source) -> None:
    ask_for_ada(source)
    with pytest.raises(UserError, match="Another erasure"):
        ask_for_ada(source)


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ({"value": "", "actor": ""}, "Nothing is named"),
        ({"columns": []}, "No field is named"),
        ({"columns": ["emial"]}, "emial"),
    ],
)
def test_a_request_that_names_nothing_is_refused(source: Source, wanted: dict[str, Any], problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        ask_for_ada(source, **wanted)


def test_a_small_number_is_looked_for_in_its_fields_alone(source: Source) -> None:
    erasure = perform(ask_for_ada(source, columns=["id"], value="2", actor=""))
    assert erasure.done == {"keys of public.customer": 1, "changes of public.customer": 1}


def test_an_erased_session_is_not_announced_again(source: Source) -> None:
    perform(ask_for_ada(source))
    store(source, [commit(20, note("sess", "s-ada", session_actor_email=ADA))])
    assert found("ada@") == {}


def test_the_command_counts_asks_and_erases(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["no", "yes"])
    monkeypatch.setattr("builtins.input", lambda _: next(answers))
    texts = []
    for _ in range(2):
        out = io.StringIO()
        call_command("erase", "shop", "--field", "email", "--value", ADA, "--actor", ADA, stdout=out)
        texts.append(out.getvalue())
    assert ["Nothing was erased" in texts[0], "3 changes of public.customer" in texts[1]] == [True, True]
    assert found("ada@") == {}
