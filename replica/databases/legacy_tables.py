"""The document's deprecated table of each user flow: a row for each session, a column for each measurement.

Its name is made of the flow's, its columns' of the measurements'; what was named once keeps its name. All of it follows
from `performance_measurements`, so each sync compares the two and writes what differs, whatever happened before.
"""

import re
from dataclasses import dataclass

from psycopg import sql

from replica.databases.server import Connection
from replica.schema.description import LEGACY

MOST_COLUMNS = 500  # of what PostgreSQL has room for in a row
NUMBER, TEXT = "double precision", "varchar(512)"
LOCK_SECONDS = 5
NAMES = """
CREATE TABLE IF NOT EXISTS bookkeeping.legacy_columns (
    user_flow_id char(36) NOT NULL, table_name text NOT NULL, key_name text NOT NULL, key_type text NOT NULL,
    column_name text NOT NULL, PRIMARY KEY (user_flow_id, key_name, key_type), UNIQUE (table_name, column_name)
)
"""
HAS_NAMES = "SELECT to_regclass('bookkeeping.legacy_columns') IS NOT NULL"
SESSION = ("", "")  # stands for no measurement: the column session_id
KNOWN = "SELECT table_name, key_name, key_type, column_name FROM bookkeeping.legacy_columns WHERE user_flow_id = %s"
MEASURED = """
SELECT key_name, key_type, bool_and(float_value IS NOT NULL), min(key_units)
FROM performance_measurements JOIN session_metadata USING (session_id)
WHERE user_flow_id = %s AND (key_name, key_type) <> ('', '')
GROUP BY key_name, key_type ORDER BY key_name, key_type
"""
TYPES = """
SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = to_regclass('public.' || quote_ident(%s)) AND attnum > 0 AND NOT attisdropped
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """A measurement that some session of the flow has. is_number: in all of them."""

    key_name: str
    key_type: str
    is_number: bool
    units: str | None

    @property
    def sql_type(self) -> str:
        return NUMBER if self.is_number else TEXT

    @property
    def comment(self) -> str:
        parts = [self.key_name, f"({self.key_type})" * bool(self.key_type), f"in {self.units}" * bool(self.units)]
        return " ".join(part for part in parts if part)


def update(target: Connection, flow_id: str, flow_name: str, wanted: bool) -> None:
    """Make the flow's table say what its sessions' measurements say; drop it where it is not wanted any more.

    Raises psycopg.errors.LockNotAvailable if somebody reads the table while it must get another column.
    """
    if not wanted and not _has_names(target):
        return
    with target.transaction():
        target.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(f"{LOCK_SECONDS}s"))
        target.execute(NAMES)
        if wanted:
            _write(target, flow_id, flow_name)
        else:
            drop(target, flow_id)


def drop(target: Connection, flow_id: str) -> None:
    """Drop the flow's table, if it has one."""
    if not _has_names(target):
        return
    for (table,) in target.execute(
        "DELETE FROM bookkeeping.legacy_columns WHERE user_flow_id = %s RETURNING table_name", [flow_id]
    ).fetchall():
        target.execute(sql.SQL("DROP TABLE IF EXISTS public.{}").format(sql.Identifier(table)))


def erase_session(target: Connection, flow_id: str, session_id: str) -> None:
    """Erase the session's row of the flow's table, if there is one."""
    known = target.execute(KNOWN, [flow_id]).fetchall() if _has_names(target) else []
    for table in {row[0] for row in known}:
        target.execute(sql.SQL("DELETE FROM {} WHERE session_id = {}").format(_public(table), session_id))


def _has_names(target: Connection) -> bool:
    row = target.execute(HAS_NAMES).fetchone()
    return bool(row and row[0])


def _write(target: Connection, flow_id: str, flow_name: str) -> None:
    found = [Measured(*row) for row in target.execute(MEASURED, [flow_id]).fetchall()][:MOST_COLUMNS]
    table, columns = _named(target, flow_id, flow_name, found)
    _shape(target, table, [(columns[one.key_name, one.key_type], one) for one in found])
    comment = f"{LEGACY}: measurements of the user flow “{flow_name}” ({flow_id}), a row for each session."
    target.execute(sql.SQL("COMMENT ON TABLE {} IS {}").format(_public(table), comment))
    _fill(target, flow_id, table, [(columns[one.key_name, one.key_type], one) for one in found])


