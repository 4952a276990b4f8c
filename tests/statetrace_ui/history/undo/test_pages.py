"""The undo preview as people open it, and what its SQL does to the database that was audited."""

import datetime as dt
import html
import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.accounts.security_log import Event
from statetrace_ui.history.gap_store import Loss, declare
from statetrace_ui.history.models import Change, Gap, Relation, Session, Source
from statetrace_ui.history.undo import later, preview
from statetrace_ui.web.models import Membership, Organisation
from tests.statetrace_ui.conftest import Audited
from tests.statetrace_ui.history.rows import HOSTILE, NOON, make_action, make_change, make_transaction, row

SQL = re.compile(r'<pre class="sql"[^>]*>(.*?)</pre>', re.DOTALL)


def sql_on(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return html.unescape("".join(SQL.findall(answer.content.decode())))


def test_a_change_is_undone_by_one_statement(reader_client: Client, change: Change) -> None:
    sql = sql_on(reader_client, f"/changes/{change.pk}/undo/")
    assert sql.count("WITH undone AS") == 1
    assert "SET \"status\" = 'new'::text" in sql
    assert f'href="/changes/{change.pk}/undo/"' in reader_client.get(f"/changes/{change.pk}/").content.decode()


def test_a_transaction_is_undone_backwards(reader_client: Client, change: Change, orders: Relation) -> None:
    second = make_change(change.transaction, orders, "I", "8", new=row("8"))
    third = make_change(change.transaction, orders, "T", record_key="")
    sql = sql_on(reader_client, f"/transactions/{change.transaction_id}/undo/")
    found = [int(number) for number in re.findall(r"change (\d+)", sql)]
    assert [number for number in found if number in (change.pk, second.pk, third.pk)] == [
        third.pk,
        second.pk,
        change.pk,
    ]
    assert f"CANNOT BE UNDONE: change {third.pk} (truncated orders): the table was emptied" in sql
    page = reader_client.get(f"/actions/{change.transaction.actions.get().pk}/changes/").content.decode()
    assert f'href="/transactions/{change.transaction_id}/undo/"' in page


def test_a_session_is_undone_over_its_transactions_in_the_order_of_the_log(
    reader_client: Client, session: Session, change: Change, orders: Relation
) -> None:
    action = make_action(session, NOON - dt.timedelta(seconds=1))  # the clock went back
    last = make_change(action.transaction, orders, "U", old=row(status="paid"), new=row(status="sent"))
    make_change(make_transaction(session.source), orders, "D", "9", old=row("9"))
    sql = sql_on(reader_client, f"/sessions/{session.pk}/undo/")
    assert [int(number) for number in re.findall(r"Undoes change (\d+)", sql)] == [last.pk, change.pk]
    assert f'href="/sessions/{session.pk}/undo/"' in reader_client.get(f"/sessions/{session.pk}/").content.decode()


def test_what_came_after_is_listed(
    reader_client: Client, source: Source, change: Change, orders: Relation, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = make_transaction(source)
    again = make_change(at, orders, "U", old=row(status="paid"), new=row(status="sent"))
    moved = make_change(at, orders, "U", "8", old={"id": "7"}, new=row("8"), old_record_key='["7"]')
    make_change(at, orders, "U", "9", old=row("9"), new=row("9", status="else"))
    altered = make_change(at, orders, "A", record_key="")
    address = f"/changes/{change.pk}/undo/"
    page = reader_client.get(address)
    assert [row.change.pk for row in page.context["preview"].conflicts] == [altered.pk, moved.pk, again.pk]
    assert f'href="/changes/{moved.pk}/"' in page.content.decode() or f"change-{moved.pk}" in page.content.decode()
    declare(source, Loss(Gap.Reason.SLOT_GONE, "the slot is gone"))
    assert reader_client.get(address).context["preview"].conflicts[0].kind == Change.Kind.GAP
    monkeypatch.setattr(later, "MOST_LATER", 2)
    shown = reader_client.get(address).context["preview"]
    assert (len(shown.conflicts), shown.more_conflicts) == (2, True)
    assert "came after: 2+." in shown.sql


def test_changes_before_are_not_what_came_after(reader_client: Client, change: Change, orders: Relation) -> None:
    between = make_change(make_transaction(change.source), orders, "U", "8", old=row("8"), new=row("8", status="x"))
    make_change(change.transaction, orders, "U", "8", old=row("8", status="x"), new=row("8", status="y"))
    shown = reader_client.get(f"/transactions/{change.transaction_id}/undo/").context["preview"]
    assert between.pk not in [row.change.pk for row in shown.conflicts]


def test_what_is_too_much_to_review_is_refused(
    reader_client: Client, session: Session, change: Change, orders: Relation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview, "MOST_CHANGES", 1)
    assert reader_client.get(f"/sessions/{session.pk}/undo/").status_code == 200
    make_change(change.transaction, orders, "I", "8", new=row("8"))
    for address in (f"/sessions/{session.pk}/undo/", f"/transactions/{change.transaction_id}/undo/"):
        answer = reader_client.get(address)
        assert answer.status_code == 400
        assert "made more than 1 changes" in answer.content.decode()
    monkeypatch.setattr(preview, "MOST_CHARACTERS", 10)
    answer = reader_client.get(f"/changes/{change.pk}/undo/")
    assert "The SQL is longer than" in answer.content.decode()


def test_values_of_others_are_shown_as_text_and_cannot_end_a_line(
    reader_client: Client, change: Change, orders: Relation
) -> None:
    hostile = f"{HOSTILE}'); DROP TABLE orders; --\nDROP TABLE orders;"
    made = make_change(change.transaction, orders, "I", hostile, new=row(hostile, status=hostile))
    page = reader_client.get(f"/changes/{made.pk}/undo/").content.decode()
    assert "<script>alert" not in page
    sql = sql_on(reader_client, f"/changes/{made.pk}/undo/")
    assert [line for line in sql.splitlines() if line.startswith("DROP")] == []
    assert "\u202e" not in sql


def test_a_file_of_the_sql_is_recorded(analyst_client: Client, change: Change) -> None:
    answer = analyst_client.get(f"/changes/{change.pk}/undo.sql")
    assert answer.content.decode() == sql_on(analyst_client, f"/changes/{change.pk}/undo/")
    assert answer.headers["content-disposition"] == f'attachment; filename="undo-change-{change.pk}.sql"'
    [entry] = SecurityEvent.objects.filter(event=Event.DOWNLOADED)
    assert entry.subject == f"Undo of change {change.pk} of shop: 1 changes"


def test_the_database_is_as_it_was_when_the_sql_was_run(audited: Audited) -> None:
    """Captured by the worker from a table whose old rows the source does not send."""
    audited.run(
        "CREATE TYPE mood AS ENUM ('new', 'paid')",
        "CREATE TABLE customer (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, shout text"
        " GENERATED ALWAYS AS (upper(name)) STORED)",
        "CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customer, mood mood, body text, at date)",
        "INSERT INTO customer (name) VALUES ('Ada'), ('Bob')",
        "INSERT INTO orders SELECT n, 1, 'new', repeat('long ' || n, 2000), now() FROM generate_series(1, 3) n",
    )
    source = audited.add()
    audited.settle(source)
    rows = "SELECT o::text, c::text FROM orders o FULL JOIN customer c ON c.id = o.customer ORDER BY 1, 2"
    before = audited.rows(rows)
    audited.together(
        "UPDATE orders SET mood = 'paid' WHERE id < 3",
        "DELETE FROM orders WHERE id = 3",
        "INSERT INTO customer (name) VALUES ('Eve')",
        "UPDATE orders SET customer = 3, body = 'short', at = NULL WHERE id = 2",
        "DELETE FROM customer WHERE id = 2",
    )
    audited.capture(source)
    client = Client()
    reader = User.objects.create_user("reader")
    Membership.objects.create(user=reader, organisation=Organisation.objects.get(), role=Membership.Role.READER)
    client.force_login(reader)
    transaction = Change.objects.filter(source=source, kind="D").latest("id").transaction_id
    sql = sql_on(client, f"/transactions/{transaction}/undo/")
    assert "CANNOT" not in sql
    assert audited.rows(rows) != before
    audited.connection.execute(sql.encode())
    assert audited.rows(rows) != before  # a rehearsal
    audited.connection.execute(sql.replace("ROLLBACK;", "COMMIT;").encode())
    assert audited.rows(rows) == before
