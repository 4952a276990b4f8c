"""Judges by its text whether an SQL statement writes rows. Imports neither Django nor a database."""

import enum
import re
from functools import lru_cache

# An application repeats its statements; those that carry very much are seldom the same.
LONGEST_REMEMBERED = 2_000


class Statement(enum.Enum):
    READ = "read"
    WRITE = "write"
    # CALL and DO may commit by themselves, but only outside a transaction block.
    PROCEDURE = "procedure"


_QUOTED = re.compile(
    r"""
      (?<![\w$])[eE]'(?:[^'\\]|\\.|'')*'  # literal with backslash escapes
    | '(?:[^']|'')*'                      # literal
    | "(?:[^"]|"")*"                      # identifier
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
_PROCEDURE = re.compile(r"\s*(?:CALL|DO)\b", re.IGNORECASE)
# What EXPLAIN shows is executed only with ANALYZE, whose value is true if it has none.
_EXPLAIN = re.compile(r"\s*EXPLAIN\s+(?P<options>\([^)]*\)|(?:(?:ANALYZE|ANALYSE|VERBOSE)\s+)*)", re.IGNORECASE)
_ANALYZE = re.compile(r"\bANALY[SZ]E\b(?!\s+(?:FALSE|OFF|0|x)\b)", re.IGNORECASE)
_IDENTIFIER = r'("(?:[^"]|"")*"|[^\s(;]+)'
_PREPARE = re.compile(rf"\s*PREPARE\s+{_IDENTIFIER}\s*(?:\(.*?\)\s*)?\bAS\b", re.IGNORECASE | re.DOTALL)
_EXECUTE = re.compile(rf"\s*EXECUTE\s+{_IDENTIFIER}", re.IGNORECASE)
_CHANGES_FOUND_ROWS = re.compile(r"\s*(?:UPDATE|DELETE)\b[^;]*;?\s*$", re.IGNORECASE)
_SKIPS_CONFLICTS = re.compile(r"\s*INSERT\b[^;]*\bON\s+CONFLICT\b[^;]*\bDO\s+NOTHING\b[^;]*;?\s*$", re.IGNORECASE)
_SAVEPOINT = re.compile(r"\s*(SAVEPOINT|ROLLBACK\s+TO(?:\s+SAVEPOINT)?)\s+(\S+?)\s*;?\s*$", re.IGNORECASE)


def classify(sql: str) -> Statement:
    """Classify a statement, or several with semicolons between them. A SELECT that calls functions counts as a read.

    What a PREPARE prepares is not executed by it. An EXECUTE counts as a write, since its text does not tell;
    `prepared` and `executed` lead from one to the other.
    """
    if ";" not in sql and sql.lstrip()[:6].upper() == "SELECT":
        return Statement.READ
    return _remembered(sql) if len(sql) <= LONGEST_REMEMBERED else _classify(sql)


def _classify(sql: str) -> Statement:
    kinds = {_classify_one(part) for part in _without_quotes(sql).split(";")}
    return next(kind for kind in (Statement.WRITE, Statement.PROCEDURE, Statement.READ) if kind in kinds)


_remembered = lru_cache(maxsize=500)(_classify)


def _classify_one(bare: str) -> Statement:
    if explain := _EXPLAIN.match(bare):
        if not _ANALYZE.search(explain["options"]):
            return Statement.READ
        bare = bare[explain.end() :]
    if _PREPARE.match(bare):
        return Statement.READ
    if _WRITE.search(bare) or _EXECUTE.match(bare):
        return Statement.WRITE
    return Statement.PROCEDURE if _PROCEDURE.match(bare) else Statement.READ


def prepared(sql: str) -> tuple[str, str] | None:
    """(name, statement) if it is a PREPARE of one."""
    match = _PREPARE.match(sql)
    return (_name(match[1]), sql[match.end() :].lstrip()) if match else None


def executed(sql: str) -> str | None:
    """The name of the prepared statement that it executes, if it is an EXECUTE."""
    match = _EXECUTE.match(sql)
    return _name(match[1]) if match else None


def changes_found_rows(sql: str) -> bool:
    """Whether it is a single statement for which a row count of 0 means that nothing was written.

    An UPDATE or DELETE, or an INSERT that skips conflicts. Another INSERT may report 0 rows although a trigger wrote
    them elsewhere, and a CTE reports its last part's count.
    """
    if _CHANGES_FOUND_ROWS.match(sql):
        return True
    return bool(_SKIPS_CONFLICTS.match(_without_quotes(sql)))


def savepoint(sql: str) -> tuple[str, str] | None:
    """("SAVEPOINT" or "ROLLBACK", name) if the statement creates a savepoint or rolls back to one."""
    match = _SAVEPOINT.match(sql)
    return (match[1].split()[0].upper(), match[2]) if match else None


def _without_quotes(sql: str) -> str:
    return _QUOTED.sub(_empty_quotes, sql)


def _empty_quotes(quoted: re.Match[str]) -> str:
    return " " if quoted[0].startswith(("--", "/*")) else "x"


def _name(text: str) -> str:
    """An identifier as PostgreSQL reads it: in lower case unless it is quoted."""
    return text[1:-1].replace('""', '"') if text.startswith('"') else text.lower()
