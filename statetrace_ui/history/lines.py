"""Changes as lines of COPY, exactly as PostgreSQL writes them back: what is stored can be compared byte by byte. Pure.

Arrays of texts are written as array_out writes them, JSON as jsonb_out, and lines as COPY TO writes them.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from statetrace_ui.wal.records import Change, Relation, Row

COLUMNS = (
    "id",
    "source_id",
    "transaction_id",
    "relation_id",
    "table_id",
    "kind",
    "baseline",
    "record_key",
    "old_record_key",
    "old",
    "new",
    "old_absent",
    "new_absent",
    "cut",
)
COPY_CHANGES = f"COPY history_change ({', '.join(COLUMNS)}) FROM STDIN"

NULL = r"\N"
# What COPY escapes, and what makes array_out quote a text.
SPECIAL = re.compile("[\b\t\n\v\f\r\\\\]")
ESCAPES = str.maketrans({"\b": r"\b", "\t": r"\t", "\n": r"\n", "\v": r"\v", "\f": r"\f", "\r": r"\r", "\\": r"\\"})
QUOTED = re.compile('[ \t\n\v\f\r"\\\\{},]')
IN_QUOTES = str.maketrans({'"': r"\"", "\\": r"\\"})


def change_line(head: str, relation_id: int | str, table_id: int | str, change: Change) -> str:
    """A line of COPY_CHANGES with its end. head: id, source and transaction with a tab after each.

    relation_id, table_id: NULL of what has no table.
    """
    old, old_absent = row_fields(change.relation, change.old)
    new, new_absent = row_fields(change.relation, change.new)
    baseline = "t" if change.kind == "B" else "f"
    cut = escaped(jsonb_text(change.cut)) if change.cut else NULL
    return (
        f"{head}{relation_id}\t{table_id}\t{change.kind}\t{baseline}\t{escaped(change.record_key)}\t"
        f"{escaped(change.old_record_key)}\t{old}\t{new}\t{old_absent}\t{new_absent}\t{cut}\n"
    )


def row_fields(relation: Relation, row: Row | None) -> tuple[str, str]:
    """The row and its absent places, as fields of a line."""
    if row is None:
        return NULL, NULL
    names = relation.names
    if len(row) == len(names):  # which are then the same
        return escaped(array_text(map(row.__getitem__, names))), NULL
    places = [n for n, name in enumerate(names, 1) if name not in row and name not in relation.excluded]
    absent = f"{{{','.join(map(str, places))}}}" if places else NULL
    return escaped(array_text(map(row.get, names))), absent


def array_text(values: Iterable[str | None]) -> str:
    return f"{{{','.join(map(_element, values))}}}"


def _element(value: str | None) -> str:
    if value is None:
        return "NULL"
    if not value or QUOTED.search(value) or (len(value) == 4 and value.lower() == "null"):
        return f'"{value.translate(IN_QUOTES)}"' if '"' in value or "\\" in value else f'"{value}"'
    return value


def escaped(text: str) -> str:
    """A text as a field of a line."""
    return text.translate(ESCAPES) if SPECIAL.search(text) else text


def jsonb_text(value: Any) -> str:
    """JSON as PostgreSQL writes jsonb: keys in order of their lengths, then of their bytes."""
    return json.dumps(_in_order(value), ensure_ascii=False)


def _in_order(value: Any) -> Any:
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return {key: _in_order(value[key]) for key in keys}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_in_order(part) for part in value]
    return value
