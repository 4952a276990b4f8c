"""Column rules on a real server: what is committed at the source, and what of it history holds."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.capture import lifecycle
from statetrace_ui.capture.patterns import Pattern
from statetrace_ui.capture.rule_book import change_rules, masker_of
from statetrace_ui.history.models import Change, Relation, Session, Source
from statetrace_ui.history.refusals import RulesChanged
from statetrace_ui.history.store import store, store_reading
from statetrace_ui.wal import spill
from statetrace_ui.wal.masking import short_digest
from statetrace_ui.wal.records import Rule, Transaction
from tests.statetrace_ui.conftest import Audited, run_capture, stored, supervised, told
from tests.waiting import wait_until

ROWS = Change.objects.exclude(kind="S")  # without the mark that a table's rows begin
USERS = "CREATE TABLE auth_user (id int PRIMARY KEY, username text, password text)"
SESSIONS = "CREATE TABLE django_session (session_key text PRIMARY KEY, session_data text, expire_date timestamptz)"
ANNOTATIONS = "CREATE TABLE statetrace_annotations (id text PRIMARY KEY, kind text, meta json, payload json)"


def add(audited: Audited, *options: str) -> tuple[Source, str]:
    """The source, and what the command said."""
    out = io.StringIO()
    call_command("add_source", "shop", audited.url, *options, stdout=out)
    return Source.objects.get(name="shop"), out.getvalue()


def set_rule(source: Source, rule: Rule | None, *patterns: str) -> bool:
    return change_rules(source, [(Pattern.parse(pattern), rule) for pattern in patterns])


def found_in_history(text: str) -> list[str]:
    """The tables of the dashboard's own database in which the text stands anywhere."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT relispartition"
        )
        tables = [name for (name,) in cursor.fetchall()]
        return [name for name in tables if _holds(cursor, name, text)]


def _holds(cursor: object, table: str, text: str) -> bool:
    cursor.execute(f"SELECT EXISTS (SELECT FROM {table} AS t WHERE position(%s in t::text) > 0)", [text])  # type: ignore[attr-defined]
    return bool(cursor.fetchone()[0])  # type: ignore[attr-defined]


def test_secrets_are_masked_alike_in_the_baseline_and_in_the_stream(audited: Audited) -> None:
    audited.run(USERS, "INSERT INTO auth_user VALUES (1, 'ada', 'clear-one'), (2, 'bo', NULL)")
    source, said = add(audited)
    audited.run(
        "INSERT INTO auth_user VALUES (3, 'cy', 'clear-one')",
        "UPDATE auth_user SET password = 'clear-two' WHERE id = 3",
    )
    audited.capture(source)
    before, null, same, changed = told(ROWS, "new__password")
    assert before == same == masker_of(source).mask("clear-one")
    assert null is None
    assert changed == masker_of(source).mask("clear-two")
    assert found_in_history("clear-") == []
    assert "public.auth_user.password: masked (default by name)" in said
    assert "column_rules shop --keep" in said


def test_rows_of_a_session_table_are_found_by_the_digest_of_their_key(audited: Audited) -> None:
    audited.run(SESSIONS, "INSERT INTO django_session VALUES ('clear-key', 'clear-data', now())")
    source, _ = add(audited)
    audited.run(
        "UPDATE django_session SET session_data = 'clear-more'",
        "UPDATE django_session SET session_key = 'clear-other'",
        "DELETE FROM django_session",
    )
    audited.capture(source)
    mask = masker_of(source).mask
    one, other = json.dumps([mask("clear-key")]), json.dumps([mask("clear-other")])
    assert list(ROWS.order_by("id").values_list("kind", "record_key", "old_record_key")) == [
        ("B", one, ""),
        ("U", one, ""),
        ("U", other, one),
        ("D", other, ""),
    ]
    assert found_in_history("clear-") == []


def test_the_row_before_is_masked_too_and_what_was_not_sent_stays_named(audited: Audited) -> None:
    audited.run(
        "CREATE TABLE letter (id int PRIMARY KEY, secret text, token text, read boolean)",
        "ALTER TABLE letter ALTER secret SET STORAGE EXTERNAL, ALTER token SET STORAGE EXTERNAL",
    )
    source, _ = add(audited, "--exclude", "public.letter.token")
    audited.run(
        "INSERT INTO letter VALUES (1, repeat('x', 10000), repeat('y', 10000), false)",
        "UPDATE letter SET read = true",
        "ALTER TABLE letter REPLICA IDENTITY FULL",
        "UPDATE letter SET read = false",
    )
    audited.capture(source)
    digest = masker_of(source).mask("x" * 10_000)
    assert stored("old", "new", "unchanged") == [
        (None, {"id": "1", "secret": digest, "read": "f"}, []),
        (None, {"id": "1", "read": "t"}, ["secret"]),
        ({"id": "1", "secret": digest, "read": "t"}, {"id": "1", "secret": digest, "read": "f"}, []),
    ]


