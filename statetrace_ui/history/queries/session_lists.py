"""Lists of sessions, and the actions of one."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db import connection
from django.db.models import Case, Q, QuerySet, TextField, When
from django.db.models.functions import Left

from statetrace_ui.history.avatars import LONGEST_IMAGE_PREFIX
from statetrace_ui.history.models import ACTOR_ID, ACTOR_WORDS, KNOWN_AS, Action, Session, Source, Transaction
from statetrace_ui.history.queries.actions import with_company
from statetrace_ui.history.queries.joins import joined
from statetrace_ui.history.queries.sources import SECRET_FIELDS, chosen_sources, sources_of
from statetrace_ui.history.question.matching import EXACTLY, STAR, regular_expression
from statetrace_ui.history.question.terms import Choice, Question
from statetrace_ui.wal.records import capped_key
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.paging import HIGHEST_ID, PAGE_SIZE, Page, newest_merged, oldest_first

ACTIONS_AT_A_TIME = 500
NEW_AT_A_TIME = 100
_TEXTS = ["meta", "payload"]
ANY = Question()
ACTOR_TEXTS = ("actor_id", "actor_full_name", "actor_email")
APPLICATION_TEXTS = ("application_id", "application_type")
# The names of the terms by which sessions are found; '' is that of words.
NAMES_OF_SESSIONS = frozenset({"", "actor", "app", "session", "source", "since", "until", "at"})
ACTIVE_FOR = timedelta(minutes=15)
MOST_ACTIVE = 200
LOOKED_AT = 2_000  # actions of a source
ACTIVE = """
SELECT action.session_id FROM unnest(%(sources)s::int[]) AS source (id)
CROSS JOIN LATERAL (
    SELECT id FROM history_transaction
    WHERE source_id = source.id AND committed_at >= %(since)s ORDER BY committed_at, id LIMIT 1) AS first
CROSS JOIN LATERAL (
    SELECT session_id, at FROM history_action
    WHERE source_id = source.id AND transaction_id >= first.id
    ORDER BY transaction_id DESC, id DESC LIMIT %(looked_at)s) AS action
