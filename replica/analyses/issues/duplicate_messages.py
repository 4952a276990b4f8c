"""Duplicate Messages: the same answer to the same request was sent again. Pure.

Two exchanges are the same message if address (without its fragment), status, content type and both sizes agree. Only
answers of 200 to 299 with at least one byte count: a retry after an error and a 304 are no waste. The first one is the
reference, without impact; each later one has all of its duration as impact.
"""

from collections import defaultdict
from collections.abc import Iterator

from replica.analyses.recorded import Exchange, Impact, Recorded

CATEGORY, GROUP, VERSION = "Duplicate Messages", "root cause", 1


def applies(recorded: Recorded) -> bool:
    return bool(recorded.exchanges)


def find(recorded: Recorded) -> Iterator[Impact]:
    """An issue for each message that was repeated."""
    messages: dict[tuple[object, ...], list[Exchange]] = defaultdict(list)
    for one in recorded.exchanges:
        if one.status is not None and 200 <= one.status < 300 and one.response_bytes:
            messages[_message(one)].append(one)
    for same in messages.values():
        if len(same) > 1:
            yield from _impacts(same)


def _message(one: Exchange) -> tuple[object, ...]:
    return one.url.partition("#")[0], one.status, one.content_type, one.request_bytes, one.response_bytes


def _impacts(same: list[Exchange]) -> Iterator[Impact]:
    first, *later = sorted(same, key=lambda one: (one.start_ms, one.message_id))
    issue = "\n".join(map(str, _message(first)))
    yield Impact(issue, first.start_ms, first.end_ms, 0.0, first.host, first.message_id, reference=True)
    for one in later:
        yield Impact(issue, one.start_ms, one.end_ms, one.duration_ms or 0.0, one.host, one.message_id)
