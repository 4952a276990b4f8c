"""SQL for what a question asks of transactions, of their actions, and of the sessions and actors of these.

One action must be like all that is asked for; none may be like what is excluded. In these statements `a` is the action
and `s` its session.
"""

from collections.abc import Callable, Iterable, Sequence

from django.db import connection
from psycopg import sql

from statetrace_ui.history.models import KNOWN_AS_SQL
from statetrace_ui.history.question.matching import EXACTLY
from statetrace_ui.history.question.terms import Choice, Question
from statetrace_ui.history.search.comparisons import ALWAYS, NEVER, all_of, any_of
from statetrace_ui.history.search.patterns import STAR, like, url_pattern
from statetrace_ui.wal.lsn import parse_lsn
from statetrace_ui.wal.records import capped_key
from statetrace_ui.web.paging import HIGHEST_ID

# As the index `session_by_actor_words` has it.
ACTOR_WORDS = sql.SQL(
    """to_tsvector('simple'::regconfig, COALESCE(LEFT(s.actor_id, 200), '') || ' ' ||
    COALESCE(LEFT(s.actor_full_name, 200), '') || ' ' || COALESCE(LEFT(s.actor_email, 200), ''))"""
)
HAS_ACTION = """EXISTS (
    SELECT FROM history_action AS a {session}
    WHERE a.source_id = {source} AND a.transaction_id = {transaction} AND {condition})"""
# Looked up for each action: a planner that may begin with the sessions goes through all that an actor ever had.
SESSION = sql.SQL("""LEFT JOIN LATERAL (
    SELECT * FROM history_session WHERE source_id = a.source_id AND id = a.session_id OFFSET 0) AS s ON true""")
HAS_TRANSACTION = """EXISTS (
    SELECT FROM history_transaction AS x WHERE x.source_id = {source} AND x.id = {transaction} AND {condition})"""
NOTHING = sql.SQL("")
Match = Callable[[str], sql.Composable]


def concerns_transactions(question: Question) -> bool:
    """Whether it says which transactions are meant, so that these can be looked for first."""
    wanted = (choice.wanted for choice, _ in [*_of_sessions(question), *_of_actions(question)])
    return any(wanted) or bool(question.xids.wanted or question.lsns.wanted) or question.outside is not None


def of_change(question: Question) -> list[sql.Composable]:
    """The conditions on a change `c`."""
    source, transaction = sql.Identifier("c", "source_id"), sql.Identifier("c", "transaction_id")
    own = of_transaction_row(question)
    found = [sql.SQL(HAS_TRANSACTION).format(source=source, transaction=transaction, condition=all_of(own))]
    return [*(found if own else []), *of_actions(question, source, transaction)]


def of_transaction_row(question: Question) -> list[sql.Composable]:
    """The conditions on a row `x` of transactions itself."""
    found = [*_choice(question.xids, _xid), *_choice(question.lsns, _lsn)]
    return [*found, sql.SQL("x.outside")] if question.outside else found


def of_actions(
    question: Question, source: sql.Composable, transaction: sql.Composable, within: sql.Composable = ALWAYS
) -> list[sql.Composable]:
    """within: what is known of the actions `a` beside, for the planner."""
    sessions, own = of_session(question), _wanted(_of_actions(question))
    has: list[sql.Composable] = []
    if sessions or own or question.outside is False:
        has.append(_has_action(source, transaction, [within, *sessions, *own], SESSION if sessions else NOTHING))
    for choices, joined in ((_of_sessions(question), SESSION), (_of_actions(question), NOTHING)):
        for choice, match in choices:
            if choice.excluded:
                one = [within, any_of(map(match, choice.excluded))]
                has.append(sql.SQL("NOT {}").format(_has_action(source, transaction, one, joined)))
    return has


def _has_action(
    source: sql.Composable, transaction: sql.Composable, conditions: Sequence[sql.Composable], session: sql.Composable
) -> sql.Composable:
    return sql.SQL(HAS_ACTION).format(
        session=session, source=source, transaction=transaction, condition=all_of(conditions)
    )


