"""Runs one statement that somebody wrote on a replica, within limits.

It becomes a part of a statement of ours, `SELECT … FROM (it) LIMIT n`, sent by the extended protocol. So it can be
nothing but one query: other statements, several of them, COPY, SET and WITH that writes are errors there. Around each
value stands `left(value::text, …)`, so that no row is larger than what we are ready to take.
"""

import re
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from threading import Lock

import psycopg
from psycopg import errors, generators, pq
from psycopg.postgres import types
from psycopg.pq.abc import PGresult

from replica.databases.models import Replica
from replica.library.connection import TimedConnection, reading_connection
from replica.library.limits import LONGEST_VALUE, MOST_COLUMNS, Limits
from replica.schema.stand_ins import StandIns, shape_statement, stand_ins, standing_in
from statetrace_ui.addresses import BadAddress
from statetrace_ui.web.errors import UserError

NUMBERS = {types[name].oid for name in ("int2", "int4", "int8", "float4", "float8", "numeric", "oid")}
COMMENTS = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)+", re.DOTALL)
QUERIES = re.compile(r"(?:select|with|values|table)\b|\(", re.IGNORECASE)
AT_ONCE = 2  # statements of an organisation, in each web process
_running: Counter[int] = Counter()
_lock = Lock()


class SqlProblem(UserError):
    """The statement cannot be run, or was ended. line: where in it, from 1; None where that is not known."""

    def __init__(self, problem: str, advice: str = "", line: int | None = None) -> None:
        super().__init__(problem, advice)
        self.line = line


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: str
    is_number: bool


@dataclass(frozen=True)
class Result:
    """What a statement gave. Values are PostgreSQL's texts, None for NULL.

    more: there are more rows than these. cut: how many values were longer than LONGEST_VALUE characters.
    """

    columns: list[Column]
    rows: list[tuple[str | None, ...]] = field(default_factory=list)
    more: bool = False
    cut: int = 0
    seconds: float = 0.0

    @property
    def milliseconds(self) -> float:
        return self.seconds * 1000

    @property
    def shown(self) -> Iterator[list[tuple[str | None, bool]]]:
        """The rows as a table shows them: each value, and whether it is a number."""
        numbers = [column.is_number for column in self.columns]
        return (list(zip(row, numbers, strict=True)) for row in self.rows)


def run(replica: Replica, statement: str, limits: Limits, token: str = "", with_stand_ins: bool = False) -> Result:
    """The statement's rows, up to the limits. Raises UserError, which says what is wrong with it or what ended it.

    with_stand_ins: tables that the replica lacks count as empty, as on other pages; for statements of ours.
    """
    text = _checked(statement)
    began = time.monotonic()
    with (
        _share(replica.organisation_id),
        _explained(text),
        reading_connection(replica, limits.seconds, token or secrets.token_hex(8)) as connection,
    ):
        missing: StandIns = {}
        if with_stand_ins:
            missing = stand_ins(connection.execute(shape_statement().encode()).fetchall())
        else:
            # A text that is a statement by itself cannot end our parentheses and go on behind them.
            _prepare(connection, "alone", text)
        columns = _described(connection, standing_in(f"SELECT * FROM (\n{text}\n) AS q", missing))  # noqa: S608
        wanted = standing_in(_limited(text, len(columns), limits.rows + 1), missing)
        rows, more = _fetched(connection, wanted, limits)
    cut = sum(len(value) > LONGEST_VALUE for row in rows for value in row if value is not None)
    return Result(columns, [tuple(map(_shortened, row)) for row in rows], more, cut, time.monotonic() - began)


def _checked(statement: str) -> str:
    """The statement without its semicolon. What is no query gets a plainer word than the server's."""
    text = statement.strip().rstrip(";").rstrip()
    leading = COMMENTS.match(text)
    if not QUERIES.match(text, leading.end() if leading else 0):
        raise SqlProblem("Only a query can be run here: one that begins with SELECT, WITH, VALUES or TABLE.")
    return text


def _described(connection: TimedConnection, statement: str) -> list[Column]:
    """The columns of a statement, which is not run."""
    _prepare(connection, "described", statement)
    connection.pgconn.send_describe_prepared(b"described")
    result = _answer(connection)
    if result.nfields > MOST_COLUMNS:
        raise SqlProblem(f"The query has {result.nfields} columns; {MOST_COLUMNS} are the most that are shown.")
    return [_column(connection, result, number) for number in range(result.nfields)]


