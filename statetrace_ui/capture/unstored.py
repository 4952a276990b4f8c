"""Tells an erasure what of the time before its confirmation capture has still to store.

The source itself is asked: first which transactions are running, and once they have ended, where its log ends. When
the stored position has passed that, nothing of that time is on its way any more.
"""

from typing import Any

from statetrace_ui.capture.continuity import check_identity
from statetrace_ui.history import queries
from statetrace_ui.history.gap_store import open_gap
from statetrace_ui.history.models import Erasure, Source
from statetrace_ui.installation import command
from statetrace_ui.wal.connection import SourceError, connect, readable_errors
from statetrace_ui.wal.lsn import format_lsn, parse_lsn
from statetrace_ui.wal.server import server_state
from statetrace_ui.wal.snapshot import end_of_records

# The end of the log is looked up after the snapshot, so it is behind the ends of all that the snapshot sees as ended.
MOMENT = """
SELECT pg_catalog.pg_snapshot_xmin(now)::text::bigint, pg_catalog.pg_snapshot_xmax(now)::text::bigint,
       pg_catalog.pg_current_wal_insert_lsn()::text
FROM pg_catalog.pg_current_snapshot() AS now
"""


def unstored(erasure: Erasure, **_: Any) -> str:
    """The answer to `erasure.waiting.unstored`."""
    source = Source.objects.get(pk=erasure.source_id)
    if not source.has_database:  # nothing comes from there any more, but behind a gap
        return ""
    try:
        _note(erasure, source)
    except SourceError as error:
        return f"It must know where the log of {source} ends. {error.sentence}"
    lsn = erasure.mark.get("lsn")
    if lsn is None:
        return (
            "Transactions that began before it was confirmed are still running at the audited server;"
            " pg_stat_activity and pg_prepared_xacts there list them."
        )
    if source.position >= lsn:
        return ""
    return f"Capture has still to store what was committed up to {format_lsn(lsn)}. {_why(source)}"


def _note(erasure: Erasure, source: Source) -> None:
    """Note what must be stored, as far as it is not known: {"era", "before": xid, "lsn": where these had ended}.

    Positions of two eras cannot be compared; what was on its way when an era ended never comes. Raises SourceError.
    """
    mark = erasure.mark if erasure.mark.get("era") == source.era else {"era": source.era}
    if "lsn" in mark:
        return
    check_identity(source, server_state(source.url))
    with connect(source.url) as connection, readable_errors("The end of the log cannot be asked"):
        row = connection.execute(MOMENT).fetchone()
    if row is None:
        raise SourceError("The server does not say where its log ends.")
    first_running, next_xid, end = row
    before = mark.setdefault("before", next_xid)
    if first_running >= before:
        mark["lsn"] = end_of_records(parse_lsn(end))
    erasure.mark = mark
    erasure.save(update_fields=["mark"])


def _why(source: Source) -> str:
    """Why history is behind, and what is to be done."""
    if open_gap(source):
        return "A gap in the history is open; it goes on once capture has closed it."
    if source.status == Source.Status.STOPPED:
        return f"Capture is stopped: let it go on, or disconnect the source (`{command(f'remove_source {source}')}`)."
    if source.status == Source.Status.ERROR:
        return f"Capture fails: {source.error}"
    if queries.is_silent(source):
        return f"No capture worker reports for it: start `{command('run_capture')}`."
    return f"It is at {format_lsn(source.position)}."
