"""How many sessions wait to be exported. The ends of several exports are asked at once, with one deadline for all."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import groupby

import psycopg
from django.db import connections

from replica.exports import copy
from replica.exports.ends import PAGE_PATIENCE, Opener, source_opener, target_opener
from replica.exports.models import UserFlowExport
from replica.exports.options import Options
from statetrace_ui.addresses import BadAddress
from statetrace_ui.web.errors import UserError

UNREACHABLE = (psycopg.Error, BadAddress, UserError)
DEADLINE = 2.0  # seconds that a list of exports waits for all its databases
AT_ONCE = 16  # databases that one list asks at the same time
SILENT_FOR = 30  # seconds in which lists do not ask a database again that gave no answer by the deadline
Key = tuple[int, int, int]
_silent: dict[Key, float] = {}  # until when, on the monotonic clock; of this process


@dataclass(frozen=True)
class Waiting:
    """count: sessions that differ; None: a database did not answer. is_made: whether the target exists."""

    count: int | None = None
    is_made: bool = True


@dataclass(frozen=True)
class _Pair:
    """Exports that read the same database and write the same."""

    key: Key
    exports: list[UserFlowExport]
    source: Opener
    target: Opener | None

    @property
    def is_silent(self) -> bool:
        return _silent.get(self.key, 0) > time.monotonic()

    @property
    def unknown(self) -> dict[int, Waiting]:
        return {export.pk: Waiting() for export in self.exports}


def waiting_sessions(exports: list[UserFlowExport], chosen: dict[int, Options]) -> dict[int, Waiting]:
    """What waits, by export, asking each pair of databases once."""
    pairs = [_pair(list(alike)) for _, alike in groupby(sorted(exports, key=_key), key=_key)]
    if len(pairs) == 1:
        return _ask(pairs[0], chosen)
    found = {pk: waiting for pair in pairs for pk, waiting in pair.unknown.items()}
    for answer in _at_once([(pair, chosen) for pair in pairs if not pair.is_silent]):
        found |= answer
    return found


def _key(export: UserFlowExport) -> Key:
    return export.organisation_id, export.mirror_id or 0, export.target_id or 0


def _pair(exports: list[UserFlowExport]) -> _Pair:
    """Read here, in the caller's transaction, what the threads need to connect."""
    first = exports[0]
    return _Pair(_key(first), exports, source_opener(first, PAGE_PATIENCE), target_opener(first, PAGE_PATIENCE))


def _at_once(asked: list[tuple[_Pair, dict[int, Options]]]) -> list[dict[int, Waiting]]:
    """The answers that came in time. Threads that still wait end by their connection's own limits."""
    threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="exports")
    answers = {threads.submit(_ask_in_thread, pair, chosen): pair for pair, chosen in asked}
    in_time, late = wait(answers, DEADLINE)
    threads.shutdown(wait=False, cancel_futures=True)
    for answer in late:
        _silent[answers[answer].key] = time.monotonic() + SILENT_FOR
    return [answer.result() for answer in in_time]


def _ask_in_thread(pair: _Pair, chosen: dict[int, Options]) -> dict[int, Waiting]:
    try:
        return _ask(pair, chosen)
    finally:
        connections.close_all()


def _ask(pair: _Pair, chosen: dict[int, Options]) -> dict[int, Waiting]:
    try:
        with pair.source() as source:
            found = _compare(pair, source, chosen)
    except UNREACHABLE:
        return pair.unknown
    _silent.pop(pair.key, None)
    return found


def _compare(pair: _Pair, source: copy.Connection, chosen: dict[int, Options]) -> dict[int, Waiting]:
    def each(count: Callable[[UserFlowExport], int], is_made: bool) -> dict[int, Waiting]:
        return {export.pk: Waiting(count(export), is_made) for export in pair.exports}

    if pair.target is None:
        return each(lambda one: len(copy.wanted_versions(source, one.user_flow_id, chosen[one.pk])), is_made=False)
    with pair.target() as target:
        return each(lambda one: len(copy.difference(source, target, one.user_flow_id, chosen[one.pk])), is_made=True)
