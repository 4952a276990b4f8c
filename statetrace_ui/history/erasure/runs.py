"""Counts what an erasure would erase, and erases it: the same steps, batch by batch. It can be killed at any time.

What is there is erased at once. What had begun at the source before and is stored later is erased by a second pass.

By a command at once, from the page by jobs of `tasks.py`.
"""

import time
from collections import Counter
from collections.abc import Callable

from django.db import connection, transaction
from django.dispatch import Signal
from django.utils import timezone

from statetrace_ui.accounts import security_log
from statetrace_ui.accounts.security_log import Event
from statetrace_ui.history.alerts.telling import tell_anew
from statetrace_ui.history.erasure import annotations, changes, log_words, records, waiting
from statetrace_ui.history.erasure.wanted import Wanted
from statetrace_ui.history.models import ErasedRecord, Erasure, Table
from statetrace_ui.history.removals import batch
from statetrace_ui.web.locks import alone

BUSY_SECONDS = 0.5
State = Erasure.State
# Sent before an erasure ends, in the same transaction: other rooms forget what they keep of its records.
erased = Signal()
Report = Callable[[str], object]


class Pass:
    """One pass through history: it counts alone as long as the erasure is not confirmed."""

    def __init__(self, erasure: Erasure, report: Report) -> None:
        self._erasure = erasure
        self._wanted = Wanted.from_json(erasure.wanted)
        self._erases = erasure.state == State.ERASING
        self._report = report
        self._counts: Counter[str] = Counter(erasure.done if self._erases else erasure.found)

    def perform(self) -> None:
        """All steps, from where the erasure is."""
        steps = self._steps()
        for name in list(steps)[list(steps).index(self._erasure.step or next(iter(steps))) :]:
            if name != self._erasure.step:
                self._begin(name)
            self._report(name)
            steps[name]()

    def _begin(self, step: str) -> None:
        """A second pass comes to the same keys again, and to no change again that it has erased."""
        if step == "changes":
            self._counts = Counter({what: n for what, n in self._counts.items() if not what.startswith("keys ")})
        self._erasure.step, self._erasure.last_id = step, 0
        self._save()

    def _steps(self) -> dict[str, Callable[[], None]]:
        of_record = {"records": self._find_records, "changes": self._erase_records}
        if self._erasure.kind == Erasure.Kind.RECORD:
            return {**of_record, "security log": self._erase_log}
        return {
            **of_record,
            "other changes": self._erase_words,
            "sessions": self._erase_sessions,
            "actions": self._erase_actions,
            "annotations": self._erase_unread,
            "security log": self._erase_log,
        }

    def _find_records(self) -> None:
        if self._erasure.kind == Erasure.Kind.RECORD:
            records.note_record(self._erasure, self._wanted.key)
        else:
            self._walk(lambda after: records.find_by_fields(self._erasure, self._wanted.value, after))
        while records.follow_keys(self._erasure):
            pass

    def _erase_records(self) -> None:
        tables = {table.pk: str(table) for table in Table.objects.filter(source=self._erasure.source_id)}
        while record := self._next_record():
            name = tables.get(record.table_id, "")
            with batch(self._erasure.source_id):
                erased = self._of_record(record)
                self._counts[f"changes of {name}"] += erased
                if not (self._erases and erased):  # else there may be more of it
                    self._counts[f"keys of {name}"] += 1
                    self._erasure.last_id = record.pk
                self._save()

    def _next_record(self) -> ErasedRecord | None:
        following = ErasedRecord.objects.filter(erasure=self._erasure, pk__gt=self._erasure.last_id)
        return following.order_by("pk").first()

    def _of_record(self, record: ErasedRecord) -> int:
        if self._erases:
            return changes.erase_record(self._erasure, self._wanted, record)
        return changes.count_record(self._erasure, record)

    def _erase_words(self) -> None:
        tables = {table.pk: str(table) for table in Table.objects.filter(source=self._erasure.source_id)}

        def erase(after: int) -> int | None:
            part = changes.erase_words(self._erasure, self._wanted, after, self._erases)
            self._counts.update({f"changes of {tables.get(pk, '')}": count for pk, count in part.changes.items()})
            return part.last_id

        if self._wanted.elsewhere and self._wanted.words:
            self._walk(erase)

    def _erase_sessions(self) -> None:
        self._walk(self._counted("sessions", annotations.erase_sessions))

    def _erase_actions(self) -> None:
        self._walk(self._counted("actions", annotations.erase_actions))

    def _erase_unread(self) -> None:
        with batch(self._erasure.source_id):
            self._counts["annotations"] += annotations.erase_unread(self._erasure, self._wanted, self._erases)
            if self._erases:
                annotations.erase_errors(self._erasure, self._wanted)
            self._erasure.last_id = 1
            self._save()

    def _erase_log(self) -> None:
        with transaction.atomic():
            self._counts["entries of the security log"] += log_words.erase(self._erasure, self._wanted, self._erases)
            self._save()

    def _counted(
        self, what: str, erase: Callable[[Erasure, Wanted, int, bool], annotations.Part]
    ) -> Callable[[int], int | None]:
        def counted(after: int) -> int | None:
            part = erase(self._erasure, self._wanted, after, self._erases)
            self._counts[what] += part.found
            return part.last_id

        return counted

    def _walk(self, step: Callable[[int], int | None]) -> None:
        """One batch after the other. The place is noted with the rows, so that a killed run counts none twice."""
        last: int | None = self._erasure.last_id
        while last is not None:
            counts = self._counts.copy()
            try:
                with batch(self._erasure.source_id):
                    last = step(self._erasure.last_id)
                    self._erasure.last_id = self._erasure.last_id if last is None else last
                    self._save()
            except annotations.SessionBusy:
                self._counts = counts
                time.sleep(BUSY_SECONDS)

    def _save(self) -> None:
        counts = {what: count for what, count in self._counts.items() if count}
        if self._erases:
            self._erasure.done = counts
        else:
            self._erasure.found = counts
        self._erasure.save(update_fields=["step", "last_id", "done", "found"])


