"""Collects the corrections of one table while it is compared, and stores them together."""

from datetime import datetime

from statetrace_ui.capture.verification.comparison import Difference
from statetrace_ui.history.models import Source
from statetrace_ui.history.present.folding import Known
from statetrace_ui.history.present.horizon import Horizon
from statetrace_ui.history.present.mending import Outdated, correction, mend
from statetrace_ui.history.refusals import EraEnded, NoRoom, RulesChanged
from statetrace_ui.wal.records import Change, Relation
from statetrace_ui.wal.spill import ChangeList


class TableMender:
    def __init__(self, source: Source, relation: Relation, horizon: Horizon, read_at: datetime) -> None:
        self._source, self._relation, self._horizon, self._read_at = source, relation, horizon, read_at
        self._changes = ChangeList()

    def take(self, difference: Difference, found: Change | None, known: Known | None) -> None:
        """Prepare what makes history's row the one at the source."""
        change = correction(self._relation, found, known, difference.key, difference.columns)
        self._changes.extend([change] * difference.times)

    def store(self) -> int:
        """How many corrections were written: none where history has gone on in the meantime."""
        if not self._changes:
            return 0
        try:
            return mend(self._source, self._relation, self._horizon, self._read_at, self._changes.finished())
        except (Outdated, NoRoom, RulesChanged, EraEnded):
            return 0
