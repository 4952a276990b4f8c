"""Tables that come, go or change while a source is captured: the publication follows them, and baselines are taken.

A change of a table's shape may change its rows without any row event (`ADD COLUMN … DEFAULT 7`): reading them shows it.
"""

import logging
import threading
from typing import Any

from django.db import connection as history_connection
from django.db import transaction

from statetrace_ui.history.models import Source
from statetrace_ui.history.store import store_baseline
from statetrace_ui.wal import catalog, preflight, publication
from statetrace_ui.wal.connection import Connection, connect, readable_errors
from statetrace_ui.wal.records import Relation
from statetrace_ui.wal.snapshot import baseline

logger = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
Shapes = dict[str, Any]


def shapes_of(relations: list[Relation]) -> Shapes:
    """What `Source.tables` keeps: the published tables by oid, as they were when last looked at."""
    return {str(relation.oid): relation.as_json() for relation in relations}


def refresh(source: Source) -> list[str]:
    """Let publication and baselines follow the tables; what people should know about those that are left out.

    Raises SourceError.
    """
    with connect(source.url) as connection, readable_errors("The tables cannot be looked at"):
        _follow(connection, source)
        found = catalog.published_shapes(connection, source.publication_name)
        findings = preflight.check_tables(catalog.tables(connection, source.publication_name))
    unread = [relation.oid for relation in found if _must_be_read(source.tables.get(str(relation.oid)), relation)]
    if unread:
        _read(source, unread)
    elif source.tables != shapes_of(found):
        _keep(source, found)
    return [f"Left out: {finding.sentence}" for finding in findings]


def _follow(connection: Connection, source: Source) -> None:
    """Publish safe tables; take back at once those whose UPDATE or DELETE would now fail in the application."""
    for table in catalog.tables(connection, source.publication_name):
        if not table.published and preflight.is_safe(table):
            publication.add(connection, source.publication_name, table)
        elif table.published and preflight.breaks_application(table):
            publication.remove(connection, source.publication_name, table)


def _must_be_read(known: Any, found: Relation) -> bool:
    """A column that was dropped changes no other value; everything else may have."""
    if known is None or (known["schema_name"], known["table_name"]) != (found.schema_name, found.table_name):
        return True
    return any(column not in known["columns"] for column in found.as_json()["columns"])


def _read(source: Source, oids: list[int]) -> None:
    """A baseline of these tables, under the snapshot of a slot that is made for it and gone afterwards."""
    name = f"{source.slot_name}_new"
    with (
        publication.new_slot(source.url, name, temporary=True) as snapshot,
        connect(source.url) as connection,
        transaction.atomic(),
    ):
        store_baseline(
            source, baseline(connection, snapshot, source.publication_name, logger.info, only=oids), first=False
        )
        _keep(source, catalog.published_shapes(connection, source.publication_name))


def _keep(source: Source, relations: list[Relation]) -> None:
    source.tables = shapes_of(relations)
    source.save(update_fields=["tables"])


class TableWatch:
    """Looks every few seconds, and at once when an application says that it has migrated. Use it in a `with`."""

    def __init__(self, source_id: int) -> None:
        self._source_id = source_id
        self._wake = threading.Event()
        self._ended = threading.Event()
        self._notices: list[str] = []

    def notices(self) -> str:
        return " ".join(self._notices)

    def look_now(self) -> None:
        self._wake.set()

    def __enter__(self) -> "TableWatch":
        self._wake.set()
        # A daemon: it may be waiting for long transactions of the application, and the process must end all the same.
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
            logger.warning("Source %d: %s", self._source_id, error)
            self._notices = [str(error)]
        finally:
            history_connection.close()
