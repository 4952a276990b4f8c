"""The calls of two groups of sessions, as a query of the page of their difference narrows them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from replica.compare.facts import ComparedSession
from replica.compare.pairing import Groups, label_subjects
from replica.compare.subjects import Subject
from replica.comparisons.service import Question, chosen_groups
from replica.profiles.asked import asked_stacks
from replica.profiles.blocks import Blocks, Method
from replica.profiles.pairs import thread_named
from replica.profiles.service import profile_for
from replica.profiles.stacks import Span, Stacks
from replica.profiles.tree_diff import Sides, paired, renumbered
from replica.queries.compared import compared_labels
from replica.queries.flows import flow_or_404
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation

MOST_SESSIONS = 20  # of a side
MOST_CALLS = 5_000_000  # of a side; a session alone may have more
MsSpan = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Side:
    """The sessions of a side that count, with their blocks; told: how many they are, and which do not count."""

    blocks: Sequence[Blocks]
    stacks: Sequence[Stacks]
    told: str


@dataclass(frozen=True, slots=True)
class Merged:
    """Both sides with common numbers of methods; `methods` are those behind the numbers."""

    base: Side
    new: Side
    stacks: Sides
    methods: Sequence[Method]


def asked_groups(organisation: Organisation, alias: str, query: Mapping[str, Any]) -> tuple[Question, Groups]:
    """query: of an `AskedGroupsForm`. Raises UserError where no session is chosen."""
    flow = flow_or_404(alias, query["flow"])
    question = Question(flow, query["base"], query["new"], query["excluded"])
    return question, chosen_groups(organisation, alias, question, timezone.get_current_timezone(), [])


def asked_labels(alias: str, groups: Groups) -> list[Subject]:
    """The labels of both groups, paired, in order of time."""
    return label_subjects(groups, compared_labels(alias, groups.session_ids))


def merged_sides(organisation: Organisation, alias: str, query: dict[str, Any]) -> Merged:
    """The stacks of both sides, of the label, thread or range that is asked for."""
    _, groups = asked_groups(organisation, alias, query)
    spans = _spans_of_label(alias, groups, query["label"]) if query["label"] else None
    base, new = (_side(organisation, alias, one, spans, query) for one in (groups.base, groups.new))
    numbers, methods = paired([blocks.methods for blocks in (*base.blocks, *new.blocks)])
    stacks = [renumbered(one, n) for one, n in zip((*base.stacks, *new.stacks), numbers, strict=True)]
    return Merged(base, new, (stacks[: len(base.stacks)], stacks[len(base.stacks) :]), methods)


def _spans_of_label(alias: str, groups: Groups, key: str) -> dict[str, MsSpan]:
    """By session where the label is."""
    found = next((one for one in asked_labels(alias, groups) if one.key == key), None)
    if found is None:
        raise UserError("None of these sessions has such a label.", "Compare the whole sessions.", status=404)
    samples = (*found.base, *found.new)
    return {one.session_id: (one.start, one.end) for one in samples if one.start is not None and one.end is not None}


def _side(
    organisation: Organisation,
    alias: str,
    group: Sequence[ComparedSession],
    spans: Mapping[str, MsSpan] | None,
    query: dict[str, Any],
) -> Side:
    """The newest sessions with calls, with the label and with the thread, as many as are merged at once."""
    with_calls = [one.session_id for one in reversed(group) if one.has_calls]
    wanted = [one for one in with_calls if spans is None or one in spans]
    opened = list(_some(organisation, alias, wanted[:MOST_SESSIONS]))
    found = [(blocks, _stacks(blocks, _span(spans, one, query), query)) for one, blocks in opened]
    counted = [(blocks, stacks) for blocks, stacks in found if stacks is not None]
    without = {
        "without calls": len(group) - len(with_calls),
        "without this label": len(with_calls) - len(wanted),
        "without this thread": len(found) - len(counted),
        "older": len(wanted) - len(opened),
    }
    left_out = [f"{count:,} {words}" for words, count in without.items() if count]
    if not counted:
        raise UserError(
            f"Nothing can be compared: on one side are {' and '.join(left_out)}.", "Choose others.", status=404
        )
    return Side([blocks for blocks, _ in counted], [stacks for _, stacks in counted], _told(len(counted), left_out))


def _told(count: int, left_out: Sequence[str]) -> str:
    words = "1 session" if count == 1 else f"mean of {count} sessions"
    return f"{words}; left out: {', '.join(left_out)}" if left_out else words


def _some(organisation: Organisation, alias: str, session_ids: Iterable[str]) -> Iterator[tuple[str, Blocks]]:
    """Sessions with their blocks, one after the other, until they hold more calls than are merged at once."""
    calls = 0
    for session_id in session_ids:
        blocks = profile_for(organisation, alias, session_id).blocks()
        calls += sum(thread.calls for thread in blocks.threads)
        if calls > MOST_CALLS and calls > len(blocks.column("parent")):
            return
        yield session_id, blocks


def _stacks(blocks: Blocks, span: MsSpan | None, query: dict[str, Any]) -> Stacks | None:
    """None where the session has no such thread."""
    if query["weight"] == "cpu" and not blocks.has_cpu:
        raise UserError("One of these profiles has no CPU times.", "Compare wall time.")
    thread = thread_named(query["thread"], blocks.threads) if query["thread"] else None
    if query["thread"] and thread is None:
        return None
    return asked_stacks(blocks, thread, query | {"span": _within(blocks, span)})


def _span(spans: Mapping[str, MsSpan] | None, session_id: str, query: dict[str, Any]) -> MsSpan | None:
    """The part of a session that counts, in ms after its start: the label's, or the same of all sessions."""
    if spans is not None:
        return spans[session_id]
    start, end = query["from"], query["to"]
    return None if start is None or end is None else (start, end)


def _within(blocks: Blocks, span: MsSpan | None) -> Span | None:
    """The span in µs since the first call; one before the first call is empty."""
    if span is None:
        return None
    start, end = (max(0, round(ms * 1000) - blocks.origin) for ms in span)
    return start, end
