"""Lists of sessions, and the actions of one."""

from collections.abc import Iterator
from datetime import datetime

from django.contrib.postgres.search import SearchQuery
from django.db.models import Case, QuerySet, TextField, When
from django.db.models.functions import Left

from statetrace_ui.history.avatars import LONGEST_IMAGE_PREFIX
from statetrace_ui.history.models import ACTOR_ID, ACTOR_WORDS, Action, Session, Source, Transaction
from statetrace_ui.history.queries.actions import with_company
from statetrace_ui.history.queries.joins import joined
from statetrace_ui.history.queries.sources import SECRET_FIELDS, selected_sources, sources_of
from statetrace_ui.wal.records import capped_key
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.paging import PAGE_SIZE, Page, newest_merged, oldest_first

ACTIONS_AT_A_TIME = 500
_TEXTS = ["meta", "payload"]
# Texts of any length, which lists do not show. Of image data they need to know what it is.
UNLISTED = ["meta", "payload", "actor_avatar"]
AVATAR = Case(
    When(actor_avatar__startswith="data:", then=Left("actor_avatar", LONGEST_IMAGE_PREFIX)),
    default="actor_avatar",
    output_field=TextField(),
)


def sessions(
    organisation: Organisation,
    *,
    actor: str = "",
    source: Source | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    cursor: str = "",
    size: int = PAGE_SIZE,
) -> Page[Session]:
    """Newest first. Each range enters `session_newest`, `session_by_actor_id` or `session_by_actor_words`.

    start, end: only sessions that started from `start` until before `end`.
    """
    chosen = list(selected_sources(organisation, source))
    ranges = [_started_between(rows.filter(source=one), start, end) for one in chosen for rows in _by_actor(actor)]
    rows = (
        Session.objects.filter(source__in=[one.pk for one in chosen])
        .select_related("source")
        .defer(*SECRET_FIELDS, *UNLISTED)
        .annotate(avatar=AVATAR)
    )
    return newest_merged(rows, ranges, ("started_at", "id"), cursor, size)


def recent_sessions(organisation: Organisation, limit: int) -> list[Session]:
    return sessions(organisation).rows[:limit]


def session_by_key(organisation: Organisation, key: str) -> Session | None:
    """The newest session with this annotation id (a measured session's tag `statetrace_session_id`), or None."""
    return (
        Session.objects.filter(source__in=sources_of(organisation), key=capped_key(key)).order_by("-started_at").first()
    )


def is_key_of(session: Session, key: str) -> bool:
    """Whether `session_by_key` would look for this session by the key, which history may have shortened."""
    return bool(session.key == capped_key(key))


def session_actions(session: Session, cursor: str = "") -> Page[Action]:
    """In order of time, by the index `action_by_session`."""
    return oldest_first(with_company(session.actions.defer(*_TEXTS)), ("at", "id"), cursor)


def session_transactions(session: Session) -> Iterator[Transaction]:
    """The transactions of the session's actions, in order of time, each once."""
    actions = joined(session.actions.all(), "transaction", without=_TEXTS)
    cursor: str | None = ""
    at, seen = None, set[int]()
    while cursor is not None:
        page = oldest_first(actions, ("at", "id"), cursor, ACTIONS_AT_A_TIME)
        for action in page.rows:
            if action.at != at:  # actions of one transaction have the same time
                at, seen = action.at, set()
            if action.transaction_id not in seen:
                seen.add(action.transaction_id)
                yield action.transaction
        cursor = page.older


def _by_actor(term: str) -> list[QuerySet[Session]]:
    """Sessions whose actor id is the term, and sessions in whose id, name and email every word of it begins a word."""
    words = term.split()
    if not words:
        return [Session.objects.all()]
    quoted = (word.replace("\\", "\\\\").replace("'", "''") for word in words)
    beginnings = SearchQuery(" & ".join(f"'{word}':*" for word in quoted), config="simple", search_type="raw")
    return [
        Session.objects.alias(found=ACTOR_ID).filter(found=term[:200]),
        Session.objects.alias(found=ACTOR_WORDS).filter(found=beginnings),
    ]


def _started_between(rows: QuerySet[Session], start: datetime | None, end: datetime | None) -> QuerySet[Session]:
    if start:
        rows = rows.filter(started_at__gte=start)
    return rows.filter(started_at__lt=end) if end else rows
