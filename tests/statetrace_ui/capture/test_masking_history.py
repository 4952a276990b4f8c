"""Masking what is stored already: `column_rules SOURCE --apply-to-history`, and the job that the page starts."""

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from statetrace_ui.capture import masking_runs
from statetrace_ui.capture.models import MaskingRun
from statetrace_ui.capture.rule_book import masker_of
from statetrace_ui.capture.tasks import mask_history
from statetrace_ui.history import masked_history
from statetrace_ui.history.models import Change, Relation, Source
from statetrace_ui.wal.masking import short_digest
from tests.statetrace_ui.capture.test_column_rules import SESSIONS, found_in_history, set_rule
from tests.statetrace_ui.conftest import Audited, of_table, stored, told

ALL_IN_CLEAR = ("--keep", "public.django_session", "--keep", "public.django_session.*", "--keep", "public.auth_user.*")


def command(*options: str) -> str:
    out = io.StringIO()
    call_command("column_rules", "shop", *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def in_clear(audited: Audited) -> Source:
    """A source whose history holds session keys and passwords in clear."""
    audited.run(
        SESSIONS,
        "CREATE TABLE auth_user (id int PRIMARY KEY, username text, password text)",
        "INSERT INTO django_session VALUES ('clear-key', 'clear-data', now())",
        "INSERT INTO auth_user VALUES (1, 'ada', 'clear-one'), (2, 'bo', NULL)",
    )
    call_command("add_source", "shop", audited.url, *ALL_IN_CLEAR, stdout=io.StringIO())
    source = Source.objects.get()
    audited.run(
        "UPDATE django_session SET session_key = 'clear-other'",
        "UPDATE auth_user SET password = 'clear-two' WHERE id = 1",
        "DELETE FROM django_session",
        "TRUNCATE auth_user",
    )
    audited.capture(source)
    assert found_in_history("clear-") == ["history_change"]
    return source


def password_of_ada() -> object:
    found = told(Change.objects.filter(kind="B"), "new__username", "new__password")
    return next(password for name, password in found if name == "ada")


def mask_all(source: Source) -> None:
    patterns = [option for option in ALL_IN_CLEAR if option != "--keep"]
    command(*(argument for pattern in patterns for argument in ("--default", pattern)))
    source.refresh_from_db()


def test_no_value_in_clear_is_left_anywhere_in_the_history_database(in_clear: Source) -> None:
    mask_all(in_clear)
    assert found_in_history("clear-") == ["history_change"]  # rules alone change nothing that is stored
    assert "5 of 6 stored rows were masked in 2 tables" in command("--apply-to-history")
    assert found_in_history("clear-") == []
    masker = masker_of(in_clear)
    mask = masker.mask
    one, other = json.dumps([mask("clear-key")]), json.dumps([mask("clear-other")])
    of_sessions = of_table(table_name="django_session").exclude(kind="S").order_by("id")
    assert list(of_sessions.values_list("kind", "record_key", "old_record_key")) == [
        ("B", one, ""),
        ("U", other, one),
        ("D", other, ""),
    ]
    passwords = of_table(table_name="auth_user").exclude(kind__in="TS")
    assert told(passwords, "new__username", "new__password") == [
        ("ada", mask("clear-one")),
        ("bo", None),
        ("ada", mask("clear-two")),
    ]
    [columns] = Relation.objects.filter(table_name="auth_user").values_list("columns", flat=True)
    assert [column.get("rule") for column in columns] == [None, None, "mask"]


def test_doing_it_again_changes_nothing(in_clear: Source) -> None:
    mask_all(in_clear)
    command("--apply-to-history")
    before = list(Change.objects.order_by("id").values())
    assert "0 of 6 stored rows were masked" in command("--apply-to-history")
    assert list(Change.objects.order_by("id").values()) == before


def test_the_stream_goes_on_with_the_digests_that_history_was_given(in_clear: Source, audited: Audited) -> None:
    mask_all(in_clear)
    command("--apply-to-history")
    audited.run("INSERT INTO auth_user VALUES (3, 'cy', 'clear-one')")
    audited.capture(in_clear)
    assert stored("new__password")[-1] == password_of_ada()
    assert Relation.objects.filter(table_name="auth_user").count() == 1  # the same shape, by the same rules


def test_a_run_that_was_killed_goes_on_where_it_was(in_clear: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masked_history, "BATCH_ROWS", 1)
    mask_all(in_clear)
    batches: list[Any] = []

    def mask_until_killed(*arguments: Any) -> Any:
        if len(batches) == 4:
            raise KeyboardInterrupt
        batches.append(arguments)
        return masked_history.mask_batch(*arguments)

    monkeypatch.setattr(masking_runs, "mask_batch", mask_until_killed)
    with pytest.raises(KeyboardInterrupt):
        command("--apply-to-history")
    run = MaskingRun.objects.get()
    assert (run.outcome, run.finished_at) == ("running", None)
    monkeypatch.setattr(masking_runs, "mask_batch", masked_history.mask_batch)
    command("--apply-to-history")
    run.refresh_from_db()
    assert (run.outcome, run.rows_read, run.rows_masked) == ("done", 6, 5)
    assert found_in_history("clear-") == []


def test_rules_that_change_during_a_run_hold_for_all_of_it(in_clear: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    set_rule(in_clear, "mask", "public.auth_user.password")

    def change_rules_first(source: Source, *arguments: Any) -> Any:
        set_rule(Source.objects.get(), "exclude", "public.auth_user.username")
        return masked_history.mask_batch(source, *arguments)

    monkeypatch.setattr(masking_runs, "mask_batch", change_rules_first)
    command("--apply-to-history")
    assert not Change.objects.filter(new__contains=["ada"]).exists()


def test_what_was_masked_stays_so_when_the_rule_is_taken_back(in_clear: Source) -> None:
    set_rule(in_clear, "mask", "public.auth_user.password")
    command("--apply-to-history")
    set_rule(in_clear, "keep", "public.auth_user.password")
    command("--apply-to-history")
    assert short_digest(password_of_ada())
    [columns] = Relation.objects.filter(table_name="auth_user").values_list("columns", flat=True)
    assert columns[2]["rule"] == "mask"


def test_a_table_that_is_excluded_keeps_its_changes_without_their_values(in_clear: Source) -> None:
    set_rule(in_clear, "exclude", "public.django_session")
    set_rule(in_clear, "exclude", "public.auth_user")
    command("--apply-to-history")
    assert found_in_history("clear-") == []
    of_users = of_table(table_name="auth_user", kind="B")
    assert [(list(row or {}), record) for row, record in told(of_users, "new", "record_key")] == [
        (["id"], json.dumps([masker_of(in_clear).mask(number)])) for number in "12"
    ]


def test_a_text_that_looks_like_a_digest_is_masked_like_any_other(in_clear: Source) -> None:
    forged = "masked:" + "ab12" * 10
    of_table(kind="B", table_name="auth_user").update(new=["1", "x", forged])
    set_rule(in_clear, "mask", "public.auth_user.password")
    command("--apply-to-history")
    assert found_in_history(forged) == []


def test_the_job_masks_what_the_page_asked_for_and_a_second_one_finds_nothing_to_do(in_clear: Source) -> None:
    mask_all(in_clear)
    run = masking_runs.request(in_clear)
    assert masking_runs.request(in_clear) == run
    for _ in range(2):
        mask_history(run_id=run.pk)
    run.refresh_from_db()
    assert (run.outcome, run.rows_masked, run.tables_done) == ("done", 5, 2)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'mask_history'")
        assert cursor.fetchone() == (2,)


def test_a_failure_is_told_without_values(in_clear: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    mask_all(in_clear)

    def refuse(*_: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 'clear-text'::int")

    monkeypatch.setattr(masking_runs, "mask_batch", refuse)
    run = masking_runs.start(in_clear)
    with pytest.raises(Exception, match="clear-text"):
        masking_runs.perform(run)
    run.refresh_from_db()
    assert run.outcome == "failed"
    assert "refused a value" in run.error
    assert "clear-text" not in run.error
