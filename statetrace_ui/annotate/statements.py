"""Judges by its text whether an SQL statement writes rows. Imports neither Django nor a database."""

import enum
import re


class Statement(enum.Enum):
    READ = "read"
    WRITE = "write"
    # CALL and DO may commit by themselves, but only outside a transaction block.
    PROCEDURE = "procedure"


_QUOTED = re.compile(
    r"""
      '(?:[^']|'')*'            # literal
    | "(?:[^"]|"")*"            # identifier
    | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$
    | --[^\n]*
    | /\*.*?\*/
    """,
    re.VERBOSE | re.DOTALL,
)
# A verb counts only at the start of a statement or of a CTE's body, or after a CTE; not in FOR UPDATE or DO UPDATE.
_WRITE = re.compile(
    r"""(?:^|[;()])\s*
    (?: INSERT\s+INTO\b | UPDATE\s+\w | DELETE\s+FROM\b | MERGE\s+INTO\b | TRUNCATE\b
      | COPY\s+[\w.\s]+(?:\([^)]*\)\s*)?\bFROM\b )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_PROCEDURE = re.compile(r"(?:^|;)\s*(?:CALL|DO)\b", re.IGNORECASE)
_CHANGES_FOUND_ROWS = re.compile(r"\s*(?:UPDATE|DELETE)\b[^;]*;?\s*$", re.IGNORECASE)
_SAVEPOINT = re.compile(r"\s*(SAVEPOINT|ROLLBACK\s+TO(?:\s+SAVEPOINT)?)\s+(\S+?)\s*;?\s*$", re.IGNORECASE)


def classify(sql: str) -> Statement:
    """Classify a statement, or several with semicolons between them. A SELECT that calls functions counts as a read."""
    if ";" not in sql and sql.lstrip()[:6].upper() == "SELECT":
        return Statement.READ
    bare = _QUOTED.sub(_empty_quotes, sql)
    if _WRITE.search(bare):
        return Statement.WRITE
    return Statement.PROCEDURE if _PROCEDURE.search(bare) else Statement.READ


def changes_found_rows(sql: str) -> bool:
    """Whether it is a single UPDATE or DELETE, for which a row count of 0 means that nothing was written.

    An INSERT may report 0 rows although a trigger wrote them elsewhere, and a CTE reports its last part's count.
    """
    return bool(_CHANGES_FOUND_ROWS.match(sql))


def savepoint(sql: str) -> tuple[str, str] | None:
    """("SAVEPOINT" or "ROLLBACK", name) if the statement creates a savepoint or rolls back to one."""
    match = _SAVEPOINT.match(sql)
    return (match[1].split()[0].upper(), match[2]) if match else None


def _empty_quotes(quoted: re.Match[str]) -> str:
    return " " if quoted[0].startswith(("--", "/*")) else "x"