def test_a_value_too_long_to_be_sent_whole_has_the_digest_of_its_whole_in_baseline_and_stream(
    audited: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("row_limit", "decoder"):
        monkeypatch.setattr(f"statetrace_ui.wal.{module}.MOST_CHARACTERS", 100)
    audited.run(USERS, "INSERT INTO auth_user VALUES (1, 'ada', repeat('clear-', 100))")
    source, _ = add(audited)
    audited.run(
        "INSERT INTO auth_user VALUES (2, 'bo', repeat('clear-', 100))",
        "INSERT INTO auth_user VALUES (3, 'cy', repeat('clear-', 101))",
    )
    audited.capture(source)
    first, second, other = told(ROWS, "new__password")
    assert short_digest(first)
    assert first == second != other
    assert not ROWS.exclude(cut=None).exists()  # a plain digest of the value would be there
    assert found_in_history("clear-") == []


def test_a_table_with_all_columns_excluded_still_shows_that_rows_changed(audited: Audited) -> None:
    audited.run(
        "CREATE TABLE item (name text)", "ALTER TABLE item REPLICA IDENTITY FULL", "INSERT INTO item VALUES ('clear')"
    )
    source, _ = add(audited, "--exclude", "public.item.*")
    audited.run("UPDATE item SET name = 'clear too'")
    audited.capture(source)
    assert told(ROWS, "kind", "old", "new") == [("B", None, {}), ("U", {}, {})]


@pytest.mark.long
def test_a_table_that_is_excluded_is_not_stored_and_leaves_the_publication(audited: Audited) -> None:
    audited.run(USERS, "CREATE TABLE item (id int PRIMARY KEY)", "INSERT INTO auth_user VALUES (1, 'ada', 'clear')")
    source, _ = add(audited, "--exclude", "public.auth_user")
    assert audited.rows("SELECT tablename FROM pg_publication_tables") == [("item",)]
    audited.run("INSERT INTO item VALUES (1)", "INSERT INTO auth_user VALUES (2, 'bo', 'clear')")
    audited.capture(source)
    assert stored("table_name") == ["item"]
    set_rule(source, "exclude", "public.item")
    audited.run("TRUNCATE item", "INSERT INTO item VALUES (2)")  # still published: the stream brings it
    audited.capture(source)
    assert stored("table_name") == ["item"]
    audited.settle(source)
    assert audited.rows("SELECT tablename FROM pg_publication_tables") == []
    set_rule(source, None, "public.item", "public.auth_user")
    audited.settle(source)
    audited.capture(source)
    assert ROWS.filter(kind="B").values_list("table_id", flat=True).distinct().count() == 2
    assert found_in_history("clear") == []


def test_annotations_are_read_whatever_the_rules_say(audited: Audited) -> None:
    audited.run(ANNOTATIONS, "CREATE TABLE item (id int PRIMARY KEY)")
    source, _ = add(audited, "--exclude", "*.*", "--mask", "*.*.*")
    audited.together(
        "INSERT INTO item VALUES (1)",
        """INSERT INTO statetrace_annotations VALUES
           ('s', '_st.app.sess', '{}', '{"session_actor_id": "7"}'),
           ('a', '_st.app.act', '{}', '{"action_session_id": "s", "action_url": "/x"}')""",
    )
    audited.capture(source)
    assert Session.objects.get().actor_id == "7"
    with pytest.raises(SystemExit):
        call_command("column_rules", "shop", "--exclude", "public.statetrace_annotations", stderr=io.StringIO())


def test_nothing_read_under_old_rules_is_stored_after_a_change(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY, note text)")
    source, _ = add(audited)
    audited.run("INSERT INTO item VALUES (1, 'clear')")
    stale = Source.objects.get()
    set_rule(source, "mask", "public.item.note")
    with pytest.raises(RulesChanged):  # what a worker gets that had read the source before
        store(stale, [Transaction(2**60, 2**60, timezone.now(), [])])
    audited.capture(source)
    assert stored("new__note") == [masker_of(source).mask("clear")]


def test_a_running_worker_takes_up_a_change_of_rules(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY, note text)")
    source, _ = add(audited)
    with supervised():
        audited.run("INSERT INTO item VALUES (1, 'seen')")
        wait_until(lambda: stored("new__note") == ["seen"])
        set_rule(source, "mask", "public.item.note")
        audited.run("INSERT INTO item VALUES (2, 'clear-hidden')")
        wait_until(lambda: len(stored("id")) == 2)
    assert stored("new__note") == ["seen", masker_of(source).mask("clear-hidden")]
    assert found_in_history("clear-hidden") == []
    assert Source.objects.get().error == ""


def test_a_transaction_that_is_half_here_is_read_again_under_the_new_rules(
    audited: Audited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY, note text)")
    source, _ = add(audited)
    monkeypatch.setattr(spill.ChangeList.__init__, "__defaults__", (10,))
    with supervised():
        wait_until(lambda: Source.objects.get().seen_at is not None)
        with audited.connection.transaction():
            audited.run("INSERT INTO item SELECT n, 'clear-' || n FROM generate_series(1, 500) AS n")
            set_rule(source, "mask", "public.item.note")
        wait_until(lambda: len(stored("id")) == 500)
    assert found_in_history("clear-") == []


def test_values_are_in_clear_again_from_a_new_baseline_on(audited: Audited) -> None:
    audited.run(USERS, "INSERT INTO auth_user VALUES (1, 'ada', 'clear')")
    source, _ = add(audited)
    assert not set_rule(source, None, "public.auth_user.password")
    assert set_rule(source, "keep", "public.auth_user.password")
    audited.settle(source)
    first, again = told(ROWS, "new__password")
    assert short_digest(first)
    assert again == "clear"
    assert [[column.get("rule") for column in one.columns] for one in Relation.objects.order_by("id")] == [
        [None, None, "mask"],
        [None, None, None],
    ]


def test_a_change_of_rules_is_in_the_security_log(audited: Audited) -> None:
    audited.run(USERS)
    source, _ = add(audited, "--mask", "public.auth_user.username")
    set_rule(source, None, "public.auth_user.username", "public.auth_user.id")
    entries = SecurityEvent.objects.filter(event="rules_changed").order_by("pk")
    assert [(entry.subject, entry.organisation) for entry in entries] == [
        ("shop: mask public.auth_user.username", source.organisation),
        ("shop: default public.auth_user.username", source.organisation),
    ]


def test_a_stricter_rule_needs_no_new_baseline(audited: Audited) -> None:
    audited.run(USERS, "INSERT INTO auth_user VALUES (1, 'ada', 'x')")
    source, _ = add(audited)
    set_rule(source, "mask", "public.auth_user.username")
    audited.settle(source)
    assert ROWS.count() == 1


def test_a_baseline_that_was_read_under_old_rules_is_taken_again(
    audited: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY, note text)", "INSERT INTO item VALUES (1, 'clear')")
    rounds: list[int] = []

    def mask_notes() -> None:
        set_rule(Source.objects.get(), "mask", "public.item.note")
        connection.close()

    def change_first(source: Source, *arguments: object, **options: object) -> object:
        if not rounds:  # in a thread, which has a connection of its own
            with ThreadPoolExecutor() as pool:
                pool.submit(mask_notes).result()
        rounds.append(source.rules_revision)
        return store_reading(source, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(lifecycle, "store_reading", change_first)
    _, said = add(audited)
    assert "read again" in said
    assert [short_digest(note) != "" for note in told(ROWS, "new__note")] == [True]
    assert found_in_history("clear") == []


def test_digests_stay_the_same_when_encryption_keys_are_rotated(audited: Audited) -> None:
    audited.run(USERS)
    source, _ = add(audited)
    before = masker_of(source).mask("x")
    with override_settings(ENCRYPTION_KEYS=["a new key of many letters", *settings.ENCRYPTION_KEYS]):
        assert masker_of(source).mask("x") == before
    assert before[7:] not in json.dumps(list(Source.objects.values()), default=str)


def test_two_sources_have_digests_of_their_own(audited: Audited) -> None:
    audited.run(USERS, "INSERT INTO auth_user VALUES (1, 'ada', 'clear')")
    add(audited)
    audited.add_elsewhere()
    assert len(set(told(ROWS, "new__password"))) == 2


@pytest.mark.parametrize("order", [("--mask", "nonsense"), ("--mask", "a.b", "--keep", "a.b")])
def test_a_rule_that_cannot_be_adds_no_source(audited: Audited, order: tuple[str, ...]) -> None:
    errors = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("add_source", "shop", audited.url, *order, stdout=io.StringIO(), stderr=errors)
    assert "names no column" in errors.getvalue() or "two rules" in errors.getvalue()
    assert not Source.objects.exists()


def _are_stored(count: int) -> bool:
    return len(stored("id")) == count


@pytest.mark.long
def test_a_killed_worker_goes_on_under_the_same_rules(audited: Audited, tmp_path: Path) -> None:
    audited.run(USERS)
    add(audited)
    for number in range(2):
        with run_capture(tmp_path):
            audited.run(f"INSERT INTO auth_user VALUES ({number}, 'ada', 'clear')")
            wait_until(partial(_are_stored, number + 1))
    assert len(set(stored("new__password"))) == 1
    assert found_in_history("clear") == []
