"""Keeps what the catalogue says of foreign keys with the tables of a source, for links between records.

A constraint comes and goes without a word in the stream, so each look of the table watch reads them all. They are known
for a table as it is now, not for each change; a table that left keeps those that it had.
"""

from statetrace_ui.history.models import Source, Table
from statetrace_ui.wal.catalog_keys import foreign_keys
from statetrace_ui.wal.connection import Connection


def keep_foreign_keys(connection: Connection, source: Source) -> None:
    """Of the tables that history knows. connection: to the audited database."""
    names = {int(oid): (shape["schema_name"], shape["table_name"]) for oid, shape in source.tables.items()}
    found = foreign_keys(connection, list(names))
    now = {names[oid]: [key.as_json() for key in keys] for oid, keys in found.items()}
    for table in Table.objects.filter(source=source):
        keys = now.get((table.schema_name, table.table_name))
        if keys is not None and keys != table.foreign_keys:
            Table.objects.filter(pk=table.pk).update(foreign_keys=keys)
