"""What there is to do about the tables of a source: what to publish, what to read, and what left capture."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from statetrace_ui.capture.rule_book import rules_of, ruling_of
from statetrace_ui.history.models import Source
from statetrace_ui.history.undone import renamed_and_back
from statetrace_ui.wal import catalog, preflight, publication
from statetrace_ui.wal.catalog import Table, inserts_name
from statetrace_ui.wal.connection import Connection
from statetrace_ui.wal.lsn import parse_lsn
from statetrace_ui.wal.readings import Mode
from statetrace_ui.wal.shapes import Shape, published_shapes

# Those who may have written to a table before it was published: the stream does not have what they wrote.
WRITERS = """
SELECT DISTINCT l.relation::bigint, l.virtualtransaction FROM pg_catalog.pg_locks l
WHERE l.locktype = 'relation' AND l.granted AND l.relation = ANY (%s::oid[])
  AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
  AND l.mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
"""
RUNNING = """
SELECT DISTINCT l.virtualtransaction, COALESCE(
           'process ' || a.pid || ' of ' || a.usename || ', open for '
           || pg_catalog.to_char(pg_catalog.now() - a.xact_start, 'HH24:MI:SS'), 'a prepared transaction')
FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE l.virtualtransaction = ANY (%s)
"""
POSITION = "SELECT pg_catalog.pg_current_wal_insert_lsn()::text"
# Tables are read many at a time while they are small, so that the stream waits for one large table at most.
MOST_BYTES = 256_000_000


@dataclass(frozen=True)
class ToRead:
    """A table whose rows must be read. before: the shape under which history knows it, if it does."""

    shape: Shape
    before: Shape | None
    mode: Mode


@dataclass(frozen=True)
class Work:
    """What one look found. as_of: the position of the log up to which the stream must be stored before it is done."""

    as_of: int
    left: Sequence[Shape] = ()
    adopted: Sequence[Shape] = ()
    read: Sequence[ToRead] = ()

    def __bool__(self) -> bool:
        return bool(self.left or self.adopted or self.read)

    def batch(self) -> "Work":
        """The same with as many of the tables as are read at once: at least one."""
        taken: list[ToRead] = []
        size = 0
        for table in self.read:
            size += table.shape.size
            if taken and size > MOST_BYTES:
                break
            taken.append(table)
        return Work(self.as_of, self.left, self.adopted, taken)


def find_work(connection: Connection, source: Source) -> Work:
    """Compares the published tables with what history knows of them. Raises SourceError or the driver's errors."""
    known = {int(oid): Shape.from_json(shape) for oid, shape in source.tables.items()}
    published = published_shapes(connection, publications(source), ruling_of(source))
    oids = {shape.oid for shape in published}
    undone = renamed_and_back(source.pk, [known[oid].relation for oid in oids & known.keys()])
    read = [
        work
        for shape in published
        if (work := to_read(source, shape, known.get(shape.oid), undone=shape.oid in undone))
    ]
    reading = {table.shape.oid for table in read}
    adopted = [
        shape for shape in published if shape.oid not in reading and shape.as_json() != source.tables[str(shape.oid)]
    ]
    left = [shape for oid, shape in known.items() if oid not in oids]
    left += [table.before for table in read if table.before and table.before.table != table.shape.table]
    return Work(position(connection), left, adopted, sorted(read, key=lambda table: table.shape.size))


def to_read(
    source: Source, shape: Shape, before: Shape | None, first: bool = False, undone: bool = False
) -> ToRead | None:
    """What to do with the rows of a table; None if nothing.

    first: the source is added, and all tables are read. undone: columns had other names in the meantime.
    """
    if _annotates(source, shape):
        if first:
            return ToRead(shape, before, Mode.NEW)
        return ToRead(shape, before, Mode.ANNOTATIONS) if before is None else None
    if before is not None and not first and not undone and not shape.must_be_read(before):
        return None
    comparable = before is not None and shape.is_comparable(before)
    return ToRead(shape, before, Mode.COMPARE if comparable else Mode.NEW)


def _annotates(source: Source, shape: Shape) -> bool:
    """Whether the table is the source's annotation table, or would be the first that is seen."""
    schema, table = shape.table
    return table == source.annotation_table and source.annotation_schema in ("", schema)


def publications(source: Source) -> list[str]:
    return [source.publication_name, inserts_name(source.publication_name)]


def position(connection: Connection) -> int:
    row = connection.execute(POSITION).fetchone()
    return parse_lsn(row[0]) if row else 0


def update_publications(connection: Connection, source: Source) -> list[str]:
    """Publish safe tables, and remove tables whose UPDATE or DELETE would now fail; sentences about those left out.

    Tables that a rule excludes leave the publication, too: their values then stay at the audited server.

    A table that history still knows was outside of the publication meanwhile: history first says that it left, and
    only then it is published and read anew.
    """
    known = {int(oid) for oid in source.tables}
    rules = rules_of(source)
    tables = catalog.tables(connection, source.publication_name)
    wanted = [table for table in tables if not rules.excludes(table.schema_name, table.table_name)]
    for table in tables:
        _update(connection, source, table, known, excluded=table not in wanted)
    return [f"Left out: {finding.sentence}" for finding in preflight.check_tables(wanted)]


def _update(connection: Connection, source: Source, table: Table, known: set[int], *, excluded: bool) -> None:
    name, inserts = source.publication_name, inserts_name(source.publication_name)
    if table.published and (excluded or preflight.breaks_application(table)):
        publication.remove(connection, name, table)
    elif table.publishes_inserts_only:
        if not table.inserts_published and table.owned and table.readable:
            publication.add(connection, inserts, table)
    elif _may_join(table, excluded=excluded) and not known & catalog.members(connection, table):
        publication.add(connection, name, table)
    if table.inserts_published and not table.publishes_inserts_only:
        publication.remove(connection, inserts, table)


def _may_join(table: Table, *, excluded: bool) -> bool:
    return not table.published and not excluded and preflight.is_safe(table)


@dataclass
class Writers:
    """Remembers who was writing to tables when they were first seen in the publication."""

    _of_table: dict[int, set[str]] = field(default_factory=dict)

    def waited_for(self, connection: Connection, tables: Iterable[ToRead]) -> dict[int, list[str]]:
        """The writers that have not ended, in words, of the tables that have such: {oid: writers}."""
        new = {table.shape.oid for table in tables if table.before is None}
        self._of_table = {oid: writers for oid, writers in self._of_table.items() if oid in new}
        self._learn(connection, new - self._of_table.keys())
        everybody = sorted(set().union(*self._of_table.values())) if self._of_table else []
        if not everybody:
            return {}
        running: dict[str, str] = dict(connection.execute(RUNNING, [everybody]).fetchall())
        return {
            oid: sorted(running[writer] for writer in still)
            for oid, writers in self._of_table.items()
            if (still := writers & running.keys())
        }

    def _learn(self, connection: Connection, oids: set[int]) -> None:
        if not oids:
            return
        self._of_table.update({oid: set() for oid in oids})
        for oid, writer in connection.execute(WRITERS, [list(oids)]):
            self._of_table[oid].add(writer)
