"""The way of an annotation to capture: a row of the table or a message, and in one batch with COMMIT if it can be."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from statetrace_ui.annotate import conf
from statetrace_ui.annotate.annotation import SESSION, Annotation, Statement, as_message, as_row

TABLE = "CREATE TABLE IF NOT EXISTS statetrace_annotations (id text PRIMARY KEY, kind text, meta json, payload json)"


def write(connection: BaseDatabaseWrapper, said: Annotation) -> None:
    """Write it in the connection's current transaction."""
    _execute(connection, [_statement(said)])


def write_and_commit(connection: BaseDatabaseWrapper, said: Sequence[Annotation], commit: Callable[[], None]) -> None:
    """Write them in the open transaction, as the last that it does, and commit it by `commit`.

    With psycopg 3 all is one query of several statements, and one answer awaited; its pipeline mode would do the same
    with twice the work. The server skips what follows a statement that fails, so nothing is committed without its
    annotation, and nothing annotated that is not committed. After any exception the transaction is over, or must be
    rolled back.
    """
    statements = [_statement(one) for one in said]
    if _is_batched(connection.connection):
        _execute(connection, [("; ".join([*_composed(connection, statements), "COMMIT"]), None)])
    else:
        _execute(connection, statements)
    commit()  # after a batch it sends nothing any more: the driver knows that no transaction is open


def table_exists(connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('statetrace_annotations') IS NOT NULL")
        return bool(cursor.fetchone()[0])


def make_table(connection: BaseDatabaseWrapper) -> None:
    """Also where it was made by hand before this app was installed."""
    with connection.cursor() as cursor:
        cursor.execute(TABLE)


def _statement(said: Annotation) -> Statement:
    """A session may be announced by several requests at once: its row is there once, its messages say the same."""
    return as_message(said) if conf.by_message() else as_row(said, unless_known=said.kind == SESSION)


def _execute(connection: BaseDatabaseWrapper, statements: Iterable[tuple[str, Sequence[str] | None]]) -> None:
    with connection.cursor() as cursor:
        for sql, parameters in statements:
            cursor.execute(sql, parameters)


def _composed(connection: BaseDatabaseWrapper, statements: Iterable[Statement]) -> list[str]:
    """The statements with their parameters in them, as a query of several must have them."""
    from psycopg import ClientCursor

    cursor = ClientCursor(connection.connection)
    return [cursor.mogrify(*statement) for statement in statements]


def _is_batched(driver: Any) -> bool:
    """Not with psycopg 2, nor in the application's own pipeline; nor where the transaction has failed or is over.

    Nor within the driver's own `transaction()` or two-phase commit, where its `commit` refuses to do anything.
    """
    if not hasattr(driver, "pipeline") or getattr(driver, "_num_transactions", False) or getattr(driver, "_tpc", False):
        return False
    from psycopg.pq import PipelineStatus, TransactionStatus

    info = driver.info
    return bool(info.transaction_status == TransactionStatus.INTRANS and info.pipeline_status == PipelineStatus.OFF)
