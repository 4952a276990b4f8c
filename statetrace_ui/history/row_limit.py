"""Rows too large for PostgreSQL to keep as JSON, cut to what it keeps. Pure."""

import hashlib

from statetrace_ui.wal.records import Row

# jsonb holds at most 268 MB, and one line of COPY 1 GB with everything escaped: a row beyond that would be refused
# every time it is sent, and capture would stand still.
MOST_CHARACTERS = 20_000_000


def limited(row: Row) -> Row:
    """The row itself, or one whose long values end early and say so; values that differ still differ."""
    if sum(map(len, filter(None, row.values()))) <= MOST_CHARACTERS:
        return row
    most = MOST_CHARACTERS // len(row)
    return {name: value if value is None or len(value) <= most else _cut(value, most) for name, value in row.items()}


def _cut(value: str, most: int) -> str:
    digest = hashlib.sha256(value.encode()).hexdigest()
    return f"{value[:most]}… (cut by capture: {len(value):,} characters, SHA-256 {digest})"
