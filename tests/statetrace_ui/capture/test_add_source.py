"""`manage.py add_source`."""

import io
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command

from statetrace_ui.history.models import Change, Source, Transaction
from statetrace_ui.wal.connection import SourceError
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.conftest import Audited, command_process, interruptible, stored, supervised, told
from tests.waiting import wait_until


@pytest.fixture
def new_role(audited: Audited) -> Iterator[str]:
    """A role with all rights that capture needs, and no password yet."""
    role = f"{audited.connection.info.dbname}_capture"
    audited.run(f"CREATE ROLE {role} LOGIN SUPERUSER")
    yield role
    with audited.connection.transaction():
        audited.run(f"REASSIGN OWNED BY {role} TO CURRENT_USER", f"DROP ROLE {role}")


def added(url: str) -> Source:
    printed("shop", url)
    return Source.objects.get()


def printed(*arguments: str) -> str:
    out = io.StringIO()
    call_command("add_source", *arguments, stdout=out)
    return out.getvalue()


def refused(*arguments: str, **options: Any) -> str:
    """Runs the command, which must exit with status 2; → what it wrote to stderr."""
    errors = io.StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("add_source", *arguments, stdout=io.StringIO(), stderr=errors, **options)
    assert end.value.code == 2
    return errors.getvalue()


def left_behind(audited: Audited) -> list[Any]:
    slots = audited.rows("SELECT slot_name FROM pg_replication_slots WHERE database = current_database()")
    return [*slots, *audited.rows("SELECT pubname FROM pg_publication"), *Source.objects.all()]


def test_it_takes_a_baseline_and_says_how_to_go_on(audited: Audited) -> None:
    audited.run('CREATE TABLE "Größe % x" (id int PRIMARY KEY, "näme ""q""" text)')
    audited.run("""INSERT INTO "Größe % x" VALUES (1, E'a\\tb\\\\N')""")
    out = io.StringIO()
    call_command("add_source", "shop", audited.url, stdout=out)
    assert "run_capture" in out.getvalue()
    source = Source.objects.get()
    assert (source.status, source.error, source.organisation.slug) == ("streaming", "", "acme")
    assert Change.objects.get(kind="B").values_after() == {"id": "1", 'näme "q"': "a\tb\\N"}


def test_a_database_that_is_not_ready_is_left_as_it_was(audited: Audited) -> None:
    audited.run("CREATE TABLE keyless (id int)")
    assert "public.keyless" in refused("shop", audited.url)
    assert left_behind(audited) == []


def test_a_database_is_a_source_of_an_organisation_once(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)")
    source = added(audited.url)
    assert refused("store", audited.url) == "This database is the source shop already. Open that source instead.\n"
    assert Source.objects.count() == 1
    assert audited.add_elsewhere("store").organisation != source.organisation


def test_a_source_is_not_moved_to_the_database_of_another(audited: Audited, new_database: Callable[..., str]) -> None:
    printed("store", new_database())
    printed("shop", audited.url)
    assert "is the source shop already" in refused("store", audited.url, moved=True)


def test_a_copy_of_a_server_is_another_database(audited: Audited) -> None:
    """Its identity is that of the server that it was copied from; only slots are not copied."""
    source = added(audited.url)
    Source.objects.update(slot_name="not_there")
    printed("copy", audited.url)
    assert {one.system_identifier for one in Source.objects.all()} == {source.system_identifier}


def test_a_baseline_that_fails_leaves_nothing_behind(audited: Audited) -> None:
    """A role that owns the table, but whose row policies would hide rows from it."""
    role = f"{audited.connection.info.dbname}_role"
    audited.run(
        f"CREATE ROLE {role} LOGIN REPLICATION PASSWORD 'x'",
        f"GRANT CREATE ON DATABASE {audited.connection.info.dbname} TO {role}",
        "CREATE TABLE item (id int PRIMARY KEY)",
        f"ALTER TABLE item OWNER TO {role}",
        "ALTER TABLE item ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
    )
    try:
        said = refused("shop", audited.url_of_role(role, "x"))
    finally:
        audited.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")
    assert "The baseline of public.item cannot be read" in said
    assert "row-level security" in said
    assert left_behind(audited) == []


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("nonsense", "The URL is not understood"),
        ("postgresql://nobody:secret@127.0.0.1:1/nowhere", "cannot be reached"),
    ],
)
def test_a_url_that_leads_nowhere_is_reported_without_its_password(audited: Audited, url: str, sentence: str) -> None:
    said = refused("shop", url)
    assert sentence in said
    assert "secret" not in said
    assert not Source.objects.exists()


