"""Addresses that carry names as parameters."""

from urllib.parse import urlencode

from django.urls import reverse

from statetrace_ui.history.models import Session, Table
from statetrace_ui.history.table_names import qualified_name


def actor_url(session: Session) -> str:
    """The page of the session's actor; '' for one without an id."""
    if not session.actor_id:
        return ""
    return f"{reverse('history:actor', args=[session.source_id])}?{urlencode({'id': session.actor_id})}"


def changes_url(table: Table) -> str:
    """The changes of the table."""
    query = {"source": table.source_id, "table": qualified_name(table.schema_name, table.table_name)}
    return f"{reverse('history:changes')}?{urlencode(query)}"
