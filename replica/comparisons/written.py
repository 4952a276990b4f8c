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
from statetrace_ui.history.transaction_rows import TableRow, tables_of
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.timeline import milliseconds

MOST_ACTIONS = 20_000


@dataclass(frozen=True, slots=True)
class Written:
    """sessions: the ids of captured sessions beside which an audited one is known. rows: what was written in these."""

    sessions: frozenset[str]
    rows: list[RowsFact]


@dataclass(frozen=True, slots=True)
class _Commit:
    at: datetime
    tables: list[TableRow]


def rows_written(organisation: Organisation, alias: str, session_ids: list[str], windows: Sequence[Window]) -> Written:
    """In whole sessions, and within the windows. It looks at MOST_ACTIONS actions of a source at most."""
    audited = _audited(organisation, alias, session_ids)
    commits = _commits({one for some in audited.values() for one in some})
    by_session = {
        session_id: [commit for one in some for commit in commits.get(one.pk, [])]
        for session_id, some in audited.items()
    }
    starts = start_times(alias, list(by_session))
    whole = (fact for session_id, some in by_session.items() for fact in _facts(None, session_id, some))
    return Written(frozenset(by_session), [*whole, *_within(windows, by_session, starts)])


def _audited(organisation: Organisation, alias: str, session_ids: list[str]) -> dict[str, list[AuditedSession]]:
    """By captured session the audited ones that its tags name, as far as history has them."""
    keys = {session_id: audited_session_keys(some) for session_id, some in tags(alias, session_ids).items()}
    known = sessions_by_key(organisation, {key for some in keys.values() for key in some})
    found = {session_id: [known[key] for key in some if key in known] for session_id, some in keys.items()}
    return {session_id: some for session_id, some in found.items() if some}


def _commits(sessions: Iterable[AuditedSession]) -> dict[int, list[_Commit]]:
    """By audited session what its actions' transactions wrote."""
    of_source: dict[int, list[AuditedSession]] = defaultdict(list)
    for session in sessions:
        of_source[session.source_id].append(session)
    found: dict[int, list[_Commit]] = defaultdict(list)
    for source_id, some in of_source.items():
        for session_id, commit in _of_source(source_id, some):
            found[session_id].append(commit)
    return found


def _of_source(source_id: int, sessions: Sequence[AuditedSession]) -> Iterator[tuple[int, _Commit]]:
    source = Source(pk=source_id)
    actions = actions_of_sessions(source, [one.pk for one in sessions], MOST_ACTIONS)
    transactions: dict[int, Transaction] = {one.pk: one for one in transactions_of(source, actions)}
    tables = tables_of(list(transactions.values()))
    met: set[int] = set()
    for action in actions:
        if action.transaction_id not in met and action.session_id is not None:
            met.add(action.transaction_id)  # several actions of one transaction wrote its rows once
            yield action.session_id, _Commit(action.at, tables.get(action.transaction_id, []))


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
