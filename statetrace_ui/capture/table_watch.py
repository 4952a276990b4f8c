"""Watches for tables that are created, dropped or altered during capture; updates the publication and takes baselines.

A new column may change every row without a row event (`ADD COLUMN … DEFAULT 7`); only a new baseline shows the values.
"""

import logging
import threading
from typing import Any

from django.db import connection as history_connection
from django.db import transaction

from statetrace_ui.capture.failures import described
from statetrace_ui.capture.reporting import log_progress, told
from statetrace_ui.capture.rule_book import rules_of, ruling_of
from statetrace_ui.capture.rules import Rules
from statetrace_ui.history.models import Source
from statetrace_ui.history.store import store_baseline
from statetrace_ui.wal import catalog, preflight, publication
from statetrace_ui.wal.catalog import Table
from statetrace_ui.wal.connection import Connection, connect, readable_errors
from statetrace_ui.wal.records import Relation
from statetrace_ui.wal.snapshot import baseline

logger = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
Shapes = dict[str, Any]


def shapes_of(relations: list[Relation]) -> Shapes:
    """The value of `Source.tables`: the published tables by oid, each as JSON."""
    return {str(relation.oid): relation.as_json() for relation in relations}


def refresh(source: Source) -> list[str]:
    """Bring publication and baselines up to date with the tables. Returns notices about tables that are left out.

    Raises SourceError.
    """
    with connect(source.url) as connection, readable_errors("The tables cannot be listed"):
        rules = rules_of(source)
        _update_publication(connection, source, rules)
        published = catalog.published_shapes(connection, source.publication_name)
        findings = preflight.check_tables(_wanted(catalog.tables(connection, source.publication_name), rules))
    unread = [relation.oid for relation in published if _needs_baseline(source.tables.get(str(relation.oid)), relation)]
    if unread:
        _take_baseline(source, unread)
    elif source.tables != shapes_of(published):
        _save_shapes(source, published)
    return [f"Left out: {finding.sentence}" for finding in findings]


def _wanted(tables: list[Table], rules: Rules) -> list[Table]:
    """The tables that no rule excludes."""
    return [table for table in tables if not rules.excludes(table.schema_name, table.table_name)]


def _update_publication(connection: Connection, source: Source, rules: Rules) -> None:
    """Publish safe tables, and remove tables at once if their UPDATE or DELETE would now fail in the application.

    Tables that a rule excludes leave the publication, too: their values then stay at the audited server.
    """
    for table in catalog.tables(connection, source.publication_name):
        excluded = rules.excludes(table.schema_name, table.table_name)
        if not table.published and preflight.is_safe(table) and not excluded:
            publication.add(connection, source.publication_name, table)
        elif table.published and (excluded or preflight.breaks_application(table)):
            publication.remove(connection, source.publication_name, table)


def _needs_baseline(before: Any, now: Relation) -> bool:
    """Dropping a column changes no other value; a new or altered column may have changed every row."""
    if before is None or (before["schema_name"], before["table_name"]) != (now.schema_name, now.table_name):
        return True
    return any(column not in before["columns"] for column in now.as_json()["columns"])


def _take_baseline(source: Source, oids: list[int]) -> None:
    """Store the rows of these tables, read under the snapshot of a temporary slot."""
    name = f"{source.slot_name}_new"
    with (
        publication.new_slot(source.url, name, temporary=True) as snapshot,
        connect(source.url) as connection,
        transaction.atomic(),
    ):
        read = baseline(
            connection, snapshot, source.publication_name, log_progress(source), ruling_of(source), only=oids
        )
        store_baseline(source, read, first=False)
        _save_shapes(source, catalog.published_shapes(connection, source.publication_name))


def _save_shapes(source: Source, relations: list[Relation]) -> None:
    """Not if the rules were changed meanwhile: tables that then need a baseline are missing from the stored value."""
    source.tables = shapes_of(relations)
    Source.objects.filter(pk=source.pk, rules_revision=source.rules_revision).update(tables=source.tables)


class TableWatch:
    """Calls `refresh` every few seconds, and at once after `look_now`. It runs in a thread inside a `with`."""

    def __init__(self, source_id: int) -> None:
        self._source_id = source_id
        self._wake = threading.Event()
        self._ended = threading.Event()
        self._notices: list[str] = []

    def notices(self) -> str:
        """The notices of the last `refresh`, as one text; '' if there are none."""
        return " ".join(self._notices)

    def look_now(self) -> None:
        """For when an application has announced a migration."""
        self._wake.set()

    def __enter__(self) -> "TableWatch":
        self._wake.set()
        # A daemon, because the process must be able to end while the thread waits for the application's transactions.
        threading.Thread(target=self._run, name=f"tables-{self._source_id}", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._wake.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._wake.wait(LOOK_SECONDS)
            self._wake.clear()
            if not self._ended.is_set():
                self._look()

    def _look(self) -> None:
        try:
            self._notices = refresh(Source.objects.get(pk=self._source_id))
        except Source.DoesNotExist:
            self._ended.set()
        except Exception as error:
            logger.warning("Source %d: %s", self._source_id, described(error))
            self._notices = [told(error)[0]]
        finally:
            history_connection.close()