def of_session(question: Question) -> list[sql.Composable]:
    """The conditions that a session `s` must meet, of those that one action must."""
    return _wanted(_of_sessions(question))


def _wanted(choices: Iterable[tuple[Choice, Match]]) -> list[sql.Composable]:
    return [any_of(map(match, choice.wanted)) for choice, match in choices if choice.wanted]


def actor(text: str) -> sql.Composable:
    """The id, or words with which words of id, name and email begin; as the list of sessions finds actors."""
    if STAR in text:
        return _any_like(("actor_id", "actor_full_name", "actor_email"), text)
    return _like_actor(text)


def _term_actor(text: str) -> sql.Composable:
    if not text.startswith(EXACTLY):
        return actor(text)
    known_as = text.removeprefix(EXACTLY)
    exactly = sql.SQL(f"coalesce({KNOWN_AS_SQL} = {{}}, false)").format(sql.Literal(known_as))
    return all_of([_like_actor(known_as), exactly])


def _like_actor(text: str) -> sql.Composable:
    """By the indexes."""
    quoted = (word.replace("\\", "\\\\").replace("'", "''") for word in text.split())
    beginnings = " & ".join(f"'{word}':*" for word in quoted)
    return sql.SQL("(LEFT(s.actor_id, 200) = {} OR {} @@ to_tsquery('simple'::regconfig, {}))").format(
        sql.Literal(text[:200]), ACTOR_WORDS, sql.Literal(beginnings)
    )


def has_actor(source_ids: Sequence[int], text: str) -> bool:
    statement = sql.SQL("SELECT FROM history_session AS s WHERE s.source_id = ANY ({}) AND {} LIMIT 1")
    with connection.cursor() as cursor:
        cursor.execute(statement.format(sql.Literal(list(source_ids)), actor(text)))
        return cursor.fetchone() is not None


def by_actor(text: str) -> sql.Composable:
    """A change `c` of an actor."""
    source, transaction = sql.Identifier("c", "source_id"), sql.Identifier("c", "transaction_id")
    return _has_action(source, transaction, [actor(text)], SESSION)


def _of_sessions(question: Question) -> list[tuple[Choice, Match]]:
    return [(question.actors, _term_actor), (question.sessions, _session), (question.applications, _application)]


def _of_actions(question: Question) -> list[tuple[Choice, Match]]:
    return [
        (question.urls, lambda text: _like("a", "url", url_pattern(text))),
        (question.methods, lambda text: _like("a", "method", like(text), "ILIKE")),
        (question.versions, lambda text: _like("a", "version", like(text))),
    ]


def _session(text: str) -> sql.Composable:
    """Its key, or our number."""
    if STAR in text:
        return _like("s", "key", like(text))
    by_key = sql.SQL("s.key = {}").format(sql.Literal(capped_key(text)))
    return any_of([by_key, sql.SQL("s.id = {}").format(sql.Literal(int(text)))]) if _is_number(text) else by_key


def _application(text: str) -> sql.Composable:
    return _any_like(("application_id", "application_type"), text)


def _any_like(names: Iterable[str], text: str) -> sql.Composable:
    return any_of(_like("s", name, like(text)) for name in names)


def _like(alias: str, name: str, pattern: str, operator: str = "LIKE") -> sql.Composable:
    column = sql.Identifier(alias, name)
    return sql.SQL("coalesce({} {} {}, false)").format(column, sql.SQL(operator), sql.Literal(pattern))


def _choice(choice: Choice, match: Match) -> list[sql.Composable]:
    wanted = [any_of(map(match, choice.wanted))] if choice.wanted else []
    return [*wanted, *(sql.SQL("NOT coalesce({}, false)").format(match(text)) for text in choice.excluded)]


def _xid(text: str) -> sql.Composable:
    return sql.SQL("x.xid = {}").format(sql.Literal(int(text))) if _is_number(text) else NEVER


def _lsn(text: str) -> sql.Composable:
    try:
        return sql.SQL("x.commit_lsn = {}").format(sql.Literal(parse_lsn(text)))
    except ValueError:
        return NEVER


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= HIGHEST_ID
