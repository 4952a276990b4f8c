"""One question of each kind, and what is found of it."""

import time
from collections.abc import Callable
from functools import partial
from statistics import quantiles
from typing import Any, NamedTuple

PATIENCE = 600.0  # seconds for all matches of a page
MOST_SECONDS = 20.0  # for the measurements of one question after the first
LINES = {
    "everything": "",
    "a table": "table:table_1",
    "deletions of a table": "table:table_1 kind:delete",
    "a record, by its key": "table:table_3 key:4711",
    "a word that is a key": "4711",
    "a table and a key, as words": "table_3 4711",
    "a field became one of four values": "field:state new:=paid",
    "a field was one of four values": "field:state old:=paid",
    "a field was altered": "table:table_2 field:state",
    "a field became a rare value": 'field:customer new:="customer 4711"',
    "a field became a value that none has": 'field:customer new:="nobody"',
    "any field became a rare value": 'new:="customer 4711"',
    "a number in a range that all have": "field:total new:<500",
    "a number in a rare range": "field:total new:>999.99",
    "a part of a text that none has": "field:note new:~nothing",
    "an actor": "actor:actor7",
    "a session": "session:s7",
    "an address": "url:/orders/7",
    "an address that none has": "url:/nowhere",
    "outside the application": "outside",
    "a transaction": "xid:4711",
    "outside, in a table": "outside table:table_4",
    "an actor and a table": "actor:actor7 table:table_1",
}


class Taken(NamedTuple):
    """p95 in ms. answer: to the first page, which may be incomplete. whole: to the first 50 matches, or to all."""

    answer: float
    whole: float
    found: int


def ask_all(organisation: Any, times: int) -> dict[str, Taken]:
    from django.utils import timezone

    from statetrace_ui.history import search
    from statetrace_ui.history.question.parsing import parse

    taken = {}
    for name, line in LINES.items():
        question = parse(line, timezone.now(), timezone.get_current_timezone())
        page, whole = (partial(search.changes, organisation, question, seconds=seconds) for seconds in (0.5, PATIENCE))
        found = len(whole().page.rows)
        taken[name] = Taken(p95(times, page), p95(times, whole), found)
    return taken


def p95(times: int, run: Callable[[], Any]) -> float:
    """In ms. Of fewer runs than asked for, but three at least, if they take long."""
    each: list[float] = []
    begun = time.perf_counter()
    while len(each) < times and (len(each) < 3 or time.perf_counter() - begun < MOST_SECONDS):
        started = time.perf_counter()
        run()
        each.append((time.perf_counter() - started) * 1000)
    return quantiles(each, n=20, method="inclusive")[-1]


def scanned_per_second(organisation: Any) -> float:
    """Of a question that must look at each change and that no index helps with."""
    from django.utils import timezone

    from statetrace_ui.history import search
    from statetrace_ui.history.models import Change
    from statetrace_ui.history.question.parsing import parse

    question = parse(LINES["a part of a text that none has"], timezone.now(), timezone.get_current_timezone())
    begun = time.perf_counter()
    assert not any(search.every(organisation, question))
    return Change.objects.filter(baseline=False).count() / (time.perf_counter() - begun)
