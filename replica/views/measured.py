"""What was measured in a captured session, as groups of lanes: of all of it, or of a range."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from replica import lanes
from replica.lanes import SPANS_A_GROUP, BusyThreads, SessionAxis
from replica.profiles.blocks import Blocks
from replica.profiles.busy import what_ran
from replica.profiles.service import built_blocks
from replica.queries.calls import BusySpan, busy_spans, method_names, process_names, threads
from replica.queries.issues import issues
from replica.queries.labels import marked_labels
from replica.queries.network import marked_exchanges
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.timeline import Group

US = 1000  # in a ms


@dataclass(frozen=True, slots=True)
class Measured:
    """A session of an organisation's replica, which `alias` names, from `first` to `last`, in ms."""

    organisation: Organisation
    alias: str
    session_id: str
    axis: SessionAxis
    first: float = -math.inf
    last: float = math.inf


def _labels(one: Measured) -> Group:
    return lanes.label_group(marked_labels(one.alias, one.session_id, one.first, one.last), one.axis)


def _issues(one: Measured) -> Group:
    found = issues(one.alias, one.session_id)
    within = [issue for issue in found if issue.start_time_ms <= one.last and issue.end_time_ms >= one.first]
    return lanes.issue_group(within, one.axis)


def _network(one: Measured) -> Group:
    return lanes.network_group(marked_exchanges(one.alias, one.session_id, one.first, one.last), one.axis)


def _threads(one: Measured) -> Group:
    """Without blocks, which are read by ranges, all calls are looked through: that is not done again for a range."""
    resolution = one.axis.length / SPANS_A_GROUP
    blocks = built_blocks(one.organisation, one.alias, one.session_id)
    if blocks:
        spans = spans_of(blocks, resolution, one.first, one.last)
    else:
        spans = busy_spans(one.alias, one.session_id, resolution) if math.isinf(one.first) else []
    busy = BusyThreads(
        spans=spans,
        threads={(thread.process_id, thread.id): thread.name for thread in threads(one.alias, one.session_id)},
        processes=process_names(one.alias, one.session_id),
        methods={} if blocks else method_names(one.alias, one.session_id, spans),
    )
    return lanes.thread_group(busy, one.axis)


def spans_of(blocks: Blocks, resolution: float, first: float = -math.inf, last: float = math.inf) -> list[BusySpan]:
    """When threads were busy from `first` to `last`, in ms, and with which call, out of the profile's blocks."""
    return [
        BusySpan(
            process_id=thread.process_id,
            thread_id=thread.id,
            start_us=one.start,
            end_us=one.end,
            calls=one.calls,
            name=blocks.methods[one.method].name,
            depth=one.depth,
            at_us=one.at,
        )
        for thread in blocks.threads
        for one in what_ran(blocks, thread, max(1, int(resolution * US)), first * US, last * US)
    ]


# In the order in which they stand on the page: from what was wanted down to what ran.
KINDS: dict[str, Callable[[Measured], Group]] = {
    "labels": _labels,
    "issues": _issues,
    "network": _network,
    "threads": _threads,
}
