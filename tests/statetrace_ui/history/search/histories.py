"""Random histories, written by the store: several sources and tables, keys that change, gaps, rows of baselines."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from statetrace_ui.capture.models import MaskingKey
from statetrace_ui.history.gap_store import Loss, declare, withdraw
from statetrace_ui.history.models import Gap, Source
from statetrace_ui.history.store import store
from statetrace_ui.wal.masking import Masker
from statetrace_ui.wal.records import Change, Column, Relation, Row, Transaction, row_change
from statetrace_ui.web.models import Organisation

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
STATES = ("new", "paid", "refunded", "50%_off\\", None)
TOTALS = ("1.00", "1", "10.50", "9", "-3", None)
NOTES = ("Thanks", "thank you", "Grüße", "", "null", None)
MOMENTS = ("2026-03-01 12:00:00+00", "2026-03-01 14:00:00+02", "2026-04-01 00:00:00.5+00", None)
FLAGS = ("t", "f", None)
EMAILS = ("ada@example.com", "mei@example.com", None)
COLUMNS = (
    Column("id", "bigint", True),
    Column("status", "text", False),
    Column("total", "numeric(10,2)", False),
    Column("note", "text", False),
    Column("made_at", "timestamp with time zone", False),
    Column("open", "boolean", False),
    Column("email", "text", False, "mask"),
    Column("secret", "text", False, "exclude"),
)
PERSON = (Column("email", "text", True, "mask"), Column("lang", "text", True), Column("name", "text", False))
NOTE_TABLE = Relation(
    99, "app", "statetrace_annotations", "d", tuple(Column(n, "text", n == "id") for n in ("id", "kind", "payload"))
)
TABLE_KIND = ("T", "S", "E")


class History:
    """One source and what lives in its tables: {key: row}."""

    def __init__(self, organisation: Organisation, name: str, seed: int) -> None:
        self.source = Source.objects.create(organisation=organisation, name=name, slot_name=name)
        self.masker = Masker(bytes.fromhex(MaskingKey.objects.create(source=self.source).key))
        self._random, self._number = random.Random(seed), 0
        shapes = (
            Relation(1, "public", "shop_order", "d", COLUMNS, self.masker),
            Relation(2, "other", "shop_order", "f", COLUMNS[:5], self.masker),
            Relation(3, "public", "person", "d", PERSON, self.masker),
        )
        self._shapes = {shape.oid: shape for shape in shapes}
        self._rows: dict[int, dict[tuple[str | None, ...], Row]] = {oid: {} for oid in self._shapes}

    def grow(self, transactions: int) -> None:
        for _ in range(transactions):
            store(self.source, [self._transaction()])

    def lose(self) -> None:
        if not Gap.objects.filter(source=self.source, closed_at=None).exists():
            declare(self.source, Loss(Gap.Reason.SLOT_GONE, "the replication slot is gone", waits=True))
        withdraw(self.source)
        self.source.refresh_from_db()

    def _transaction(self) -> Transaction:
        self._number += 1
        chance, lsn = self._random.random(), self._number * 1000
        changes = [self._change() for _ in range(self._random.randint(1, 4))]
        kind: Any = "commit"
        if chance < 0.1:
            kind, changes = "baseline", [self._baseline_row() for _ in range(3)]
        elif chance < 0.7:
            changes += self._annotations()
        at = START + timedelta(minutes=self._number)
        return Transaction(lsn, lsn + 100, at, changes, self._number + 700, kind)

    def _annotations(self) -> list[Change]:
        session = f"s{self._random.randint(1, 3)}"
        actor = self._random.choice(("mei", "ada"))
        names = {
            "session_actor_id": actor,
            "session_actor_full_name": f"{actor} Tanaka",
            "session_application_id": "shop",
        }
        url = self._random.choice(("/checkout/", "/orders/7/pay", "/orders/8"))
        action = {"action_url": url, "action_method": self._random.choice(("GET", "post")), "action_version": "1.2"}
        told = [("sess", session, names), ("act", f"a{self._number}", {**action, "action_session_id": session})]
        return [
            row_change(NOTE_TABLE, "I", new={"id": key, "kind": f"_st.app.{kind}", "payload": json.dumps(payload)})
            for kind, key, payload in told[self._random.randint(0, 1) :]
        ]

    def _row(self, shape: Relation, key: str) -> Row:
        choose = self._random.choice
        if shape.oid == 3:
            return {"email": f"{key}@x.y", "lang": choose(("en", "de, at")), "name": choose(NOTES)}
        values: Row = {
            "id": key,
            "status": choose(STATES),
            "total": choose(TOTALS),
            "note": choose(NOTES),
            "made_at": choose(MOMENTS),
            "open": choose(FLAGS),
            "email": choose(EMAILS),
            "secret": "hidden",
            "state": choose(STATES),
            "rank": choose(("7", "8")),
        }
        return {name: values[name] for name in shape.names}

    def _change(self) -> Change:
        shape = self._shapes[self._random.choice((1, 1, 2, 3))]
        rows = self._rows[shape.oid]
        chance = self._random.random()
        if chance < 0.03:
            rows.clear()
            return row_change(shape, self._random.choice(TABLE_KIND))  # type: ignore[arg-type]
        if chance < 0.06 and "status" in shape.names and shape.oid == 1:
            return self._rename(shape)
        if rows and chance < 0.7:
            return self._update(shape, rows) if chance < 0.55 else self._delete(shape, rows)
        return self._insert(shape, "I")

    def _insert(self, shape: Relation, kind: Any) -> Change:
        row = self._row(shape, str(self._random.randint(1, 6)))
        self._rows[shape.oid][_key(shape, row)] = row
        return row_change(shape, kind, new=row)

    def _baseline_row(self) -> Change:
        return self._insert(self._shapes[self._random.choice((1, 2, 3))], "B")

    def _update(self, shape: Relation, rows: dict[tuple[str | None, ...], Row]) -> Change:
        key = self._random.choice(sorted(rows, key=str))
        before = rows.pop(key)
        changed = self._random.sample(shape.names, self._random.randint(0, 3))
        fresh = self._row(shape, str(self._random.randint(1, 6)))
        row = {name: fresh[name] if name in changed else before.get(name) for name in shape.names}
        rows[_key(shape, row)] = row
        unsent = ["note"] if "note" in shape.names and "note" not in changed and self._random.random() < 0.5 else []
        sent = {name: value for name, value in row.items() if name not in unsent}
        return row_change(shape, "U", self._before(shape, before, _key(shape, row) != key), sent, unsent)

    def _delete(self, shape: Relation, rows: dict[tuple[str | None, ...], Row]) -> Change:
        return row_change(shape, "D", self._before(shape, rows.pop(self._random.choice(sorted(rows, key=str))), True))

    def _before(self, shape: Relation, row: Row, has_key: bool) -> Row | None:
        if shape.replica_identity == "f":
            return dict(row)
        return {name: row[name] for name in shape.key} if has_key else None

    def _rename(self, shape: Relation) -> Change:
        """`status` becomes `state`, and a column is added that has a value in every row."""
        columns = [Column("state", "text", False) if one.name == "status" else one for one in shape.columns]
        columns.append(Column("rank", "integer", False))
        self._shapes[1] = Relation(1, shape.schema_name, shape.table_name, "d", tuple(columns), self.masker)
        for row in self._rows[1].values():
            row |= {"state": row.pop("status"), "rank": "7"}
        return row_change(self._shapes[1], "A", old={"state": "status"}, new={"rank": "7"})


def _key(shape: Relation, row: Row) -> tuple[str | None, ...]:
    return tuple(row[name] for name in shape.key)
