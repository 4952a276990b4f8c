"""The annotation table of a real database: whose rows count, and what its alteration leaves behind."""

import io

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from statetrace_ui.history.models import Action, Session, Source, UnreadAnnotation
from tests.statetrace_ui.conftest import Audited, stored
from tests.waiting import wait_until

TABLE = "CREATE TABLE {} (id text PRIMARY KEY, kind text, meta json, payload json)"
SESSION = "INSERT INTO {} VALUES ('{}', '_st.app.sess', '{{}}', '{{\"session_actor_full_name\": \"{}\"}}')"
NOTES = "statetrace_annotations"


def named(name: str, table: str = NOTES, key: str = "s") -> str:
    return SESSION.format(table, key, name)


@pytest.fixture
def annotated(audited: Audited) -> Audited:
    audited.run(TABLE.format(NOTES), "CREATE TABLE item (id int PRIMARY KEY)")
    return audited


def test_who_did_something_cannot_be_rewritten_without_a_trace(annotated: Audited) -> None:
    source = annotated.add()
    annotated.run(named("Mallory"))
    annotated.run(f"DELETE FROM {NOTES}", named("Innocent Alice"), f"TRUNCATE {NOTES}", named("Innocent Bob"))
    annotated.capture(source)
    session = Session.objects.get()
    assert session.actor_full_name == "Mallory"
    assert [later["actor_full_name"] for later in session.later] == ["Innocent Alice", "Innocent Bob"]
    assert stored("kind", "record_key", table_name=NOTES) == [("D", '["s"]'), ("T", "")]


@pytest.mark.parametrize(
    "change",
    [
        f"UPDATE {NOTES} SET payload = '{{\"session_actor_id\": \"7\"}}' WHERE id = 's'",
        f"INSERT INTO {NOTES} VALUES ('s', '_st.app.sess', '{{}}', '{{\"session_actor_id\": \"7\"}}')"
        " ON CONFLICT (id) DO UPDATE SET payload = EXCLUDED.payload",
    ],
)
def test_an_update_or_upsert_of_a_session_counts(annotated: Audited, change: str) -> None:
    source = annotated.add()
    annotated.run(f"INSERT INTO {NOTES} VALUES ('s', '_st.app.sess', '{{}}', '{{}}')", change)
    annotated.capture(source)
    assert (Session.objects.get().actor_id, Session.objects.get().announced) == ("7", True)
    assert stored("kind", table_name=NOTES) == ["U"]


def test_a_table_of_that_name_in_another_schema_is_an_ordinary_table(annotated: Audited) -> None:
    annotated.run("CREATE SCHEMA aaa", TABLE.format(f"aaa.{NOTES}"), named("From before", f"aaa.{NOTES}", "t"))
    out = io.StringIO()
    call_command("add_source", "shop", annotated.url, stdout=out)
    assert f"annotations are read from public.{NOTES} alone" in out.getvalue()
    assert f"ordinary tables: aaa.{NOTES}" in out.getvalue()
    annotated.run(named("Forged", f"aaa.{NOTES}"), named("Ada", key="u"))
    annotated.capture(Source.objects.get())
    assert list(Session.objects.values_list("key", flat=True)) == ["u"]
    assert stored("schema_name", "kind") == [("aaa", "I")]


def test_the_operator_may_choose_the_table(annotated: Audited) -> None:
    chosen = '"my.app".notes'
    annotated.run('CREATE SCHEMA "my.app"', TABLE.format(chosen), named("Mallory"))
    call_command("add_source", "shop", annotated.url, annotations=chosen, stdout=io.StringIO())
    annotated.run(named("Ada", chosen), named("Mallory", key="t"))
    annotated.capture(Source.objects.get())
    assert Session.objects.get().actor_full_name == "Ada"


def test_the_operator_may_choose_it_when_a_source_goes_on(annotated: Audited) -> None:
    annotated.run("CREATE SCHEMA app", TABLE.format("app.notes"))
    annotated.add()
    Source.objects.update(status=Source.Status.STOPPED)
    call_command("add_source", "shop", annotated.url, annotations="app.notes", stdout=io.StringIO())
    assert Source.objects.get().annotations_from == "app.notes"


def test_a_table_that_does_not_exist_cannot_be_chosen(annotated: Audited) -> None:
    errors = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("add_source", "shop", annotated.url, annotations="app.notes", stdout=io.StringIO(), stderr=errors)
    assert "There is no table app.notes. Give the annotation table as SCHEMA.TABLE" in errors.getvalue()
    assert not Source.objects.exists()


def test_the_operator_may_choose_another_table_while_capture_runs(annotated: Audited) -> None:
    """Somebody made the first table of that name before the application did."""
    annotated.run(f"DROP TABLE {NOTES}", "CREATE SCHEMA aaa", TABLE.format(f"aaa.{NOTES}"))
    source = annotated.add()
    annotated.run(named("Mallory", f"aaa.{NOTES}"), TABLE.format(NOTES))
    with annotated.capturing(source) as errors:
        wait_until(lambda: bool(errors) or Session.objects.exists())
        call_command("choose_annotations", "shop", f"public.{NOTES}", stdout=io.StringIO())
        wait_until(lambda: bool(errors) or len(Source.objects.get().tables) == 3)
        annotated.run(named("Ada", key="t"), named("Forged", f"aaa.{NOTES}", "u"))
        wait_until(lambda: bool(errors) or bool(stored("record_key", schema_name="aaa")))
    assert errors == []
    assert Session.objects.get(key="t").actor_full_name == "Ada"
    assert not Session.objects.filter(key="u").exists()


@pytest.mark.parametrize(
    ("name", "table", "said"),
    [
        ("shop", "public.missing", "There is no table public.missing"),
        ("other", f"public.{NOTES}", "no connected source"),
    ],
)
def test_choosing_says_what_does_not_exist(annotated: Audited, name: str, table: str, said: str) -> None:
    annotated.add()
    with pytest.raises(CommandError, match=said):
        call_command("choose_annotations", name, table)
    assert Source.objects.get().annotations_from == f"public.{NOTES}"


def test_what_is_not_understood_is_kept_from_the_baseline_on(annotated: Audited) -> None:
    annotated.run(f"INSERT INTO {NOTES} VALUES ('1', 'before', NULL, NULL)")
    source = annotated.add()
    annotated.run(f"INSERT INTO {NOTES} VALUES ('2', NULL, NULL, NULL), ('3', '_st.app.act', NULL, '[7]')")
    annotated.capture(source)
    reasons = UnreadAnnotation.objects.order_by("id").values_list("reason", flat=True)
    for reason, part in zip(
        reasons, ("kind before is not known", "It has no kind", "no JSON object: [7]"), strict=True
    ):
        assert part in reason
    assert source.unread_annotations == 3
    assert Action.objects.get().key == "3"
