"""The rows that audited sessions wrote while captured sessions went on: neither side alone knows of both."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from replica.compare.facts import RowsFact, Window
from replica.queries.sessions import start_times, tags
from replica.tags import audited_session_keys
from statetrace_ui.history.models import Session as AuditedSession
from statetrace_ui.history.models import Source, Transaction
from statetrace_ui.history.queries import actions_of_sessions, sessions_by_key, transactions_of
from statetrace_ui.history.queries.transaction_lists import MOST_COUNTED
from statetrace_ui.history.transaction_rows import TableRow, tables_of
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.timeline import milliseconds

MOST_ACTIONS = 20_000  # of a source


@dataclass(frozen=True, slots=True)
class Written:
    """sessions: the ids of captured sessions of which it is known what was written beside them. rows: what was.

    uncounted: how many others there are, beside which too much was done to be counted here.
    """

    sessions: frozenset[str]
    rows: list[RowsFact]
    uncounted: int = 0


@dataclass(frozen=True, slots=True)
class _Commit:
    at: datetime
    tables: list[TableRow]


def rows_written(organisation: Organisation, alias: str, session_ids: list[str], windows: Sequence[Window]) -> Written:
    """In whole sessions, and within the windows."""
    audited = audited_beside(organisation, alias, session_ids)
    commits = _commits({one for some in audited.values() for one in some})
    by_session = {
        session_id: [commit for one in some for commit in commits[one.pk]]
        for session_id, some in audited.items()
        if all(one.pk in commits for one in some)
    }
    starts = start_times(alias, list(by_session))
    whole = (fact for session_id, some in by_session.items() for fact in _facts(None, session_id, some))
    rows = [*whole, *_within(windows, by_session, starts)]
    return Written(frozenset(by_session), rows, len(audited) - len(by_session))


def audited_beside(organisation: Organisation, alias: str, session_ids: list[str]) -> dict[str, list[AuditedSession]]:
    """By captured session the audited ones that its tags name, as far as history has them."""
    keys = {session_id: audited_session_keys(some) for session_id, some in tags(alias, session_ids).items()}
    known = sessions_by_key(organisation, {key for some in keys.values() for key in some})
    found = {session_id: [known[key] for key in some if key in known] for session_id, some in keys.items()}
    return {session_id: some for session_id, some in found.items() if some}


def _commits(sessions: Iterable[AuditedSession]) -> dict[int, list[_Commit]]:
    """By audited session what its actions' transactions wrote, of those that can be counted."""
    of_source: dict[int, list[AuditedSession]] = defaultdict(list)
    for session in sessions:
        of_source[session.source_id].append(session)
    return {pk: some for source_id, found in of_source.items() for pk, some in _of_source(source_id, found).items()}


def _of_source(source_id: int, sessions: Sequence[AuditedSession]) -> dict[int, list[_Commit]]:
    source, found = Source(pk=source_id), {one.pk: list[_Commit]() for one in sessions}
    actions = actions_of_sessions(source, list(found), MOST_ACTIONS + 1)
    if len(actions) > MOST_ACTIONS:
        return {}
    transactions: dict[int, Transaction] = {one.pk: one for one in transactions_of(source, actions)}
    tables = tables_of(list(transactions.values()))
    met: set[int] = set()
    for action in actions:
        if action.transaction_id not in met and action.session_id is not None:
            met.add(action.transaction_id)  # several actions of one transaction wrote its rows once
            found[action.session_id].append(_Commit(action.at, tables.get(action.transaction_id, [])))
    large = {one.pk for one in transactions.values() if one.change_count > MOST_COUNTED}
    uncounted = {action.session_id for action in actions if action.transaction_id in large}
    return {pk: some for pk, some in found.items() if pk not in uncounted}


def _within(
    windows: Sequence[Window], commits: Mapping[str, Sequence[_Commit]], starts: Mapping[str, datetime]
) -> Iterator[RowsFact]:
    for window in windows:
        if origin := starts.get(window.session_id):
            inside = [one for one in commits[window.session_id] if window.start <= _ms(one, origin) <= window.end]
            yield from _facts(window.label, window.session_id, inside)


def _ms(commit: _Commit, origin: datetime) -> float:
    return milliseconds(commit.at - origin)


def _facts(label: int | None, session_id: str, commits: Iterable[_Commit]) -> Iterator[RowsFact]:
    for commit in commits:
        for table in commit.tables:
            for kind, count in table.counts:
                yield RowsFact(label, session_id, table.label, kind.label.lower(), count)
