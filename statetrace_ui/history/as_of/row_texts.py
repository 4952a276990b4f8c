"""A row as JSON and as SQL, for copying. What is not known in clear is left out, and told. Pure."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from statetrace_ui.history.as_of.folding import Row
from statetrace_ui.history.sql_literals import identifier, untyped
from statetrace_ui.history.values import Excerpt, Value
from statetrace_ui.wal.masking import short_digest

NUMERIC = re.compile(r"(smallint|integer|bigint|numeric|real|double precision|oid)\b(?!.*\[\])")
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
BOOLEANS = {"t": True, "f": False}


@dataclass(frozen=True, slots=True)
class RowText:
    """What is to be written. table: (schema, name); columns: as `Relation.columns` has them; moment: in words."""

    table: tuple[str, str]
    columns: Sequence[Mapping[str, Any]]
    row: Row
    moment: str

    def left_out(self) -> dict[str, str]:
        """{column: why it has no value here}"""
        reasons = {str(column["name"]): _reason(column, self.row) for column in self.columns}
        return {name: reason for name, reason in reasons.items() if reason}

    def values(self) -> dict[str, str | None]:
        """The values that are known in clear and whole."""
        gone = self.left_out()
        names = (str(column["name"]) for column in self.columns if column["name"] not in gone)
        return {name: None if (value := self.row[name].value) is None else str(value) for name in names}


def as_json(text: RowText) -> str:
    """Numbers, booleans and JSON as such, as PostgreSQL's to_jsonb writes them; everything else as text."""
    types = {str(column["name"]): str(column["type"]) for column in text.columns}
    members = ",\n".join(
        f"    {_quoted(name)}: {_json_value(value, types[name])}" for name, value in text.values().items()
    )
    head = {"table": ".".join(text.table), "as_of": text.moment, "left_out": text.left_out()}
    told = ",\n".join(f"  {_quoted(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in head.items())
    return f'{{\n{told},\n  "row": {{\n{members}\n  }}\n}}\n'


def as_sql(text: RowText) -> str:
    """An INSERT of the row, with comments on what is left out."""
    values = text.values()
    table = identifier(*text.table)
    lines = [comment(f"{'.'.join(text.table)} as of {text.moment}")]
    lines += [comment(f"left out: {name} ({reason})") for name, reason in text.left_out().items()]
    if not values:
        return "\n".join([*lines, comment("nothing of the row is known")]) + "\n"
    names = ", ".join(map(identifier, values))
    literals = ", ".join(map(literal, values.values()))
    # Identity columns refuse values otherwise; other tables do not mind.
    return (
        "\n".join([*lines, f"INSERT INTO {table} ({names})", "OVERRIDING SYSTEM VALUE", f"VALUES ({literals});"]) + "\n"
    )


def literal(value: str | None) -> str:
    return "NULL" if value is None else untyped(value)


def comment(text: str) -> str:
    """One line, whatever characters names have: a line break would end the comment."""
    return "-- " + "".join(character if character.isprintable() else "?" for character in text)


def _reason(column: Mapping[str, Any], row: Row) -> str:
    field = row.get(column["name"])
    if column.get("rule") == "exclude":
        return "not captured: a column rule excludes it"
    if field is None:
        return "not known: it was not sent"
    if field.erased:
        return "erased"
    if field.value is not None and (column.get("rule") == "mask" or short_digest(field.value)):
        return "masked"
    return _incomplete(field.value)


def _incomplete(value: Value) -> str:
    if not isinstance(value, Excerpt):
        return ""
    return f"cut by capture: {value.cut_from:,} bytes in all" if value.cut_from else "too long to be copied"


def _json_value(value: str | None, column_type: str) -> str:
    if value is None:
        return "null"
    if NUMERIC.match(column_type) and NUMBER.fullmatch(value):
        return value
    if column_type == "boolean" and value in BOOLEANS:
        return json.dumps(BOOLEANS[value])
    if column_type in ("json", "jsonb") and _is_json(value):
        return value
    return _quoted(value)


def _is_json(value: str) -> bool:
    try:
        json.loads(value)
    except (ValueError, RecursionError):
        return False
    return True


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
