"""The only readers of history. Everything starts from an organisation or from what one of the doors here returned.

For other pages:

- `recent_sessions(organisation, limit)` the newest sessions;
- `session_by_key(organisation, key)` the session that an annotation id names (a captured session's tag
  `statetrace_session_id`), or None;
- `actions_between(session, start, end)` its actions that committed from `start` until before `end`, in order of time;
- `timeline_groups(session, origin, length_ms)` its lanes on an axis that begins at `origin`.

Long lists are read as unions of index ranges (`paging.newest_merged`): one range for each source, kind and condition.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.contrib.postgres.search import SearchQuery
from django.db.models import Min, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce, NullIf
from django.shortcuts import get_object_or_404

from statetrace_ui.history.lanes import timeline_groups as timeline_groups
from statetrace_ui.history.models import ACTOR_ID, ACTOR_WORDS, Action, Change, Relation, Session, Source, Transaction
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.paging import Page, newest_merged, oldest_first

LIVE_LIMIT = 100
SECRET = ["source__url", "source__tables"]  # not for pages: not even decrypted, nor carried along with each row
CHANGES_PER_ACTION = 100


# Doors: what belongs to another organisation is not found.


def get_source_for(organisation: Organisation, pk: int) -> Source:
    return get_object_or_404(Source, organisation=organisation, pk=pk)


def get_session_for(organisation: Organisation, pk: int) -> Session:
    return get_object_or_404(Session.objects.select_related("source"), source__organisation=organisation, pk=pk)


def get_action_for(organisation: Organisation, pk: int) -> Action:
    actions = Action.objects.select_related("source", "session", "transaction")
    return get_object_or_404(actions, source__organisation=organisation, pk=pk)


def get_change_for(organisation: Organisation, pk: int) -> Change:
    return get_object_or_404(listed_changes(), source__organisation=organisation, pk=pk)


# Sessions and actions


def sessions(
    organisation: Organisation,
    *,
    actor: str = "",
    source: Source | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    cursor: str = "",
) -> Page[Session]:
    """Newest first. Each range enters `session_newest`, `session_by_actor_id` or `session_by_actor_words`."""
    ranges = [
        _between(rows.filter(source=one), "started_at", start, end)
        for one in _sources(organisation, source)
        for rows in _by_actor(actor)
    ]
    return newest_merged(Session.objects.select_related("source").defer(*SECRET), ranges, ("started_at", "id"), cursor)


def recent_sessions(organisation: Organisation, limit: int) -> list[Session]:
    return sessions(organisation).rows[:limit]


def session_by_key(organisation: Organisation, key: str) -> Session | None:
    return Session.objects.filter(source__in=_sources(organisation), key=key).order_by("-started_at").first()


def actions_between(session: Session, start: datetime, end: datetime) -> QuerySet[Action]:
    return session.actions.filter(at__gte=start, at__lt=end).order_by("at", "id")


def session_actions(session: Session, cursor: str = "") -> Page[Action]:
    """In order of time, by the index `action_by_session`."""
    return oldest_first(session.actions.all(), ("at", "id"), cursor)


def _by_actor(term: str) -> list[QuerySet[Session]]:
    """Sessions whose actor id is the term, and those in whose id, name and email every word of it begins a word."""
    words = term.split()
    if not words:
        return [Session.objects.all()]
    quoted = (word.replace("\\", "\\\\").replace("'", "''") for word in words)
    beginnings = SearchQuery(" & ".join(f"'{word}':*" for word in quoted), config="simple", search_type="raw")
    return [
        Session.objects.alias(found=ACTOR_ID).filter(found=term[:200]),
        Session.objects.alias(found=ACTOR_WORDS).filter(found=beginnings),
    ]


def _between(rows: QuerySet[Session], field: str, start: datetime | None, end: datetime | None) -> QuerySet[Session]:
    if start:
        rows = rows.filter(**{f"{field}__gte": start})
    return rows.filter(**{f"{field}__lt": end}) if end else rows


# Changes


def listed_changes() -> QuerySet[Change]:
    """Changes with everything that a list shows of them: source, columns, transaction, action and session."""
    rows = Change.objects.select_related("source", "relation", "transaction").defer(*SECRET)
    return rows.prefetch_related("transaction__actions__session")


def changes(
    organisation: Organisation,
    *,
    source: Source | None = None,
    table: tuple[str, str] | None = None,
    kind: str = "",
    start: datetime | None = None,
    end: datetime | None = None,
    cursor: str = "",
) -> Page[Change]:
    """The newest first, baseline rows only if asked for; `table` is (schema, name)."""
    ranges = [
        rows.filter(in_time)
        for one in _sources(organisation, source)
        for in_time in [_in_time(one, start, end)]
        for rows in _of_kinds(one, table, kind)
    ]
    return newest_merged(listed_changes(), ranges, ("id",), cursor)


def new_changes(
    organisation: Organisation,
    after: int,
    *,
    source: Source | None = None,
    table: tuple[str, str] | None = None,
    kind: str = "",
) -> Page[Change]:
    """The newest `LIVE_LIMIT` changes with ids above `after`; `older` tells that there are more of them."""
    ranges = [
        rows.filter(id__gt=after) for one in _sources(organisation, source) for rows in _of_kinds(one, table, kind)
    ]
    return newest_merged(listed_changes(), ranges, ("id",), size=LIVE_LIMIT)


def high_water() -> int:
    """The highest id of any change so far: what comes later is above it."""
    return Change.objects.order_by("-id").values_list("id", flat=True).first() or 0


def action_changes(action: Action, table: tuple[str, str] | None = None, cursor: str = "") -> Page[Change]:
    """In the order in which the transaction made them, by the index `change_by_transaction`."""
    rows = listed_changes().filter(transaction=action.transaction)
    if table:
        rows = rows.filter(schema_name=table[0], table_name=table[1])
    return oldest_first(rows, ("sequence", "id"), cursor, CHANGES_PER_ACTION)


def _of_kinds(source: Source, table: tuple[str, str] | None, kind: str) -> Iterable[QuerySet[Change]]:
    """One range of `change_newest` (or `change_newest_of_table`) for each kind."""
    rows = Change.objects.filter(source=source)
    if table:
        rows = rows.filter(schema_name=table[0], table_name=table[1])
    kinds = [kind] if kind else [Change.Kind.INSERT, Change.Kind.UPDATE, Change.Kind.DELETE, Change.Kind.TRUNCATE]
    return [rows.filter(kind=one) for one in kinds]


def _in_time(source: Source, start: datetime | None, end: datetime | None) -> Q:
    """The ids of a source's changes from `start` until before `end`: lists are read by id, and ids follow time."""
    condition = Q()
    if start:
        first = _first_id(source, start)
        condition &= Q(id__gte=first) if first else Q(pk__in=[])
    if end and (after := _first_id(source, end)):
        condition &= Q(id__lt=after)
    return condition


