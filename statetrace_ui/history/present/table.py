"""What is known of a table as a whole: the shapes that it had, and what happened to all its rows at once."""

from functools import cached_property
from typing import Any

from django.db import connection

from statetrace_ui.history.models import Relation as StoredRelation
from statetrace_ui.history.models import Table
from statetrace_ui.history.present.horizon import Horizon
from statetrace_ui.history.row_arrays import Columns, named
from statetrace_ui.history.table_state import Marker
from statetrace_ui.wal.records import Relation

# Shapes that a table had are known beforehand, the newest first; older ones are looked up.
MOST_SHAPES = 200
MARKERS = """
SELECT id, kind, relation_id, old, old_absent, new, new_absent FROM history_change
WHERE source_id = %(source)s AND table_id = %(table)s AND record_key = '' AND kind = ANY ('{T,S,A,E}')
  AND NOT baseline AND id <= %(until)s AND transaction_id <> ALL (%(unseen)s) AND id >= COALESCE((
    SELECT id FROM history_change
    WHERE source_id = %(source)s AND table_id = %(table)s AND record_key = '' AND kind = ANY ('{T,S,E}')
      AND NOT baseline AND id <= %(until)s AND transaction_id <> ALL (%(unseen)s)
    ORDER BY id DESC LIMIT 1), 0)
ORDER BY id
"""
# A value with what is known of all of it, if only its beginning was kept.
Stored = tuple[str | None, dict[str, Any] | None]


class TableHistory:
    """A table at a horizon. relation: as it is now at the source; of history the table of the same name counts."""

    def __init__(self, source_id: int, relation: Relation, horizon: Horizon) -> None:
        self.relation = relation
        table = Table.objects.filter(
            source_id=source_id, schema_name=relation.schema_name, table_name=relation.table_name
        ).first()
        self.parameters: dict[str, Any] = {
            "source": source_id,
            "table": table.pk if table else 0,
            "until": horizon.until,
            "unseen": list(horizon.unseen),
        }

    @cached_property
    def shapes(self) -> dict[int, Columns]:
        """The columns of the stored relations, by id, the newest first."""
        shapes = StoredRelation.objects.filter(source_id=self.parameters["source"], table_id=self.parameters["table"])
        return dict(shapes.order_by("-id").values_list("id", "columns")[:MOST_SHAPES])

    @cached_property
    def markers(self) -> list[Marker[Stored]]:
        """What happened to the whole table since its rows last began anew, in order."""
        with connection.cursor() as cursor:
            cursor.execute(MARKERS, self.parameters)
            found = cursor.fetchall()
        return [self._marker(*row) for row in found]

    @property
    def since(self) -> int:
        """The id of what last began the table's rows anew; 0 if nothing did."""
        return self.markers[0].id if self.markers and self.markers[0].kind != "A" else 0

    def columns(self, relation_id: int) -> Columns:
        if relation_id not in self.shapes:
            shapes = StoredRelation.objects.filter(source_id=self.parameters["source"], id=relation_id)
            self.shapes[relation_id] = shapes.values_list("columns", flat=True).get()
        return self.shapes[relation_id]

    def values(self, relation_id: int, array: Any, absent: Any, marks: Any) -> dict[str, Stored] | None:
        """A stored row by the columns of its time. marks: of the values of which the beginning was kept."""
        row = named(self.columns(relation_id), array, absent)
        return None if row is None else {name: (text, (marks or {}).get(name)) for name, text in row.items()}

    def _marker(self, number: int, kind: str, relation_id: int, *arrays: Any) -> Marker[Stored]:
        old, old_absent, new, new_absent = arrays
        names_before = named(self.columns(relation_id), old, old_absent) or {}
        return Marker(number, kind, names_before, self.values(relation_id, new, new_absent, None) or {})
