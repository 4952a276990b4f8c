"""Foreign keys as they are stored with tables. Pure."""

from typing import Any, NamedTuple


class ForeignKey(NamedTuple):
    """Columns of a table that hold what the columns `to` of another one hold, in this order."""

    columns: tuple[str, ...]
    schema_name: str
    table_name: str
    to: tuple[str, ...]

    @property
    def table(self) -> tuple[str, str]:
        """(schema, name) of the table that is referred to."""
        return self.schema_name, self.table_name

    def as_json(self) -> dict[str, Any]:
        return {"columns": list(self.columns), "table": list(self.table), "to": list(self.to)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "ForeignKey":
        schema, table = data["table"]
        return cls(tuple(data["columns"]), schema, table, tuple(data["to"]))
