"""What a source's annotations say beside sessions: migrations, actions of no session, and what was not understood."""

from collections.abc import Iterable

from statetrace_ui.history.annotation_table import TableName
from statetrace_ui.history.models import Action, Source, Transaction, UnreadAnnotation
from statetrace_ui.history.queries.actions import first_actions
from statetrace_ui.web.paging import Page, newest_first


def unread_annotations(source: Source, cursor: str = "") -> Page[UnreadAnnotation]:
    """Newest first, by the index `unread_newest`."""
    return newest_first(UnreadAnnotation.objects.filter(source=source), ("id",), cursor)


def migrations(source: Source, cursor: str = "") -> Page[Transaction]:
    """The transactions that announced a migration, newest first, by the index `transaction_migrations`."""
    found = Transaction.objects.filter(source=source, kind="migration")
    return newest_first(found.prefetch_related(first_actions("actions")), ("id",), cursor)


def actions_without_session(source: Source, cursor: str = "") -> Page[Action]:
    """Newest first, by the index `action_without_session`."""
    found = Action.objects.filter(source=source, session_id__isnull=True).select_related("transaction")
    return newest_first(found, ("id",), cursor)


def newest_annotated(sources: Iterable[Source]) -> Action | None:
    """The action that one of the sources sent last. Each is found at the end of the index `action_by_transaction`."""
    newest = (Action.objects.filter(source=one).order_by("-transaction_id", "-id").first() for one in sources)
    return max((action for action in newest if action), key=lambda action: action.at, default=None)


def other_annotation_tables(source: Source) -> list[str]:
    """The published tables that are called like the annotation table and do not count, as qualified names."""
    published = (TableName(table["schema_name"], table["table_name"]) for table in source.tables.values())
    chosen = TableName(source.annotation_schema, source.annotation_table)
    return [str(name) for name in sorted(published) if name.table_name == chosen.table_name and name != chosen]