WHERE action.at >= %(since)s AND action.session_id IS NOT NULL
GROUP BY action.session_id ORDER BY max(action.at) DESC, action.session_id LIMIT %(most)s
"""
# Texts of any length, which lists do not show. Of image data they need to know what it is.
UNLISTED = ["meta", "payload", "actor_avatar"]
AVATAR = Case(
    When(actor_avatar__startswith="data:", then=Left("actor_avatar", LONGEST_IMAGE_PREFIX)),
    default="actor_avatar",
    output_field=TextField(),
)


def sessions(
    organisation: Organisation, question: Question = ANY, cursor: str = "", size: int = PAGE_SIZE
) -> Page[Session]:
    """Newest first. Each range enters `session_newest`, `session_by_actor_id` or `session_by_actor_words`.

    The period is that of their beginnings. Words are those of their actors.
    """
    chosen = chosen_sources(organisation, question.sources)
    ranges = [_narrowed(rows.filter(source=one), question) for one in chosen for rows in _by_actors(question)]
    rows = (
        Session.objects.filter(source__in=[one.pk for one in chosen])
        .select_related("source")
        .defer(*SECRET_FIELDS, *UNLISTED)
        .annotate(avatar=AVATAR)
    )
    return newest_merged(rows, ranges, ("started_at", "id"), cursor, size)


def recent_sessions(organisation: Organisation, limit: int) -> list[Session]:
    return sessions(organisation).rows[:limit]


def sessions_now(organisation: Organisation, now: datetime) -> list[Session]:
    """Those that acted within ACTIVE_FOR before `now`, the last active first, MOST_ACTIVE at most.

    Of each source the newest actions are looked at, whatever it stored.
    """
    sources = list(sources_of(organisation).values_list("pk", flat=True))
    limits: dict[str, Any] = {"since": now - ACTIVE_FOR, "looked_at": LOOKED_AT, "most": MOST_ACTIVE}
    with connection.cursor() as cursor:
        cursor.execute(ACTIVE, {"sources": sources, **limits})
        ids = [number for (number,) in cursor.fetchall()]
    rows = Session.objects.filter(source__in=sources).select_related("source").defer(*SECRET_FIELDS, *UNLISTED)
    found = rows.annotate(avatar=AVATAR).in_bulk(ids)
    return [found[number] for number in ids if number in found]


def session_by_key(organisation: Organisation, key: str) -> Session | None:
    """The newest session with this annotation id (a measured session's tag `statetrace_session_id`), or None."""
    return (
        Session.objects.filter(source__in=sources_of(organisation), key=capped_key(key)).order_by("-started_at").first()
    )


def sessions_by_key(organisation: Organisation, keys: Iterable[str]) -> dict[str, Session]:
    """As `session_by_key`, of many keys; those that are not in history are left out."""
    capped = {key: capped_key(key) for key in keys}
    known = Session.objects.filter(source__in=sources_of(organisation), key__in=capped.values())
    newest = {session.key: session for session in known.order_by("key", "-started_at").distinct("key")}
    return {key: newest[short] for key, short in capped.items() if short in newest}


def is_key_of(session: Session, key: str) -> bool:
    """Whether `session_by_key` would look for this session by the key, which history may have shortened."""
    return bool(session.key == capped_key(key))


def session_actions(session: Session, cursor: str = "") -> Page[Action]:
    """In order of time, by the index `action_by_session`."""
    return oldest_first(with_company(session.actions.defer(*_TEXTS)), ("at", "id"), cursor)


def new_actions(session: Session, after: int) -> list[Action]:
    """The session's first NEW_AT_A_TIME actions with ids above `after`, in order: ids are the order of visibility."""
    rows = with_company(session.actions.defer(*_TEXTS)).filter(id__gt=after)
    return list(rows.order_by("id")[:NEW_AT_A_TIME])


def newest_action(source: Source) -> int:
    """The highest id of the source's actions; 0 before the first. A session's new ones have higher ids."""
    return Action.objects.filter(source=source).order_by("-id").values_list("id", flat=True).first() or 0


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


def _by_actors(question: Question) -> list[QuerySet[Session]]:
    """Sessions of each actor that is asked for; of all, where none is."""
    terms = question.actors.wanted or (" ".join(question.words),)
    return [rows for term in terms for rows in _by_actor(term)]


def _by_actor(term: str) -> list[QuerySet[Session]]:
    """Sessions whose actor id is the term, and sessions in whose id, name and email every word of it begins a word."""
    if not term.strip():
        return [Session.objects.all()]
    if term.startswith(EXACTLY):
        known_as = term.removeprefix(EXACTLY)
        return [rows.alias(known=KNOWN_AS).filter(known=known_as) for rows in _like_actor(known_as)]
    if STAR in term:
        return [Session.objects.filter(_is_like(ACTOR_TEXTS, term))]
    return _like_actor(term)


def _like_actor(term: str) -> list[QuerySet[Session]]:
    """By the indexes."""
    return [
        Session.objects.alias(found=ACTOR_ID).filter(found=term[:200]),
        Session.objects.alias(found=ACTOR_WORDS).filter(found=_beginnings(term)),
    ]


def _beginnings(term: str) -> SearchQuery:
    quoted = (word.replace("\\", "\\\\").replace("'", "''") for word in term.split())
    return SearchQuery(" & ".join(f"'{word}':*" for word in quoted), config="simple", search_type="raw")


def _narrowed(rows: QuerySet[Session], question: Question) -> QuerySet[Session]:
    """By all that no index leads to."""
    if question.actors.wanted and question.words:
        rows = rows.alias(words=ACTOR_WORDS).filter(words=_beginnings(" ".join(question.words)))
    for term in question.actors.excluded:
        rows = rows.alias(words=ACTOR_WORDS, actor=ACTOR_ID, known=KNOWN_AS).exclude(_is_actor(term))
    rows = _chosen(rows, question.applications, lambda text: _is_like(APPLICATION_TEXTS, text))
    rows = _chosen(rows, question.sessions, _is_session)
    return _started_between(rows, question.start, question.end)


def _is_actor(term: str) -> Q:
    """Of sessions with the aliases `actor`, `words` and `known`."""
    if term.startswith(EXACTLY):
        return Q(known=term.removeprefix(EXACTLY))
    if STAR in term:
        return _is_like(ACTOR_TEXTS, term)
    return Q(actor=term[:200]) | Q(words=_beginnings(term))


def _chosen(rows: QuerySet[Session], choice: Choice, condition: Callable[[str], Q]) -> QuerySet[Session]:
    if choice.wanted:
        rows = rows.filter(reduce(or_, map(condition, choice.wanted)))
    for text in choice.excluded:
        rows = rows.exclude(condition(text))
    return rows


def _is_like(names: Iterable[str], text: str) -> Q:
    """Whether one of the fields is the text, in which `*` stands for any characters."""
    return reduce(or_, (Q(**{f"{name}__regex": f"^{regular_expression(text)}$"}) for name in names))


def _is_session(text: str) -> Q:
    """By its key in the annotation table, or by our number."""
    if STAR in text:
        return _is_like(("key",), text)
    is_number = text.isascii() and text.isdigit() and int(text) <= HIGHEST_ID
    return Q(key=capped_key(text)) | Q(pk=int(text)) if is_number else Q(key=capped_key(text))


def _started_between(rows: QuerySet[Session], start: datetime | None, end: datetime | None) -> QuerySet[Session]:
    if start:
        rows = rows.filter(started_at__gte=start)
    return rows.filter(started_at__lt=end) if end else rows
