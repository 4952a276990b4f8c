"""A real audited database, and the worker's own loop beside the test."""

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.models import QuerySet
from psycopg.conninfo import make_conninfo

from statetrace_ui.capture import table_watch, worker
from statetrace_ui.capture.fleet import Fleet
from statetrace_ui.capture.rule_book import rules_of
from statetrace_ui.capture.table_work import find_work, position
from statetrace_ui.embedded import database_url
from statetrace_ui.history.erasure import waiting
from statetrace_ui.history.models import Change, Source
from statetrace_ui.wal import catalog, preflight
from statetrace_ui.wal.connection import Connection, connect
from statetrace_ui.wal.snapshot import end_of_records
from statetrace_ui.web.models import Organisation
from tests.waiting import wait_until

PROJECT = Path(__file__).parents[2]


class Audited:
    """A database that is audited, and what the tests do with it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection: psycopg.Connection[Any] = psycopg.connect(url, autocommit=True)

    def run(self, *statements: str) -> None:
        """Each statement is a transaction."""
        for statement in statements:
            self.connection.execute(statement)

    def together(self, *statements: str) -> None:
        """All statements in one transaction."""
        with self.connection.transaction():
            self.run(*statements)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()

    def add(self, name: str = "shop", organisation: str = "") -> Source:
        call_command("add_source", name, self.url, organisation=organisation, stdout=io.StringIO())
        return Source.objects.get(name=name)

    def add_elsewhere(self, name: str = "other") -> Source:
        """To another organisation: one has a database once."""
        Organisation.objects.create(name="Elsewhere", slug="elsewhere")
        return self.add(name, "elsewhere")

    def capture(self, source: Source) -> None:
        """Run the worker's loop until everything is stored that is committed by now."""
        ((target,),) = self.rows("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint")
        with self.capturing(source) as errors:
            wait_until(lambda: bool(errors) or Source.objects.get(pk=source.pk).position >= target)
        if errors:
            raise errors[0]
        source.refresh_from_db()

    def settle(self, source: Source) -> None:
        """As `capture`, until every table is published and read that has to be."""
        with connect(self.url) as looking:
            target = end_of_records(position(looking))
            with self.capturing(source) as errors:
                wait_until(lambda: bool(errors) or self.is_settled(source, target, looking))
        if errors:
            raise errors[0]
        source.refresh_from_db()

    def is_settled(self, source: Source, target: int, looking: Connection) -> bool:
        source.refresh_from_db()
        if source.position < target:
            return False
        tables = catalog.tables(looking, source.publication_name)
        rules = rules_of(source)
        wanted = [table for table in tables if not rules.excludes(table.schema_name, table.table_name)]
        if any(preflight.is_safe(table) and not (table.published or table.inserts_published) for table in wanted):
            return False
        if any(table.published for table in tables if table not in wanted):
            return False
        return not find_work(looking, source)

    @contextmanager
    def capturing(self, source: Source) -> Iterator[list[Exception]]:
        """The worker's loop in a thread; yields what makes it end early."""
        stop = threading.Event()
        errors: list[Exception] = []
        thread = threading.Thread(target=_capture, args=(source.pk, stop, errors))
        thread.start()
        try:
            yield errors
        finally:
            stop.set()
            thread.join()

    def url_of(self, database: str) -> str:
        """Another database of the same server."""
        return make_conninfo(self.url, dbname=database)

    def url_of_role(self, role: str, password: str) -> str:
        return make_conninfo(self.url, user=role, password=password)


def _capture(source_id: int, stop: threading.Event, errors: list[Exception]) -> None:
    try:
        worker.capture(Source.objects.get(pk=source_id), stop)
    except Exception as error:
        errors.append(error)
    finally:
        connection.close()


@contextmanager
def run_capture(folder: Path, *names: str) -> Iterator[subprocess.Popen[bytes]]:
    """`manage.py run_capture` as a process of its own, on this test's databases; killed −9 at the end."""
    options = [f"--source={name}" for name in names]
    with command_process(folder, "run_capture", *options) as process:
        yield process


@contextmanager
def command_process(folder: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    with python_process(folder, "manage.py", *command) as process:
        yield process


@contextmanager
def interruptible() -> Iterator[None]:
    """What is started within can be interrupted, also where the tests run in the background and cannot.

    For the main thread alone: Python sets signals in no other.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def python_process(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "statetrace_ui.settings",
        "DATABASE_URL": database_url(settings.REPLICA_SERVER_URL, connection.settings_dict["NAME"]),
        "STORE_URL": settings.REPLICA_SERVER_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "ALLOWED_HOSTS": "localhost",
        "TLS": "no",
        "STATETRACE_HOME": str(folder),
    }
    process = subprocess.Popen([sys.executable, "-u", *arguments], cwd=PROJECT, env=environment, stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def supervised(only: str = "") -> Iterator[None]:
    """What `run_capture` does, in a thread."""
    stop = threading.Event()

    def run() -> None:
        try:
            Fleet([only] if only else []).run(stop)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def stored(*fields: str, **filters: Any) -> Sequence[Any]:
    """The fields of the stored changes in their order, as `told` has them, without those of baselines."""
    return told(of_table(**filters).exclude(kind__in="BS"), *fields)


def of_table(*, table_name: str = "", schema_name: str = "", **filters: Any) -> QuerySet[Change]:
    names = {"table__table_name": table_name, "table__schema_name": schema_name}
    return Change.objects.filter(**{name: value for name, value in names.items() if value}, **filters)


def told(changes: QuerySet[Change], *fields: str) -> list[Any]:
    """The fields of the changes in the order of their ids: tuples, or single values of a single field.

    old, new: rows by name; `new__note`: a value of one. sequence: the place in the transaction, from 0.
    """
    rows = changes.select_related("relation", "table", "transaction").order_by("id")
    found = [tuple(_field(change, name) for name in fields) for change in rows]
    return [row[0] for row in found] if len(fields) == 1 else found


def _field(change: Change, name: str) -> Any:
    side, _, column = name.partition("__")
    if side in ("old", "new"):
        row = change.values_before() if side == "old" else change.values_after()
        return (row or {}).get(column) if column else row
    if name == "sequence":
        return change.pk - (change.transaction.first_change or 0)
    return reduce(getattr, name.split("__"), change)


@pytest.fixture(autouse=True)
def _impatient_erasures(monkeypatch: pytest.MonkeyPatch) -> None:
    """They look once whether capture has stored what is on its way, and leave the rest to a later job."""
    monkeypatch.setattr(waiting, "PATIENCE_SECONDS", 0)


@pytest.fixture
def audited(
    transactional_db: None,
    new_database: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Audited]:
    """Empty. An idle stream's position moves on at once, which the tests wait for."""
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.05)
    monkeypatch.setattr(worker, "REPORT_SECONDS", 0.05)
    monkeypatch.setattr(table_watch, "LOOK_SECONDS", 0.2)
    Organisation.objects.create(name="Acme", slug="acme")
    database = Audited(new_database())
    yield database
    database.connection.close()
