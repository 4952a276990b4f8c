"""The sample's audited side: transactions of the lamp shop, as its replication stream would have sent them. Pure."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from statetrace_ui.start.sample.story import CUSTOMERS, LAMPS, Run
from statetrace_ui.wal.records import Change, Column, Relation, Row, Transaction, row_change

FIRST_LSN = 0x1000000
LONG_BEFORE = timedelta(days=1)
STOCK = 40  # of each lamp


def _table(oid: int, table_name: str, /, **columns: str) -> Relation:
    listed = tuple(Column(column, kind, column == "id") for column, kind in columns.items())
    return Relation(oid, "public", table_name, "f", listed)


CUSTOMER = _table(1, "customer", id="bigint", name="text", email="text")
LAMP = _table(2, "lamp", id="bigint", name="text", price="numeric(8,2)", on_hand="integer")
ORDER = _table(
    3, "lamp_order", id="bigint", customer_id="bigint", lamp_id="bigint", status="text", total="numeric(8,2)"
)
PAYMENT = _table(4, "payment", id="bigint", order_id="bigint", amount="numeric(8,2)", reason="text")
ANNOTATIONS = _table(5, "statetrace_annotations", id="text", kind="text", meta="json", payload="json")
# Foreign keys by table: {column: the table whose id it has}.
REFERENCES = {"lamp_order": {"customer_id": "customer", "lamp_id": "lamp"}, "payment": {"order_id": "lamp_order"}}


class _Log:
    """Numbers transactions and annotations as they come."""

    def __init__(self, own_id: UUID) -> None:
        self._own_id = own_id
        self._lsn = FIRST_LSN
        self._annotations = 0
        self._announced = set[UUID]()

    def commit(self, at: datetime, *changes: Change) -> Transaction:
        self._lsn += 0x100
        return Transaction(self._lsn, self._lsn + 0x30, at, list(changes), xid=self._lsn >> 8)

    def annotate(self, session: UUID, actor: tuple[str, str, str], url: str, length_ms: float) -> Iterator[Change]:
        """The action, and before a session's first one the session. actor: id, name, e-mail."""
        if session not in self._announced:
            self._announced.add(session)
            names = ("session_actor_id", "session_actor_full_name", "session_actor_email")
            who = dict(zip(names, actor, strict=True))
            yield self._annotation(session, "_st.app.sess", {**who, "session_application_id": "lamp shop (sample)"})
        action = {"action_session_id": str(session), "action_url": url, "action_method": "POST"}
        self._annotations += 1
        own = uuid5(self._own_id, f"action {self._annotations}")
        yield self._annotation(
            own, "_st.app.act", {**action, "action_version": "sample", "action_length_ms": length_ms}
        )

    def _annotation(self, own: UUID, kind: str, payload: dict[str, object]) -> Change:
        row: Row = {"id": str(own), "kind": kind, "meta": "{}", "payload": json.dumps(payload)}
        return row_change(ANNOTATIONS, "I", new=row)


def baseline(now: datetime) -> Transaction:
    """What the tables held before the first run."""
    tables = {
        CUSTOMER: _customers(),
        LAMP: [_lamp(number, STOCK) for number in range(len(LAMPS))],
        ORDER: [],
        PAYMENT: [],
    }
    changes = [
        change
        for table, rows in tables.items()
        for change in (row_change(table, "S"), *(row_change(table, "B", new=row) for row in rows))
    ]
    return Transaction(FIRST_LSN, FIRST_LSN + 1, now - LONG_BEFORE, changes, kind="baseline")


def transactions(own_id: UUID, runs: Sequence[Run]) -> Iterator[Transaction]:
    """The purchases, and what happened to two of them: a refund as it should be, and one that bypassed the shop."""
    log = _Log(own_id)
    for run in runs:
        yield from _purchase(log, run)
        if run.number == 3:
            yield _refund(log, run)
        if run.number == 6:
            yield _wrong_refund(log, run)


def _purchase(log: _Log, run: Run) -> Iterator[Transaction]:
    name, login = CUSTOMERS[run.customer]
    actor = (str(run.customer + 1), name, f"{login}@example.com")
    added = log.annotate(run.session, actor, f"/cart/add/{run.lamp + 1}/", 38.5)
    left = STOCK - (run.number - 1) // len(LAMPS)  # runs take the lamps in turn
    sold = row_change(LAMP, "U", old=_lamp(run.lamp, left), new=_lamp(run.lamp, left - 1))
    yield log.commit(run.at(2), sold, *added)
    paid = log.annotate(run.session, actor, "/checkout/", 121.0)
    order = row_change(ORDER, "I", new=_order(run, "paid"))
    yield log.commit(run.at(3), order, row_change(PAYMENT, "I", new=_payment(run, run.number, "")), *paid)


def _refund(log: _Log, run: Run) -> Transaction:
    """By staff, in the shop: order and payment belong together, and somebody is named."""
    staff = ("90", "Ada Sample (staff)", "ada@example.com")
    action = log.annotate(uuid5(run.session, "staff"), staff, f"/staff/orders/{run.number}/refund/", 64.0)
    refunded = row_change(ORDER, "U", old=_order(run, "paid"), new=_order(run, "refunded"))
    back = row_change(PAYMENT, "I", new=_payment(run, 100 + run.number, "damaged", sign="-"))
    return log.commit(run.at(3) + timedelta(minutes=3), refunded, back, *action)


def _wrong_refund(log: _Log, run: Run) -> Transaction:
    """By bare SQL: the order says refunded, no payment went back, and nobody is named."""
    refunded = row_change(ORDER, "U", old=_order(run, "paid"), new=_order(run, "refunded"))
    return log.commit(run.at(3) + timedelta(minutes=4), refunded)


def _customers() -> list[Row]:
    return [
        {"id": str(number), "name": name, "email": f"{login}@example.com"}
        for number, (name, login) in enumerate(CUSTOMERS, start=1)
    ]


def _lamp(number: int, on_hand: int) -> Row:
    name, price = LAMPS[number]
    return {"id": str(number + 1), "name": name, "price": price, "on_hand": str(on_hand)}


def _order(run: Run, status: str) -> Row:
    ids: Row = {"id": str(run.number), "customer_id": str(run.customer + 1), "lamp_id": str(run.lamp + 1)}
    return {**ids, "status": status, "total": LAMPS[run.lamp][1]}


def _payment(run: Run, own: int, reason: str, sign: str = "") -> Row:
    return {"id": str(own), "order_id": str(run.number), "amount": f"{sign}{LAMPS[run.lamp][1]}", "reason": reason}
