"""The history of a table's shapes."""

from dataclasses import dataclass

from statetrace_ui.history.models import Change, Relation, Source, Table
from statetrace_ui.history.queries.joins import joined
from statetrace_ui.history.queries.ranges import Range, fetched, newest
from statetrace_ui.history.shape_versions import ColumnDifference, column_differences

MOST_VERSIONS, MOST_MARKS = 200, 50


@dataclass(frozen=True, slots=True)
class ShapeVersion:
    """One version of a table's shape. number: counted from 1, the oldest.

    before: the version before it of the same table, maybe under another name.
    """

    number: int
    relation: Relation
    before: Relation | None

    @property
    def differences(self) -> list[ColumnDifference]:
        return column_differences(self.before.columns, self.relation.columns) if self.before else []

    @property
    def renamed_from(self) -> str:
        return str(self.before) if self.before and str(self.before) != str(self.relation) else ""

    @property
    def identity_changed(self) -> bool:
        return self.before is not None and self.before.replica_identity != self.relation.replica_identity


def table_shapes(source: Source, table: tuple[str, str]) -> list[ShapeVersion]:
    """The newest versions, newest first, of the tables that have or had the name, also under their other names.

    A table keeps its oid when it is renamed or moved; one that is dropped and made again has another.
    """
    named = Relation.objects.filter(source=source, schema_name=table[0], table_name=table[1])
    oids = named.values_list("oid", flat=True).distinct()
    known = Relation.objects.filter(source=source, oid__in=oids)
    count, rows = known.count(), list(known.order_by("-id")[: MOST_VERSIONS + 1])
    versions = []
    for place, relation in enumerate(rows[:MOST_VERSIONS]):
        before = next((row for row in rows[place + 1 :] if row.oid == relation.oid), None)
        versions.append(ShapeVersion(count - place, relation, before))
    return versions


def newest_shape(source: Source, table: tuple[str, str]) -> Relation | None:
    named = Relation.objects.filter(source=source, schema_name=table[0], table_name=table[1])
    return named.order_by("-id").first()


def table_marks(source: Source, table: tuple[str, str]) -> list[Change]:
    """When the table was read, altered or emptied, or left capture: its newest such changes, newest first.

    Also the gaps of its source since the first of them.
    """
    known = Table.objects.filter(source=source, schema_name=table[0], table_name=table[1]).first()
    if not known:
        return []
    places = newest([Range(source.pk, known.pk, kind) for kind in (*Change.RESETS, Change.Kind.ALTERED)], MOST_MARKS)
    if places:
        places += newest([Range(source.pk, None, Change.Kind.GAP, first=places[-1][1] + 1)], MOST_MARKS)
    rows = joined(Change.objects.all(), "transaction", without=["old", "new"])
    return fetched(rows, sorted(places, key=lambda place: -place[1]), MOST_MARKS).rows
