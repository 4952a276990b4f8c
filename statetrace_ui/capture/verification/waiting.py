"""Waits until capture has stored what a snapshot shows, and has read what it must read."""

import time
from collections.abc import Callable

from statetrace_ui.history import queries
from statetrace_ui.history.models import Gap, Source
from statetrace_ui.history.undone import renamed_and_back
from statetrace_ui.installation import command
from statetrace_ui.wal.connection import SourceError
from statetrace_ui.wal.lsn import format_lsn
from statetrace_ui.wal.shapes import Shape
from statetrace_ui.web.quantities import size

PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.1
Pause = Callable[[float], object]


class HistoryBehind(SourceError):
    """History does not reach the moment at which the source was looked at."""


def wait_for_history(source: Source, lsn: int, pause: Pause) -> None:
    """Until everything before `lsn` is stored. Raises HistoryBehind, also if a gap is open or begins."""
    era = source.era
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        source.refresh_from_db()
        if source.era != era or Gap.objects.filter(source=source, closed_at=None).exists():
            raise HistoryBehind(f"A gap in the history of {source} is open. Verify again once capture has closed it.")
        if source.position >= lsn:
            return
        if source.status == Source.Status.STOPPED:
            raise HistoryBehind(f"{_behind(source, lsn)}, and capture of {source} is stopped. Let it go on first.")
        if time.monotonic() > deadline:
            raise HistoryBehind(f"{_behind(source, lsn)} for {PATIENCE_SECONDS:.0f} s. {_reason(source)}")
        pause(LOOK_SECONDS)


def is_known(source: Source, shape: Shape) -> bool:
    """Whether history has read the table since it was last altered or rewritten."""
    known = source.tables.get(str(shape.oid)) == shape.as_json()
    return bool(known and not renamed_and_back(source.pk, [shape.relation]))


def _behind(source: Source, lsn: int) -> str:
    return f"History ends at {format_lsn(source.position)}, {size(lsn - source.position)} behind the source"


def _reason(source: Source) -> str:
    if source.status == Source.Status.ERROR:
        return f"Capture fails: {source.error}"
    if queries.is_silent(source):
        return f"No capture worker reports for it. Start `{command('run_capture')}`, then verify again."
    return "Verify again when capture has caught up."