def _column(connection: TimedConnection, result: PGresult, number: int) -> Column:
    known = connection.adapters.types.get(result.ftype(number))
    name = (result.fname(number) or b"").decode(errors="replace")
    return Column(name, known.name if known else "text", result.ftype(number) in NUMBERS)


def _prepare(connection: TimedConnection, name: str, statement: str) -> None:
    """Have the server parse one statement, by the extended protocol, which takes no more than one."""
    connection.pgconn.send_prepare(name.encode(), statement.encode())
    _answer(connection)


def _answer(connection: TimedConnection) -> PGresult:
    """What the server says to the last thing that was sent. Raises psycopg.Error."""
    [result] = connection.wait(generators.execute(connection.pgconn))
    if result.status != pq.ExecStatus.COMMAND_OK:
        raise errors.error_from_result(result)
    return result  # type: ignore[no-any-return]


def _limited(text: str, columns: int, rows: int) -> str:
    names = [f"c{number}" for number in range(columns)]
    values = ", ".join(f"pg_catalog.left({name}::pg_catalog.text, {LONGEST_VALUE + 1})" for name in names)
    aliases = f"q ({', '.join(names)})" if names else "q"
    return f"SELECT {values} FROM (\n{text}\n) AS {aliases} LIMIT {rows}"  # noqa: S608


def _fetched(connection: TimedConnection, statement: str, limits: Limits) -> tuple[list[tuple[str | None, ...]], bool]:
    """The rows, and whether there are more; `stream` takes them one by one, by the extended protocol."""
    rows: list[tuple[str | None, ...]] = []
    left = limits.bytes
    with connection.cursor() as cursor, closing(cursor.stream(statement.encode())) as found:  # type: ignore[type-var]
        for row in found:
            left -= sum(len(value) for value in row if value is not None)
            if len(rows) == limits.rows or left < 0:
                return rows, True
            rows.append(row)
    return rows, False


def _shortened(value: str | None) -> str | None:
    return value if value is None or len(value) <= LONGEST_VALUE else value[:LONGEST_VALUE] + "…"


@contextmanager
def _share(organisation: int) -> Iterator[None]:
    """One of the few statements that an organisation may run at the same time: each holds a thread."""
    with _lock:
        if _running[organisation] >= AT_ONCE:
            raise UserError(
                f"{AT_ONCE} SQL queries of your organisation are running.",
                "Wait until one of them is done, or cancel it.",
                status=503,
            )
        _running[organisation] += 1
    try:
        yield
    finally:
        with _lock:
            _running[organisation] -= 1


@contextmanager
def _explained(text: str) -> Iterator[None]:
    """Say what the server or the deadline said, in words for whoever wrote the statement."""
    try:
        yield
    except errors.QueryCanceled as error:
        raise _cancelled() if "user request" in str(error) else _late() from None
    except errors.ReadOnlySqlTransaction:
        raise SqlProblem("The query would write. Replicas are only read here.") from None
    except errors.AdminShutdown:
        raise _cancelled() from None
    except psycopg.OperationalError as error:
        if error.sqlstate:
            raise _problem(error, text) from None
        raise _ended(str(error)) from error
    except BadAddress as error:
        raise _unreachable() from error
    except psycopg.Error as error:
        raise _problem(error, text) from None


def _ended(told: str) -> UserError:
    """What a lost connection means, by what the driver says of it."""
    if "administrator command" in told:
        return _cancelled()
    return _late() if "in time" in told else _unreachable()


def _cancelled() -> SqlProblem:
    return SqlProblem("The query was cancelled.")


def _late() -> SqlProblem:
    return SqlProblem("The query took too long, and was ended.", "Ask for fewer sessions, or a shorter range.")


def _unreachable() -> UserError:
    return UserError("The replica did not answer.", "Try again in a minute.", status=503)


def _problem(error: psycopg.Error, text: str) -> SqlProblem:
    told = error.diag
    position = int(told.statement_position or 0)
    line = text[: position - 1].count("\n") + 1 if 0 < position <= len(text) else None
    advice = told.message_hint or told.message_detail or ""
    return SqlProblem(told.message_primary or "The query failed.", advice, line)
