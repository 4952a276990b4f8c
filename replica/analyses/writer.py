"""Writes what the formulas find to the store: the one writer, for imports, edits and the command.

It replaces its own rows alone, and only where they changed: issues of our versions, measurements of our types, and all
statistics by label group, which nobody else writes. A category of which an import brought issues is left to the import.
Which versions of the formulas made a session's results is kept in `bookkeeping.analyses`.
"""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID, uuid5

from psycopg import Connection, sql

from replica.analyses import label_statistics, measurements, reading
from replica.analyses.issues import FORMULAS, OURS, Formula
from replica.analyses.recorded import Impact, Recorded

Row = tuple[Any, ...]
IDS = UUID("5c3f1d0e-6a0b-4c57-9a43-0a5d6a7e2b11")  # issues found again have the ids that they had
ISSUE_COLUMNS = (
    *("issue_id", "impact_id", "message_id", "category", "group", "name", "impact_time"),
    *("start_time_ms", "end_time_ms", "version", "reference"),
)
STATISTICS_COLUMNS = ("label_group_id", "timeseries_key", "metric", "value", "time_intervals_ms")
MEASUREMENT_COLUMNS = ("key_name", "key_type", "key_units", "str_value", "float_value")
# The names and versions of all that is made of a session.
VERSIONS = {
    **{formula.category: formula.version for formula in FORMULAS},
    "Statistics by label group": f"{OURS}{label_statistics.VERSION}",
    "Measurements": f"{OURS}{measurements.VERSION}",
}
REMEMBER = """
INSERT INTO bookkeeping.analyses (session_id, analysis, version)
SELECT %s, * FROM unnest(%s::text[], %s::text[])
ON CONFLICT (session_id, analysis) DO UPDATE SET version = EXCLUDED.version, made_at = now()
"""


def write_analyses(connection: Connection[Any], session_id: str) -> bool:
    """Analyse a session of the store in the caller's transaction; whether any row changed.

    The caller holds the session's row in `bookkeeping.session_revisions`, so nobody else writes the session meanwhile.
    """
    recorded = reading.recorded(connection, session_id)
    imported = _imported_categories(connection, session_id)
    formulas = [one for one in FORMULAS if one.applies(recorded) and one.category not in imported]
    changed = [
        _replace_own(
            connection,
            "capture_issues",
            ISSUE_COLUMNS,
            session_id,
            f"version LIKE '{OURS}%'",
            [row for formula in formulas for row in _issue_rows(session_id, formula, recorded)],
        ),
        _replace_own(
            connection,
            "session_timeseries_data_stats",
            STATISTICS_COLUMNS,
            session_id,
            "true",
            _statistics_rows(connection, session_id, recorded),
        ),
        # Last, since they count impacts of all issues.
        _replace_own(
            connection,
            "performance_measurements",
            MEASUREMENT_COLUMNS,
            session_id,
            f"key_type LIKE '{measurements.OURS}%'",
            _measurement_rows(connection, session_id, recorded, formulas),
        ),
    ]
    connection.execute(REMEMBER, [session_id, list(VERSIONS), list(VERSIONS.values())])
    return any(changed)


def _imported_categories(connection: Connection[Any], session_id: str) -> set[str]:
    rows = connection.execute(
        "SELECT DISTINCT category FROM capture_issues"
        " WHERE session_id = %s AND (version IS NULL OR version NOT LIKE %s)",
        [session_id, f"{OURS}%"],
    ).fetchall()
    return {category for (category,) in rows}


def _issue_rows(session_id: str, formula: Formula, recorded: Recorded) -> Iterator[Row]:
    for impact in formula.find(recorded):
        issue_id = uuid5(IDS, f"{session_id}\n{formula.category}\n{impact.issue}")
        yield (
            str(issue_id),
            str(uuid5(issue_id, _told_apart_by(impact))),
            impact.message_id,
            formula.category,
            formula.group,
            impact.name,
            impact.impact_ms,
            round(impact.start_ms),
            round(impact.end_ms),
            formula.version,
            impact.reference,
        )


def _told_apart_by(impact: Impact) -> str:
    """What no other impact of the issue has. A reference may be of the exchange that also has an impact."""
    place = f"{impact.start_ms:.6f}" if impact.message_id is None else f"message {impact.message_id}"
    return f"{place}{' reference' if impact.reference else ''}"


def _statistics_rows(connection: Connection[Any], session_id: str, recorded: Recorded) -> Iterator[Row]:
    for group in label_statistics.groups(recorded.labels):
        intervals = label_statistics.intervals_text(group.intervals)
        for series in recorded.series:
            metrics = label_statistics.metrics_of(group, series.key)
            if metrics:
                y = reading.values_within(connection, session_id, series.key, group.intervals)
                for metric, value in label_statistics.statistics(y, metrics).items():
                    yield group.group_id, series.key, metric, value, intervals


def _measurement_rows(
    connection: Connection[Any], session_id: str, recorded: Recorded, formulas: Iterable[Formula]
) -> Iterable[Row]:
    impacts = reading.impact_spans(connection, session_id)
    found = measurements.measurements(recorded, impacts, [formula.category for formula in formulas])
    by_key = {(one.name, one.type): one for one in found}
    return [(one.name, one.type, one.units, f"{one.value:.15g}", float(one.value)) for one in by_key.values()]


def _replace_own(
    connection: Connection[Any], table: str, columns: tuple[str, ...], session_id: str, own: str, rows: Iterable[Row]
) -> bool:
    """Make `rows` the session's rows for which the condition `own` holds; whether they were others before."""
    wanted = sorted(rows, key=str)
    names = {
        "table": sql.Identifier(table),
        "columns": sql.SQL(", ").join(map(sql.Identifier, columns)),
        "own": sql.SQL("session_id = %s AND {}").format(sql.SQL(own.replace("%", "%%"))),
    }
    known = connection.execute(sql.SQL("SELECT {columns} FROM {table} WHERE {own}").format(**names), [session_id])
    if sorted(map(_without_padding, known.fetchall()), key=str) == wanted:
        return False
    connection.execute(sql.SQL("DELETE FROM {table} WHERE {own}").format(**names), [session_id])
    _copy(connection, sql.SQL("COPY {table} (session_id, {columns}) FROM STDIN").format(**names), session_id, wanted)
    return True


def _copy(connection: Connection[Any], command: sql.Composed, session_id: str, rows: Iterable[Row]) -> None:
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        for row in rows:
            copy.write_row((session_id, *row))


def _without_padding(row: Row) -> Row:
    """`char(n)` comes back padded; of our texts none ends in blanks."""
    return tuple(value.rstrip(" ") if isinstance(value, str) else value for value in row)
