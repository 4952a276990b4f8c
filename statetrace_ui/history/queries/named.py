"""What a few letters may mean: tables and requests by a part of their name. Of requests the last ones are looked at."""

from typing import Any

from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Concat

from statetrace_ui.history.models import Action, Table
from statetrace_ui.history.queries.actions import UNLISTED
from statetrace_ui.history.queries.joins import joined
from statetrace_ui.history.queries.sources import SECRET_FIELDS, sources_of
from statetrace_ui.web.models import Organisation

MOST_FOUND = 8
LOOKED_AT = 1_000  # requests of a source
REQUESTS = """
SELECT action.id FROM unnest(%(sources)s::int[]) AS source (id)
CROSS JOIN LATERAL (
    SELECT id, method, url FROM history_action
    WHERE source_id = source.id ORDER BY id DESC LIMIT %(looked_at)s) AS action
WHERE concat_ws(' ', action.method, action.url) ILIKE ALL (%(patterns)s) ORDER BY action.id DESC LIMIT %(most)s
"""


def tables_named(organisation: Organisation, text: str) -> list[Table]:
    """Tables with all the words in their names, each with its source."""
    found = Table.objects.filter(source__in=sources_of(organisation)).select_related("source").defer(*SECRET_FIELDS)
    found = found.alias(name=Concat(F("schema_name"), Value("."), F("table_name")))
    for word in text.split():
        found = found.filter(name__icontains=word)
    return list(found.order_by("table_name", "schema_name", "source_id")[:MOST_FOUND])


def newest_requests(organisation: Organisation, text: str) -> list[Action]:
    """The newest action of each method and address that have all the words in them."""
    sources = list(sources_of(organisation).values_list("pk", flat=True))
    patterns = [f"%{_literal(word)}%" for word in text.split()]
    values: dict[str, Any] = {"sources": sources, "patterns": patterns, "looked_at": LOOKED_AT, "most": 20 * MOST_FOUND}
    with connection.cursor() as cursor:
        cursor.execute(REQUESTS, values)
        ids = [number for (number,) in cursor.fetchall()]
    actions = joined(Action.objects.filter(source__in=sources, id__in=ids), "session", without=UNLISTED)
    newest: dict[tuple[str, str], Action] = {}
    for action in actions.order_by("-id"):
        newest.setdefault((action.method, action.url), action)
    return list(newest.values())[:MOST_FOUND]


def _literal(word: str) -> str:
    """The word as a pattern that matches itself alone."""
    return word.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
