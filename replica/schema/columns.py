"""How a table and its columns are described, and the short names of their types."""

from dataclasses import dataclass

_LONG_TYPES = {
    "character varying": "varchar",
    "character": "char",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
}


@dataclass(frozen=True, slots=True)
class Column:
    """unit: what numbers and times count; '' where that makes no sense or stands in the row. required: NOT NULL."""

    name: str
    type: str
    meaning: str
    unit: str = ""
    required: bool = False

    @property
    def comment(self) -> str:
        """The text of COMMENT ON COLUMN."""
        return f"{self.meaning} In {self.unit}." if self.unit else self.meaning


@dataclass(frozen=True, slots=True)
class Table:
    """table_type: as the document calls it. key: what tells its rows apart."""

    name: str
    table_type: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def comment(self) -> str:
        """The text of COMMENT ON TABLE."""
        return f"{self.table_type}: {self.meaning}"


def short_type(type_: str) -> str:
    """The short name of a type that PostgreSQL's `format_type` wrote: `character varying(36)` is `varchar(36)`."""
    name, bracket, rest = type_.partition("(")
    return _LONG_TYPES.get(name, name) + bracket + rest
