"""How much a statement may take and give, held on our side: a role can change what its server holds it to."""

from dataclasses import dataclass

MOST_COLUMNS = 200
LONGEST_VALUE = 10_000  # characters; a longer value is cut by the server, before it is sent


@dataclass(frozen=True)
class Limits:
    seconds: float
    rows: int
    bytes: int


PAGE = Limits(seconds=30, rows=1_000, bytes=4 << 20)
FILE = Limits(seconds=30, rows=100_000, bytes=32 << 20)
