"""A shop whose tables refer to each other: orders to customers, lines to orders and products."""

from typing import Any

from statetrace_ui.history.models import Change, Relation, Source, Table
from tests.statetrace_ui.history.rows import make_change, make_relation, make_transaction


def column(name: str, written: str = "bigint", *, key: bool = False, rule: str = "") -> dict[str, Any]:
    return {"name": name, "type": written, "key": key} | ({"rule": rule} if rule else {})


ID = column("id", key=True)
CUSTOMER = [ID, column("name", "text")]
ORDER = [ID, column("number", "text"), column("customer", "bigint"), column("status", "text")]
LINE = [ID, column("order_id"), column("quantity", "integer")]


def refers(relation: Relation, *keys: tuple[list[str], str, list[str]]) -> None:
    """The table of the relation has these foreign keys: (columns, table, its columns)."""
    relation.table.foreign_keys = [
        {"columns": columns, "table": ["public", table], "to": to} for columns, table, to in keys
    ]
    relation.table.save()


class Shop:
    """One of a source. Each change is a transaction."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.customers = make_relation(source, "customer", oid=1, columns=CUSTOMER)
        self.orders = make_relation(source, "orders", oid=2, columns=ORDER)
        self.lines = make_relation(source, "line", oid=3, columns=LINE)
        refers(self.orders, (["customer"], "customer", ["id"]))
        refers(self.lines, (["order_id"], "orders", ["id"]))

    def customer(self, key: str = "5", kind: str = "I", name: str | None = "Ada") -> Change:
        return self.change(self.customers, kind, key, name=name)

    def order(self, key: str = "7", kind: str = "I", **values: str | None) -> Change:
        return self.change(self.orders, kind, key, **{"number": "N7", "customer": "5", "status": "new", **values})

    def line(self, key: str, kind: str = "I", **values: str | None) -> Change:
        return self.change(self.lines, kind, key, **{"order_id": "7", "quantity": "1", **values})

    def change(self, relation: Relation, kind: str, key: str, **values: str | None) -> Change:
        row: dict[str, Any] = {"old": {"id": key}} if kind == "D" else {"new": {"id": key, **values}}
        if kind in "TSE":
            row = {"record_key": ""}
        return make_change(make_transaction(self.source), relation, kind, key, **row)

    def rename(self, relation: Relation, before: str, now: str) -> Relation:
        """A column gets another name; the shape from now on."""
        columns = [{**one, "name": now if one["name"] == before else one["name"]} for one in relation.columns]
        after = make_relation(self.source, relation.table_name, oid=relation.oid, columns=columns)
        make_change(make_transaction(self.source, kind="resync"), after, "A", record_key="", old={now: before})
        return after


def table(relation: Relation) -> Table:
    return Table.objects.get(pk=relation.table_id)
