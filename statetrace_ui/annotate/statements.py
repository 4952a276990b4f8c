"""Whether an SQL statement writes rows, told by its text. Imports neither Django nor a database."""

import enum
import re


class Statement(enum.Enum):
    READ = "read"
    WRITE = "write"
    # CALL and DO may commit by themselves, which they can do only outside a transaction block.
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
# A verb counts where a statement or a CTE's body begins, or after a CTE: so FOR UPDATE and DO UPDATE do not.
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
    """What the statement (or the several, divided by semicolons) does. A SELECT of functions counts as a read."""
    if ";" not in sql and sql.lstrip()[:6].upper() == "SELECT":
        return Statement.READ
    bare = _QUOTED.sub(_without_content, sql)
    if _WRITE.search(bare):
        return Statement.WRITE
    return Statement.PROCEDURE if _PROCEDURE.search(bare) else Statement.READ


def changes_found_rows(sql: str) -> bool:
    """Whether it is a single UPDATE or DELETE, which has written nothing where it found no rows.

    An INSERT may report none although a trigger has put its rows elsewhere, and a CTE reports its last part's.
    """
    return bool(_CHANGES_FOUND_ROWS.match(sql))


def savepoint(sql: str) -> tuple[str, str] | None:
    """("SAVEPOINT" or "ROLLBACK", name) if the statement makes a savepoint or rolls back to one."""
    found = _SAVEPOINT.match(sql)
    return (found[1].split()[0].upper(), found[2]) if found else None


def _without_content(quoted: re.Match[str]) -> str:
    return " " if quoted[0].startswith(("--", "/*")) else "x"
