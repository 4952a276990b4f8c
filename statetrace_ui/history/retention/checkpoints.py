"""The transactions that stand for kept states: one for each moment to which a run looks back."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection
from django.db.backends.utils import CursorWrapper

from statetrace_ui.history.models import RetentionRun, Transaction
from statetrace_ui.history.retention.rules import Limit

NEW_ID = "SELECT nextval(pg_get_serial_sequence('history_transaction', 'id'))"


class Checkpoints:
    """Makes the transactions of a run when they are first needed; the run keeps their ids."""

    def __init__(self, run: RetentionRun, limits: Sequence[Limit]) -> None:
        self._run = run
        self._before = {limit.table_id: limit.before for limit in limits}

    def missing(self, table_ids: Iterable[int]) -> dict[int, datetime]:
        """{id: moment} for transactions that these tables need and that are not made yet."""
        before = {self._before[table_id] for table_id in table_ids}
        wanted = sorted(moment for moment in before if moment.isoformat() not in self._made)
        with connection.cursor() as cursor:
            return {_new_id(cursor): moment for moment in wanted}

    def make(self, transactions: dict[int, datetime]) -> None:
        """They have no place in the log. No list by time or transaction meets them, since they name no changes."""
        for number, moment in transactions.items():
            Transaction.objects.create(
                id=number,
                source_id=self._run.source_id,
                kind=Transaction.Kind.CHECKPOINT,
                commit_lsn=-number,
                end_lsn=-number,
                committed_at=moment,
            )
            self._made[moment.isoformat()] = number
        if transactions:
            self._run.save(update_fields=["limits"])

    def of_table(self, table_id: int) -> int:
        """The transaction, which is committed at the moment before which the table's changes are over."""
        return self._made[self._before[table_id].isoformat()]

    @property
    def _made(self) -> dict[str, int]:
        made: dict[str, int] = self._run.limits["checkpoints"]
        return made


def _new_id(cursor: CursorWrapper) -> int:
    cursor.execute(NEW_ID)
    return int(cursor.fetchone()[0])
