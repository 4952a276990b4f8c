"""Writes an action's annotation into each transaction that writes, as the last it does, together with COMMIT.

Django has no hook before a commit. So a watcher per database connection replaces the connection's own `commit` and
`rollback`, and sees every statement as an execute wrapper. It writes last for two reasons: the length of the action is
known then, and rolling back a savepoint cannot remove the annotation.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import partial
from typing import Any

from django.db import DEFAULT_DB_ALIAS, Error, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from statetrace_ui.annotate import conf, transport
from statetrace_ui.annotate.annotation import Annotation
from statetrace_ui.annotate.context import Action, Session, announcement, current_action, use
from statetrace_ui.annotate.statements import (
    Statement,
    changes_found_rows,
    classify,
    executed,
    prepared,
    savepoint,
)


def watch(connection: BaseDatabaseWrapper, **_: object) -> None:
    """Receiver of `connection_created`: watch the connection if its database is to be annotated."""
    for wrapper in connection.execute_wrappers:
        if isinstance(wrapper, Watcher):
            # A new connection under the same alias: the old one's transaction and prepared statements are gone.
            wrapper.forget()
            wrapper.prepared.clear()
            return
    if connection.vendor == "postgresql" and connection.alias in conf.databases():
        Watcher(connection)


def announce_write(using: str = DEFAULT_DB_ALIAS) -> None:
    """Say that the open transaction writes, where its statements do not tell: `SELECT f()` of a function that does.

    The current action then annotates it. Raises TransactionManagementError outside a transaction, where there is
    nothing that an annotation could share.
    """
    connection = connections[using]
    if connection.get_autocommit():
        raise transaction.TransactionManagementError("announce_write() needs a transaction: call it inside atomic().")
    for watcher in connection.execute_wrappers:
        if isinstance(watcher, Watcher):
            watcher.writer = watcher.writer or current_action()


class Watcher:
    """Remembers which action has written in the open transaction of one connection."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.prepared: dict[str, str] = {}  # name → statement of each PREPARE that was seen
        self.forget()
        self._commit, self._rollback = connection.commit, connection.rollback
        self._prepare_cursor = connection._prepare_cursor  # type: ignore[attr-defined]
        connection.commit = self.commit  # type: ignore[method-assign]
        connection.rollback = self.rollback  # type: ignore[method-assign]
        connection._prepare_cursor = self.prepare_cursor  # type: ignore[attr-defined]
        # Inserted first (outermost), because `execute_wrapper()` blocks that are open now will pop the last wrapper.
        connection.execute_wrappers.insert(0, self)

    def forget(self) -> None:
        self.writer: Action | None = None
        self.writer_at_savepoint: dict[str, Action | None] = {}

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """Execute wrapper. A write outside `atomic` gets a transaction, which it shares with its annotation."""
        action = current_action()
        if action is None and self.writer is None:
            return execute(sql, params, many, context)
        text = self._executed(_text(sql, context["cursor"]))
        statement = classify(text)
        with self._own_transaction() if statement is Statement.WRITE and action else nullcontext():
            result = execute(sql, params, many, context)
            if not (context["cursor"].rowcount == 0 and changes_found_rows(text)):
                self._note(action, statement, text)
        if found := prepared(text):
            self.prepared.update([found])
        return result

    def _executed(self, text: str) -> str:
        """The statement itself, or of an EXECUTE the one that was prepared, if that is known."""
        name = executed(text)
        return text if name is None else self.prepared.get(name, text)

    def prepare_cursor(self, cursor: Any) -> Any:
        """COPY does not pass through execute wrappers, so the cursor's `copy` is replaced too."""
        prepared = self._prepare_cursor(cursor)
        if hasattr(cursor, "copy"):
            prepared.copy = partial(self.copy, prepared)
        return prepared

    @contextmanager
    def copy(self, cursor: Any, statement: Any, *args: Any, **kwargs: Any) -> Iterator[Any]:
        action, text = current_action(), _text(statement, cursor)
        writes = action is not None and classify(text) is Statement.WRITE
        with self._own_transaction() if writes else nullcontext():
            with cursor.cursor.copy(statement, *args, **kwargs) as copy:
                yield copy
            if writes:
                self._note(action, Statement.WRITE, text)

    def commit(self) -> None:
        """Replaces `connection.commit`. If annotating fails, the whole transaction is rolled back."""
        self.connection.validate_no_atomic_block()
        action = self.writer
        self.forget()
        if action is None:
            self._commit()
            return
        session, said = self._commit_annotated(action)
        action.committed.add(self.connection.alias)
        if len(said) > 1:
            session.announced[self.connection.alias] = time.time()
            action.session.keep(session)

    def rollback(self) -> None:
        """Replaces `connection.rollback`."""
        self.forget()
        self._rollback()

    def _commit_annotated(self, action: Action) -> tuple[Session, list[Annotation]]:
        """Write the action, and before it the session unless this database has it already; commit with both."""
        database = self.connection.alias
        try:
            with use(None):
                session = action.session.current()  # which may ask the database who is signed in
                known = [] if session.is_announced(database) else [announcement(session)]
                said = [*known, action.annotation(session.id, database)]
                transport.write_and_commit(self.connection, said, self._commit)
        except Exception:
            with suppress(Error):  # the first error counts; Django closes a connection that is lost
                self._rollback()
            raise
        return session, said

    def _own_transaction(self) -> AbstractContextManager[Any]:
        if self.connection.in_atomic_block or not self.connection.get_autocommit():
            return nullcontext()
        return transaction.atomic(using=self.connection.alias)

    def _note(self, action: Action | None, statement: Statement, text: str) -> None:
        """Remember the first action that wrote; forget it if its savepoint is rolled back."""
        if statement is not Statement.READ:
            if not self.connection.get_autocommit():
                self.writer = self.writer or action
        elif target := savepoint(text):
            verb, name = target
            if verb == "SAVEPOINT":
                self.writer_at_savepoint[name] = self.writer
            else:
                self.writer = self.writer_at_savepoint.get(name)


def _text(sql: Any, cursor: Any) -> str:
    """The statement as text: psycopg also takes bytes and composed SQL."""
    if isinstance(sql, str):
        return sql
    return sql.decode() if isinstance(sql, bytes) else str(sql.as_string(cursor.cursor))
