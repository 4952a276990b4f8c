"""One question of each kind, and what is found of it."""

import time
from statistics import quantiles
from typing import Any

PATIENCE = 120.0  # seconds for all matches of a page
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


def ask_all(organisation: Any, times: int) -> dict[str, tuple[int, float]]:
    """{question: (matches on the first page, p95 in ms until they were found)}; the first time does not count."""
    from django.utils import timezone

    from statetrace_ui.history import search
    from statetrace_ui.history.question.parsing import parse

    taken = {}
    for name, line in LINES.items():
        question = parse(line, timezone.now(), timezone.get_current_timezone())
        found, each = 0, []
        for _ in range(times + 1):
            begun = time.perf_counter()
            found = len(search.changes(organisation, question, seconds=PATIENCE).page.rows)
            each.append((time.perf_counter() - begun) * 1000)
        taken[name] = found, quantiles(each[1:], n=20)[-1]
    return taken


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
