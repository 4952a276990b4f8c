"""Finds tables whose columns were renamed and named back before anybody looked, with changes in between.

The table is then as history knows it, but those changes tell of columns of other names.
"""

from collections.abc import Iterable

import orjson
from django.db import connection

from statetrace_ui.wal.records import Relation

# The newest version of each table's shape that lacks one of the columns.
OTHERS = """
SELECT other.oid, max(other.id) FROM history_relation AS other
JOIN unnest(%s::bigint[], %s::jsonb[]) AS known (oid, names) USING (oid)
WHERE other.source_id = %s AND NOT jsonb_path_query_array(other.columns, '$[*].name') @> known.names GROUP BY 1
"""
# The shape under which the table was last read or its alteration noted.
LAST_READ = """
SELECT max(relation_id) FROM history_table AS t CROSS JOIN LATERAL (
    (SELECT relation_id FROM history_change WHERE source_id = t.source_id AND table_id = t.id AND kind = 'S'
     ORDER BY id DESC LIMIT 1)
    UNION ALL
    (SELECT relation_id FROM history_change WHERE source_id = t.source_id AND table_id = t.id AND kind = 'A'
     ORDER BY id DESC LIMIT 1)) AS last
WHERE (t.source_id, t.schema_name, t.table_name) = (%s, %s, %s)
"""


def renamed_and_back(source_id: int, tables: Iterable[Relation]) -> set[int]:
    """The oids of such tables. tables: as history knows them."""
    known = {table.oid: table for table in tables}
    names = [orjson.dumps(table.names).decode() for table in known.values()]
    found = set()
    with connection.cursor() as cursor:
        cursor.execute(OTHERS, [list(known), names, source_id])
        for oid, newest in cursor.fetchall():
            cursor.execute(LAST_READ, [source_id, known[oid].schema_name, known[oid].table_name])
            ((last_read,),) = cursor.fetchall()
            if newest > (last_read or 0):
                found.add(oid)
    return found