def _first_id(source: Source, at: datetime) -> int | None:
    """The id of the first change that was committed at or after a time, by `transaction_by_time`."""
    commits = Transaction.objects.filter(source=source, change_count__gt=0, committed_at__gte=at)
    first = commits.order_by("committed_at", "id").first()
    return first.changes.order_by("sequence").values_list("id", flat=True).first() if first else None


def earlier_rows(changes: Sequence[Change]) -> dict[int, dict[str, str | None]]:
    """By the ids of changes of which the source sent no full old row: the row as its previous change left it.

    Two queries for a page, whatever its length: the previous id by `change_by_record`, then those rows.
    """
    lacking = [change.id for change in changes if _lacks_old(change)]
    previous = Change.objects.filter(
        source=OuterRef("source"),
        schema_name=OuterRef("schema_name"),
        table_name=OuterRef("table_name"),
        record_key=OuterRef("key_before"),
        id__lt=OuterRef("id"),
    ).order_by("-id")
    keyed = Change.objects.filter(id__in=lacking).annotate(
        key_before=Coalesce(NullIf("old_record_key", Value("", TextField())), "record_key")
    )
    pairs = dict(keyed.exclude(key_before="").values_list("id", Subquery(previous.values("id")[:1])))
    rows = dict(Change.objects.filter(id__in=filter(None, pairs.values())).values_list("id", "new"))
    return {pk: row for pk, found in pairs.items() if (row := rows.get(found))}


def _lacks_old(change: Change) -> bool:
    if change.kind not in (Change.Kind.UPDATE, Change.Kind.DELETE):
        return False
    return change.old is None or len(change.old) < len(change.relation.columns)


# Records


def record_changes(source: Source, table: tuple[str, str], key: str, cursor: str = "") -> Page[Change]:
    """Every change of one row, newest first: also under the keys it had before, and truncations of its table."""
    rows = Change.objects.filter(source=source, schema_name=table[0], table_name=table[1])
    of_record = [_until(rows.filter(record_key=one), before) for one, before in former_keys(rows, key)]
    ranges = [*of_record, rows.filter(old_record_key=key).exclude(old_record_key="")]
    if born := min(filter(None, (part.aggregate(id=Min("id"))["id"] for part in of_record)), default=None):
        ranges.append(rows.filter(kind=Change.Kind.TRUNCATE, id__gt=born))
    return newest_merged(listed_changes(), ranges, ("id",), cursor)


def former_keys(rows: QuerySet[Change], key: str) -> list[tuple[str, int | None]]:
    """The key and those the row had before it, each with the id of the change that ended it; at most ten."""
    chain: list[tuple[str, int | None]] = [(key, None)]
    for current, before in chain:
        renames = _until(rows.filter(record_key=current), before).exclude(old_record_key="").order_by("-id")
        chain.extend((change.old_record_key, change.id) for change in renames[: 10 - len(chain)])
    return chain


def _until(rows: QuerySet[Change], before: int | None) -> QuerySet[Change]:
    return rows if before is None else rows.filter(id__lt=before)


# Sources


def sources_of(organisation: Organisation) -> QuerySet[Source]:
    return Source.objects.filter(organisation=organisation).order_by("name")


def relations(source: Source) -> list[Relation]:
    """The newest shape of each of the source's tables, by name."""
    newest = Relation.objects.filter(source=source).order_by("schema_name", "table_name", "-id")
    return list(newest.distinct("schema_name", "table_name"))


def table_names(organisation: Organisation) -> list[str]:
    names = Relation.objects.filter(source__in=sources_of(organisation)).values_list("schema_name", "table_name")
    return [f"{schema}.{table}" for schema, table in names.distinct().order_by("schema_name", "table_name")]


def _sources(organisation: Organisation, only: Source | None = None) -> Iterable[Source]:
    return [only] if only else sources_of(organisation)
