"""Fills a history by the store's own writer, in flushes of annotated transactions, as capture does it."""

import datetime as dt
import json
import random
from collections.abc import Iterable, Iterator
from typing import Any

TABLES, SOURCES, RECORDS = 12, 3, 50_000
PER_TRANSACTION, PER_FLUSH, PER_SESSION = 10, 500, 20
BASELINE_SHARE = 10  # one of so many transactions reads rows of a baseline
SELDOM = 500  # transactions
LISTED = 60  # of what does not grow with the changes: more than a page
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class Filler:
    """Some sources with rows like those of a small shop."""

    def __init__(self, sources: int = SOURCES) -> None:
        from statetrace_ui.history.models import Source
        from statetrace_ui.wal.records import Column, Relation
        from statetrace_ui.web.models import Organisation

        self.organisation = Organisation.objects.create(name="Benchmark", slug="benchmark")
        self.sources = [
            Source.objects.create(organisation=self.organisation, name=f"shop {n}", slot_name=f"s{n}")
            for n in range(sources)
        ]
        types = [
            ("id", "bigint"),
            ("customer", "text"),
            ("state", "text"),
            ("total", "numeric(12,2)"),
            ("note", "text"),
        ]
        columns = tuple(Column(name, kind, name == "id") for name, kind in [*types, ("made_at", "timestamptz")])
        self._tables = [Relation(n, "public", f"table_{n}", "d", columns) for n in range(1, TABLES + 1)]
        notes = tuple(Column(name, "text", name == "id") for name in ("id", "kind", "payload"))
        self._notes = Relation(99, "public", "statetrace_annotations", "d", notes)
        self._templates = {kind: _template(self._tables[0], kind) for kind in "BIUD"}
        self.stored, self._random, self.number = 0, random.Random(7), 0

    def fill(self, size: int) -> None:
        from statetrace_ui.history.store import store

        while self.stored < size:
            source = self.sources[self.number // PER_FLUSH % len(self.sources)]
            transactions = [self._transaction() for _ in range(PER_FLUSH)]
            self.stored += store(source, transactions).changes

    def _transaction(self) -> Any:
        from statetrace_ui.wal.lines import line_of
        from statetrace_ui.wal.records import Transaction, row_change
        from statetrace_ui.wal.spill import ChangeList

        self.number += 1
        at = START + dt.timedelta(seconds=self.number)
        lsn = self.number * 1000
        is_baseline = self.number % BASELINE_SHARE == 0
        table, changes = self._random.choice(self._tables), ChangeList()
        for _ in range(PER_TRANSACTION):
            changes.append(table, self._row("B" if is_baseline else self._random.choice("IIUUUUUUUD")))
        for note in () if is_baseline else self._annotations():
            changes.append(self._notes, line_of(row_change(self._notes, "I", new=note)))
        kind: Any = "baseline" if is_baseline else "commit"
        return Transaction(lsn, lsn + 100, at, changes, self.number, kind)

    def _row(self, kind: str) -> bytes:
        """A line as the encoder makes it of a message, by a template: else the filler takes longer than the store."""
        key = b"%d" % self._random.randrange(RECORDS)
        line = self._templates[kind].replace(b"KEY", key)
        state = self._random.choice((b"new", b"paid", b"sent", b"returned"))
        return line.replace(b"STATE", state).replace(b"TOTAL", b"%.2f" % (self._random.random() * 1000))

    def _annotations(self) -> Iterator[dict[str, str | None]]:
        """An action, and before it at times a session's beginning, a migration, or something that cannot be read."""
        number, session = self.number, f"s{self.number // PER_SESSION}"
        if number % PER_SESSION == 1:
            actor = f"actor{number // PER_SESSION % 1000}"
            names = {"session_actor_id": actor, "session_actor_full_name": f"First {actor}"}
            yield {"id": session, "kind": "_st.app.sess", "payload": json.dumps(names)}
        if number % SELDOM == 2:
            yield {"id": f"m{number}", "kind": "_st.app.mig", "payload": "{}"}
        if number % SELDOM == 3:
            yield {"id": f"u{number}", "kind": "unknown", "payload": "{}"}
        action = {"action_url": "/orders/7/pay"} | ({"action_session_id": session} if number % SELDOM != 4 else {})
        yield {"id": f"a{number}", "kind": "_st.app.act", "payload": json.dumps(action)}


def add_removals(sources: Iterable[Any]) -> None:
    """A gap of each source, and lists of what was removed from it: they do not grow with the changes."""
    from statetrace_ui.history.gap_store import Loss, declare, withdraw
    from statetrace_ui.history.models import Erasure, Gap, RetentionRun

    for source in sources:
        declare(source, Loss(Gap.Reason.SLOT_GONE, "the replication slot is gone", waits=True))
        withdraw(source)
        done: dict[str, Any] = {"source": source, "finished_at": START}
        RetentionRun.objects.bulk_create(RetentionRun(**done, outcome="done", requested_by="m") for _ in range(LISTED))
        Erasure.objects.bulk_create(Erasure(**done, kind="record", state="done", asked_by="m") for _ in range(LISTED))


def _template(table: Any, kind: Any) -> bytes:
    """The line of such a change, with words in place of what differs from row to row."""
    from statetrace_ui.wal.lines import line_of
    from statetrace_ui.wal.records import row_change

    row: dict[str, str | None] = {
        "id": "KEY",
        "customer": "customer KEY",
        "state": "STATE",
        "total": "TOTAL",
        "note": 'as the customer wishes, with {care} and "thanks"',
        "made_at": "2026-03-14 12:00:00.123456+00",
    }
    return line_of(row_change(table, kind, old={"id": "KEY"}) if kind == "D" else row_change(table, kind, new=row))
