"""Cuts the values of rows that are too large for PostgreSQL to store as JSON. Pure."""

import hashlib

from statetrace_ui.wal.records import Row

# jsonb holds at most 268 MB, and one line of COPY 1 GB, including escapes. PostgreSQL would refuse a larger row each
# time it is sent, and capture would never get past it.
MOST_CHARACTERS = 20_000_000


def limit_row(row: Row) -> Row:
    """The row itself, or a copy with its long values cut and marked as cut. Different values stay different."""
    if sum(map(len, filter(None, row.values()))) <= MOST_CHARACTERS:
        return row
    most = MOST_CHARACTERS // len(row)
    return {name: value if value is None or len(value) <= most else _cut(value, most) for name, value in row.items()}


def _cut(value: str, most: int) -> str:
    digest = hashlib.sha256(value.encode()).hexdigest()
    return f"{value[:most]}… (cut by capture: {len(value):,} characters, SHA-256 {digest})"