@pytest.mark.parametrize("way", ["SOURCE_URL", "SOURCE_URL_FILE", "-"])
def test_the_url_need_not_stand_on_the_command_line(
    way: str, audited: Audited, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "url"
    path.write_text(f"{audited.url}\n")
    if way == "-":
        with path.open() as lines:
            monkeypatch.setattr("sys.stdin", lines)
            call_command("add_source", "shop", "-", stdout=io.StringIO())
    else:
        monkeypatch.setenv(way, str(path) if way.endswith("FILE") else audited.url)
        call_command("add_source", "shop", stdout=io.StringIO())
    assert Source.objects.get().status == "streaming"


def test_a_url_that_is_nowhere_is_asked_for(audited: Audited) -> None:
    assert "SOURCE_URL is not set" in refused("shop")


def test_a_wrong_password_is_reported_without_showing_any(audited: Audited) -> None:
    said = refused("shop", audited.url_of_role("postgres", "wrong-horse"))
    assert "cannot be reached" in said
    assert "password authentication failed" in said
    assert "wrong-horse" not in said


def test_the_organisation_must_be_clear(audited: Audited) -> None:
    Organisation.objects.create(name="Elsewhere", slug="elsewhere")
    assert "Known are: acme, elsewhere" in refused("shop", audited.url)
    call_command("add_source", "shop", audited.url, organisation="elsewhere", stdout=io.StringIO())
    assert Source.objects.get().organisation.slug == "elsewhere"


def test_the_first_source_makes_a_default_organisation(audited: Audited) -> None:
    Organisation.objects.all().delete()
    call_command("add_source", "shop", audited.url, stdout=io.StringIO())
    assert Source.objects.get().organisation.slug == "default"


def test_a_name_that_is_in_use_is_refused_and_its_source_goes_on(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)")
    source = audited.add()
    assert "already" in refused("shop", audited.url)
    audited.run("INSERT INTO item VALUES (1)")
    audited.capture(source)
    assert stored("kind") == ["I"]


def test_after_its_slot_was_lost_a_source_is_added_again_and_what_was_missed_is_found(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY, name text)")
    source = audited.add()
    audited.run("INSERT INTO item VALUES (1), (2), (4)")
    audited.capture(source)
    audited.run(
        f"SELECT pg_drop_replication_slot('{source.slot_name}')",
        "UPDATE item SET name = 'x' WHERE id = 2",
        "DELETE FROM item WHERE id = 4",
        "INSERT INTO item VALUES (5)",
    )
    Source.objects.update(status=Source.Status.ERROR)
    source = audited.add()
    audited.run("INSERT INTO item VALUES (3)")
    audited.capture(source)
    found = Change.objects.filter(transaction__kind="resync")
    assert told(found, "kind", "record_key", "old", "new__name") == [
        ("U", '["2"]', {"name": None}, "x"),
        ("I", '["5"]', None, None),
        ("D", '["4"]', {"id": "4", "name": None}, None),
    ]
    assert stored("kind", "record_key")[-1] == ("I", '["3"]')
    assert Transaction.objects.filter(kind="baseline").count() == 1


def test_history_of_another_server_is_not_mixed_in(audited: Audited) -> None:
    audited.add()
    Source.objects.update(status=Source.Status.ERROR, system_identifier="1")
    assert "Else use another name" in refused("shop", audited.url)
    assert Source.objects.get().status == Source.Status.ERROR


def test_a_changed_password_costs_no_change(audited: Audited, new_role: str) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)")
    audited.run(f"ALTER ROLE {new_role} PASSWORD 'first'")
    source = added(audited.url_of_role(new_role, "first"))
    audited.run(f"ALTER ROLE {new_role} PASSWORD 'second'", "INSERT INTO item VALUES (1)", "DELETE FROM item")
    with pytest.raises(SourceError, match="password authentication failed"):
        audited.capture(source)
    assert "goes on where it was" in printed("shop", audited.url_of_role(new_role, "second"))
    audited.capture(Source.objects.get())
    assert stored("kind") == ["I", "D"]
    assert not Change.objects.filter(kind="B").exists()


@pytest.mark.long
def test_a_source_in_order_takes_a_new_address_from_a_running_worker(audited: Audited, new_role: str) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)", f"ALTER ROLE {new_role} PASSWORD 'first'")
    audited.add()
    user = f"SELECT usename FROM pg_stat_replication WHERE usename = '{new_role}'"
    with supervised():
        audited.run("INSERT INTO item VALUES (1)")
        wait_until(lambda: len(stored("id")) == 1)
        call_command("add_source", "shop", audited.url_of_role(new_role, "first"), stdout=io.StringIO())
        wait_until(lambda: audited.rows(user))
        audited.run("INSERT INTO item VALUES (2)")
        wait_until(lambda: len(stored("id")) == 2)
    assert Transaction.objects.filter(kind="baseline").count() == 1


def test_a_wrong_address_does_not_replace_the_right_one(audited: Audited, new_database: Callable[..., str]) -> None:
    source = audited.add()
    assert "password authentication failed" in refused("shop", audited.url_of_role("postgres", "wrong"))
    assert "is gone" not in refused("shop", new_database())
    assert Source.objects.get().url == source.url
    audited.capture(source)


def test_a_source_that_was_removed_is_added_again_and_its_history_goes_on(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)")
    source = audited.add()
    audited.run("INSERT INTO item VALUES (1)")
    audited.capture(source)
    call_command("remove_source", "shop", stdout=io.StringIO())
    audited.run("INSERT INTO item VALUES (2)")
    said = printed("shop", audited.url)
    assert "The history of shop goes on with all tables compared; changes since" in said
    audited.run("INSERT INTO item VALUES (3)")
    audited.capture(Source.objects.get())
    in_order = Change.objects.order_by("id").values_list("kind", "record_key")
    assert list(in_order) == [("S", ""), ("I", '["1"]'), ("G", ""), ("I", '["2"]'), ("I", '["3"]')]


@pytest.mark.long
def test_ctrl_c_while_it_waits_leaves_nothing_behind(audited: Audited, tmp_path: Path) -> None:
    """It waits for every transaction of the server, and says for which."""
    audited.run("CREATE TABLE item (id int PRIMARY KEY)")
    with audited.connection.transaction(force_rollback=True):
        audited.run("INSERT INTO item VALUES (1)")
        with ExitStack() as stack:
            with interruptible():
                process = stack.enter_context(command_process(tmp_path, "add_source", "shop", audited.url))
            output = process.stdout
            assert output is not None
            wait_until(lambda: b"The replication slot waits for the end of: process" in output.readline())
            with psycopg.connect(audited.url, autocommit=True) as other:
                waiting = "SELECT 1 FROM pg_replication_slots WHERE database = current_database() AND active"
                wait_until(lambda: other.execute(waiting).fetchone())
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 130
    assert left_behind(audited) == []
