"""Logical messages of an application, in the place among its row changes that they have in the log. Pure.

A message travels as the insertion of a row into a table that cannot be: it has no name. So it is spilled, placed and
sent again like any row, and no table of an audited database can be taken for it.
"""

from statetrace_ui.wal.protocol import LogicalMessage
from statetrace_ui.wal.records import Change, Column, Relation, Row
from statetrace_ui.wal.text import decoded

MESSAGES = Relation(0, "", "", "n", tuple(Column(name, "text", key=False) for name in ("prefix", "content", "size")))


def message_change(message: LogicalMessage) -> Change:
    """Its row: prefix, content, and size, which is that of the whole content, in bytes, where `content` was cut."""
    new: Row = {"prefix": message.prefix, "content": decoded(message.content), "size": str(message.size)}
    return Change(MESSAGES, "I", new=new)


def is_message(relation: Relation) -> bool:
    return relation.oid == MESSAGES.oid and relation.names == MESSAGES.names