def perform(erasure: Erasure, report: Report = lambda _: None) -> None:
    """Count, or once it is confirmed erase, from where the erasure is. Nothing happens if somebody else does so.

    It may wait for capture when this returns.
    """
    with alone("erasure", erasure.pk) as mine:
        erasure.refresh_from_db()
        if mine and erasure.at_work:
            _perform(erasure, report)
            if erasure.state == State.DONE:
                _vacuum()


def _perform(erasure: Erasure, report: Report) -> None:
    try:
        if erasure.state == State.COUNTING:
            Pass(erasure, report).perform()
            _end(erasure, State.COUNTED)
        if erasure.state == State.ERASING:
            _erase(erasure, report)
        if erasure.state == State.WAITING and waiting.is_over(erasure):
            _erase(erasure, report)
    except Exception as error:
        erasure.error = f"It failed ({type(error).__name__}); the log of the worker says where. Confirm it again."
        _end(erasure, State.FAILED)
        raise


def _erase(erasure: Erasure, report: Report) -> None:
    """One pass. It is the last one if all that had to be stored was stored when it began."""
    if not erasure.step:
        waiting.look(erasure)
    Pass(erasure, report).perform()
    if erasure.waits_for:
        with transaction.atomic():
            _end(erasure, State.WAITING)
            waiting.refuse_former_readings(erasure.source_id)
    else:
        _finish(erasure)


def _end(erasure: Erasure, state: Erasure.State) -> None:
    erasure.state, erasure.step, erasure.last_id = state, "", 0
    erasure.save(update_fields=["state", "step", "last_id", "error"])


def _finish(erasure: Erasure) -> None:
    """Forget what was looked for: the erasure keeps what was done, and where, and not of whom."""
    with transaction.atomic():
        waiting.refuse_former_readings(erasure.source_id)  # before others forget, so that none of it comes after
        forget(erasure)
        tell_anew(erasure.source.organisation)
        erasure.finished_at, erasure.error = timezone.now(), ""
        erasure.save(update_fields=["finished_at"])
        erased.send(Erasure, erasure=erasure)
        _end(erasure, State.DONE)
        security_log.record(
            Event.HISTORY_ERASED,
            f"{erasure.source}: erasure {erasure.pk}, {erasure.changes_done:,} changes",
            organisation=erasure.source.organisation,
            name=erasure.confirmed_by,
        )


def forget(erasure: Erasure) -> None:
    """Forget of whom it is, the keys that were found, and the secret of what stands in their place."""
    ErasedRecord.objects.filter(erasure=erasure).delete()
    erasure.wanted, erasure.secret = "", ""
    erasure.save(update_fields=["wanted", "secret"])


def _vacuum() -> None:
    """Free the space of the rows as they were, for others to overwrite, and renew PostgreSQL's samples of values.

    Not possible inside a transaction.
    """
    if not connection.in_atomic_block:
        with connection.cursor() as cursor:
            for table in (
                "history_change",
                "history_session",
                "history_action",
                "history_unreadannotation",
                "history_source",
                "accounts_securityevent",
                "history_erasure",
                "history_erasedrecord",
            ):
                cursor.execute(f"VACUUM (ANALYZE) {table}")
