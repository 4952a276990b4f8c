"""The builds of audited applications: which versions their actions name, and the newest actions of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from statetrace_ui.history.models import Action, Change, Source, Transaction
from statetrace_ui.history.models.sessions import ACTION_VERSION
from statetrace_ui.history.queries.change_lists import listed_changes, of_transaction

MOST_BUILDS = 200
MOST_BUILD_ACTIONS = 2_000
MOST_UPDATES_EACH = 20  # of a transaction
# From one version to the next by the index `action_by_version`, however many actions each has.
BUILDS = """
WITH RECURSIVE build (version, id, place) AS (
    (SELECT left(version, 200), id, 1 FROM history_action
     WHERE source_id = %(source)s AND version <> '' ORDER BY left(version, 200), id DESC LIMIT 1)
    UNION ALL
    SELECT next.version, next.id, place + 1 FROM build, LATERAL (
        SELECT left(version, 200) AS version, id FROM history_action
        WHERE source_id = %(source)s AND version <> '' AND left(version, 200) > build.version
        ORDER BY left(version, 200), id DESC LIMIT 1) AS next
    WHERE place < %(most)s)
SELECT build.version, action.at FROM build
JOIN history_action AS action ON action.source_id = %(source)s AND action.id = build.id
ORDER BY build.id DESC
"""


@dataclass(frozen=True, slots=True)
class Build:
    """A version that the actions of a source name, and when the last of them was committed."""

    version: str
    last_at: datetime


def builds_of(source: Source) -> list[Build]:
    """Those first whose actions are newest."""
    with connection.cursor() as cursor:
        cursor.execute(BUILDS, {"source": source.pk, "most": MOST_BUILDS})
        return [Build(*row) for row in cursor.fetchall()]


def build_actions(source: Source, version: str) -> Sequence[Action]:
    """The newest MOST_BUILD_ACTIONS of a build, newest first."""
    named = Action.objects.alias(build=ACTION_VERSION).exclude(version="").filter(source=source, build=version)
    columns = ("id", "source", "session_id", "transaction_id", "method", "url", "length_ms", "at")
    return list(named.only(*columns).order_by("-id")[:MOST_BUILD_ACTIONS])


def actions_of_sessions(source: Source, sessions: Sequence[int], most: int) -> Sequence[Action]:
    """The first actions of the sessions of these ids, in order of their ids."""
    named = Action.objects.filter(source=source, session_id__in=sessions)
    read = named.only("id", "source", "session_id", "transaction_id", "at", "method", "url")
    return list(read.order_by("id")[:most])


def transactions_of(source: Source, actions: Sequence[Action]) -> list[Transaction]:
    """With what says which changes are theirs."""
    return list(Transaction.objects.filter(source=source, id__in={one.transaction_id for one in actions}))


def updates_of(source: Source, transactions: Sequence[int], most: int) -> list[Change]:
    """The first updates of each of the transactions of these ids, as lists show them; so many in all."""
    found: list[Change] = []
    for transaction in Transaction.objects.filter(source=source, id__in=transactions).order_by("-id"):
        left = min(MOST_UPDATES_EACH, most - len(found))
        if left <= 0:
            break
        updates = of_transaction(listed_changes(), transaction).filter(kind=Change.Kind.UPDATE)
        found += updates.order_by("id")[:left]
    return found
