"""Says in the store's own transactions who made them, as an audited application does: by `statetrace_ui.annotate`.

Whoever connects the store as a source sees each edit with its person. The store has no Django alias, so no watcher sees
its commits: the rows are written here, last in the transaction. The table lies beside the bookkeeping, since the
replica's schema has no place for it.
"""

from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection

from statetrace_ui.annotate.annotation import SESSION, as_row
from statetrace_ui.annotate.context import Action, announcement
from statetrace_ui.annotate.middleware import BrowserSession
from statetrace_ui.web.requests import Request

STORE = "store"  # what the annotations call the database


@dataclass(frozen=True)
class Editor:
    """Who edits: the organisation's member, and the action that their request is.

    revision: that of the session which the editor saw; an edit of another one is refused. None for any.
    """

    request: Request
    revision: int | None = None
    action: Action = field(init=False)

    def __post_init__(self) -> None:
        action = Action(BrowserSession(self.request), self.request.path, self.request.method or "")
        object.__setattr__(self, "action", action)


def annotate(store: Connection[Any], editor: Editor) -> None:
    """Write who makes the transaction, as the last that it does."""
    session = editor.action.session.current()
    store.execute("SET LOCAL search_path = bookkeeping")
    for said in (announcement(session), editor.action.annotation(session.id, STORE)):
        statement, parameters = as_row(said, unless_known=said.kind == SESSION)
        store.execute(statement.encode(), parameters)
