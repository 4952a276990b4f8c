"""A store with sessions, an export that copies them, and a worker that carries it out."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.db import connection as dashboard
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from psycopg import sql

from replica.exports.models import UserFlowExport
from statetrace_ui import env
from statetrace_ui.web.models import Organisation

FLOW = str(uuid.UUID(int=7))
MIGRATED = "migrated"  # the alias of what `migrate` brings somewhere
AddSession = Callable[..., str]


@pytest.fixture
def add_session(store: str) -> AddSession:
    """`add_session("name")` writes a session to the store, as an import does; the same name again updates it."""

    def add(name: str, calls: int = 3, flow: str = FLOW) -> str:
        session = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
        with psycopg.connect(store) as connection:
            for table in ("session_metadata", "session_tags", "function_call_site"):
                connection.execute(
                    sql.SQL("DELETE FROM {} WHERE session_id = %s").format(sql.Identifier(table)), [session]
                )
            connection.execute(
                "INSERT INTO user_flow VALUES (%s, 'Checkout', 'Buys a thing', now()) ON CONFLICT DO NOTHING", [flow]
            )
            connection.execute(
                "INSERT INTO session_metadata (session_id, user_flow_id, name, status, start_time)"
                " VALUES (%s, %s, %s, 'Passed', now())",
                [session, flow, name],
            )
            connection.execute("INSERT INTO session_tags VALUES (%s, 'geo', 'Köln')", [session])
            connection.execute(
                "INSERT INTO function_call_site (session_id, process_id, thread_id, method_id, id, start_time_us,"
                " end_time_us) SELECT %s, 1, 1, 1, n, n, n + 1 FROM generate_series(1, %s) n",
                [session, calls],
            )
            connection.execute(
                "INSERT INTO bookkeeping.session_revisions (session_id, user_flow_id) VALUES (%s, %s)"
                " ON CONFLICT (session_id) DO UPDATE SET revision = session_revisions.revision + 1, changed_at = now(),"
                " user_flow_id = EXCLUDED.user_flow_id",
                [session, flow],
            )
        return session

    return add


@pytest.fixture
def remove_session(store: str) -> Callable[[str], None]:
    """Takes a session out of the store, rows and revision."""

    def remove(session: str) -> None:
        with psycopg.connect(store) as connection:
            for table in ("session_metadata", "session_tags", "function_call_site", "bookkeeping.session_revisions"):
                connection.execute(
                    sql.SQL("DELETE FROM {} WHERE session_id = %s").format(sql.Identifier(*table.split("."))), [session]
                )

    return remove


@pytest.fixture
def export(organisation: Organisation, clean_server: None) -> UserFlowExport:
    return UserFlowExport.objects.create(organisation=organisation, user_flow_id=FLOW, name="Checkout")


@pytest.fixture
def migrate(new_database: Callable[..., str], settings: Any) -> Callable[[tuple[str, str]], Any]:
    """`migrate(target)` brings a database of its own there, MIGRATED, and returns the models as they were then."""
    settings.DATABASE_ROUTERS = []  # ours lets nothing but the dashboard's database be migrated
    configured = connections.configure_settings({"default": {}, MIGRATED: env.database(new_database(), "new")})
    connections.settings = {**connections.settings, MIGRATED: configured[MIGRATED]}

    def to(target: tuple[str, str]) -> Any:
        return MigrationExecutor(connections[MIGRATED]).migrate([target]).apps

    return to


@pytest.fixture
def empty_queue(transactional_db: None) -> None:
    """Django empties its own tables after a test with transactions, not the queue's."""
    clear_queue()


def clear_queue() -> None:
    with dashboard.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs; DELETE FROM procrastinate_workers")


def run_worker() -> None:
    """A real worker in this process, until its queue is empty; in a thread, since Playwright's loop may run in ours."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(_run_worker).result()


def _run_worker() -> None:
    connector = app.connector
    assert isinstance(connector, DjangoConnector)
    with app.replace_connector(connector.get_worker_connector()) as worker_app:
        worker_app.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)
