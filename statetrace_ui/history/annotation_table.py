"""Which table of a source is its annotation table: one, so that nobody can add annotations by a table of their own."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.table_names import qualified_name
from statetrace_ui.wal import records
from statetrace_ui.wal.messages import is_message

TABLE_NAME = "statetrace_annotations"
# A source that was added before there was an annotation table takes the first that its log shows.
KEEP = "UPDATE history_source SET annotation_schema = %s WHERE id = %s AND annotation_schema = ''"


class TableName(NamedTuple):
    schema_name: str
    table_name: str

    def __str__(self) -> str:
        return qualified_name(self.schema_name, self.table_name)


def find(tables: Iterable[TableName]) -> TableName | None:
    """The table that counts where nobody chose one: the one in `public`, else the first by its schema's name."""
    found = sorted(table for table in tables if table.table_name == TABLE_NAME)
    return next((table for table in found if table.schema_name == "public"), found[0] if found else None)


class AnnotationTable:
    """A source's annotation table. schema_name: '' as long as no row of such a table has been seen."""

    def __init__(self, cursor: CursorWrapper, source_id: int) -> None:
        self._cursor = cursor
        self._source_id = source_id
        cursor.execute("SELECT annotation_schema, annotation_table FROM history_source WHERE id = %s", [source_id])
        self._kept, self._name = cursor.fetchone()
        self._schema = self._kept

    def is_of(self, relation: records.Relation) -> bool:
        """Whether the relation is the annotation table. The first one by that name is, if none was before.

        Messages are no table's; whether they count was decided when the stream was opened.
        """
        if is_message(relation):
            return True
        if relation.table_name != self._name:
            return False
        self._schema = self._schema or relation.schema_name
        return bool(relation.schema_name == self._schema)

    def keep(self) -> None:
        """To be called last in a transaction of ours, since it locks the source's row."""
        if self._schema != self._kept:
            self._cursor.execute(KEEP, [self._schema, self._source_id])
