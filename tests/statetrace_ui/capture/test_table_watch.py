"""Tables that come, go or change while their database is captured."""

from statetrace_ui.capture.table_watch import refresh
from statetrace_ui.history.models import Change, Source, Transaction
from tests.statetrace_ui.conftest import Audited, stored, wait_until


def published(audited: Audited, source: Source) -> list[str]:
    query = f"SELECT tablename FROM pg_publication_tables WHERE pubname = '{source.publication_name}' ORDER BY 1"
    return [name for (name,) in audited.rows(query)]


def test_a_new_table_is_captured_with_what_it_already_holds(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)")
    source = audited.add()
    audited.run("CREATE TABLE later (id int PRIMARY KEY)", "INSERT INTO later VALUES (1)")
    assert refresh(source) == []
    assert published(audited, source) == ["item", "later"]
    assert Change.objects.get().new == {"id": "1"}
    audited.run("INSERT INTO later VALUES (2)")
    audited.capture(source)
    assert stored("new") == [{"id": "2"}]


def test_nothing_is_read_again_while_nothing_changes(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)", "INSERT INTO item VALUES (1)")
    source = audited.add()
    refresh(source)
    refresh(source)
    assert Transaction.objects.count() == Change.objects.count() == 1


def test_a_new_table_without_a_key_is_left_out_and_reported_and_the_application_goes_on(audited: Audited) -> None:
    source = audited.add()
    audited.run("CREATE TABLE keyless (id int)", "INSERT INTO keyless VALUES (1)")
    (notice,) = refresh(source)
    assert "public.keyless" in notice
    audited.run("UPDATE keyless SET id = 2", "DELETE FROM keyless")
    assert published(audited, source) == []


def test_a_table_that_loses_its_key_is_taken_back_and_read_anew_when_it_has_one(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)")
    source = audited.add()
    audited.run("ALTER TABLE item DROP CONSTRAINT item_pkey")
    assert "public.item" in refresh(source)[0]
    audited.run("INSERT INTO item VALUES (1)", "UPDATE item SET id = 2")
    assert published(audited, source) == []
    audited.run("ALTER TABLE item ADD PRIMARY KEY (id)")
    assert refresh(source) == []
    assert Change.objects.get().new == {"id": "2"}


def test_a_column_with_a_default_is_read_since_it_changes_rows_without_an_event(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)", "INSERT INTO item VALUES (1)")
    source = audited.add()
    audited.run("ALTER TABLE item ADD COLUMN stars int DEFAULT 7")
    refresh(source)
    assert Change.objects.latest("id").new == {"id": "1", "stars": "7"}
    audited.run("ALTER TABLE item DROP COLUMN stars")
    refresh(source)
    assert Change.objects.count() == 2


def test_a_baseline_has_its_place_among_the_commits(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)", "CREATE TABLE other (id int PRIMARY KEY)")
    source = audited.add()
    audited.run(
        "INSERT INTO other VALUES (1)", "CREATE TABLE later (id int PRIMARY KEY)", "INSERT INTO later VALUES (1)"
    )
    refresh(source)
    audited.run("INSERT INTO later VALUES (2)")
    audited.capture(source)
    in_order = Change.objects.order_by("transaction__commit_lsn", "sequence")
    assert list(in_order.values_list("table_name", "kind")) == [("other", "I"), ("later", "B"), ("later", "I")]


def test_the_worker_looks_at_the_tables_by_itself_after_a_migration(audited: Audited) -> None:
    audited.run("CREATE TABLE statetrace_annotations (id text PRIMARY KEY, kind text, meta json, payload json)")
    source = audited.add()
    audited.together(
        "CREATE TABLE item (id int PRIMARY KEY)",
        "INSERT INTO item VALUES (1)",
        "CREATE TABLE keyless (id int)",
        "INSERT INTO statetrace_annotations VALUES ('m', '_st.app.mig', '{}', '{}')",
    )
    with audited.capturing(source):
        wait_until(lambda: Change.objects.filter(kind="B", table_name="item").exists())
        wait_until(lambda: "public.keyless" in Source.objects.get().error)
    assert Source.objects.get().status == "streaming"
    assert Transaction.objects.filter(kind="migration").exists()