def _named(
    target: Connection, flow_id: str, flow_name: str, found: list[Measured]
) -> tuple[str, dict[tuple[str, str], str]]:
    """The table's name, and the column of each measurement; new ones are noted."""
    known = target.execute(KNOWN, [flow_id]).fetchall()
    table = known[0][0] if known else _free(f"perf_task_{_plain(flow_name)}", _tables(target))
    columns = {(key_name, key_type): column for _, key_name, key_type, column in known}
    for key in [SESSION, *((one.key_name, one.key_type) for one in found)]:
        if key not in columns:
            columns[key] = "session_id" if key == SESSION else _free(_plain(key[0]), set(columns.values()))
            row = [flow_id, table, *key, columns[key]]
            target.execute("INSERT INTO bookkeeping.legacy_columns VALUES (%s, %s, %s, %s, %s)", row)
    return table, columns


def _tables(target: Connection) -> set[str]:
    query = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    return {name for (name,) in target.execute(query).fetchall()}


def _plain(text: str) -> str:
    """A text as a name that needs no quotes: letters, digits and `_`, short enough for a number at its end."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:45]
    return name if name and not name[0].isdigit() else f"m_{name}".rstrip("_")


def _free(name: str, taken: set[str]) -> str:
    """The name, with a number at its end if it is taken."""
    candidates = (name, *(f"{name[:55]}_{number}" for number in range(2, len(taken) + 3)))
    return next(one for one in candidates if one not in taken)


def _shape(target: Connection, table: str, columns: list[tuple[str, Measured]]) -> None:
    """Make the table and what columns it lacks, and turn a column of numbers into text once it has other values."""
    create = "CREATE TABLE IF NOT EXISTS {} (session_id char(36) NOT NULL PRIMARY KEY)"
    target.execute(sql.SQL(create).format(_public(table)))
    there = dict(target.execute(TYPES, [table]).fetchall())
    for name, one in columns:
        parts = {"table": _public(table), "column": sql.Identifier(name), "type": sql.SQL(one.sql_type)}
        if name not in there:
            target.execute(sql.SQL("ALTER TABLE {table} ADD COLUMN {column} {type}").format(**parts))
            target.execute(sql.SQL("COMMENT ON COLUMN {table}.{column} IS {}").format(one.comment, **parts))
        elif there[name] == NUMBER and not one.is_number:
            target.execute(sql.SQL("ALTER TABLE {table} ALTER COLUMN {column} TYPE {type}").format(**parts))


def _fill(target: Connection, flow_id: str, table: str, columns: list[tuple[str, Measured]]) -> None:
    """Write the rows that differ, and remove those of sessions that left the flow."""
    types = dict(target.execute(TYPES, [table]).fetchall())
    names = [sql.Identifier(name) for name, _ in columns]
    values = [
        sql.SQL("max({}) FILTER (WHERE key_name = {} AND key_type = {})").format(
            sql.Identifier("float_value" if types[name] == NUMBER else "str_value"), one.key_name, one.key_type
        )
        for name, one in columns
    ]
    ours = sql.SQL("SELECT session_id FROM session_metadata WHERE user_flow_id = {}").format(flow_id)
    target.execute(sql.SQL("DELETE FROM {} WHERE session_id NOT IN ({})").format(_public(table), ours))
    rows = sql.SQL(
        "SELECT {} FROM ({}) AS ours LEFT JOIN performance_measurements USING (session_id) GROUP BY session_id"
    ).format(sql.SQL(", ").join([sql.Identifier("session_id"), *values]), ours)
    insert = sql.SQL("INSERT INTO {} AS old ({}) {} ON CONFLICT (session_id) DO ").format(
        _public(table), sql.SQL(", ").join([sql.Identifier("session_id"), *names]), rows
    )
    target.execute(insert + _change(names))


def _change(names: list[sql.Identifier]) -> sql.Composable:
    if not names:
        return sql.SQL("NOTHING")
    sets = sql.SQL(", ").join(sql.SQL("{0} = EXCLUDED.{0}").format(name) for name in names)
    old, new = (
        sql.SQL(", ").join(sql.SQL(f"{which}.{{}}").format(name) for name in names) for which in ("old", "EXCLUDED")
    )
    return sql.SQL("UPDATE SET {} WHERE ROW({}) IS DISTINCT FROM ROW({})").format(sets, old, new)


def _public(table: str) -> sql.Identifier:
    return sql.Identifier("public", table)
