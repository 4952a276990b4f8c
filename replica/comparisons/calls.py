"""Reads the calls of labels that moved as columns, and adds them up by method."""

from collections.abc import Sequence

import numpy as np

from replica.compare.facts import CallFact, Window
from replica.compare.self_times import CallColumns, self_times
from replica.databases.arrow import column_cursor
from replica.queries.compared import compared_methods

MOST_CALLS = 2_000_000
TIMEOUT = 30  # seconds
NEGLECTED = 0.1  # of the least that is listed: methods that ran no longer count as if they had not


def compared_calls(alias: str, url: str, windows: Sequence[Window], least_ms: Sequence[float]) -> list[CallFact] | None:
    """How long methods ran in the windows; None where these hold more calls than are looked at.

    least_ms: the least shift that is listed, by label. `url` is the address of the replica that `alias` names.
    """
    parameters = {
        "sessions": [window.session_id for window in windows],
        "starts": [window.start for window in windows],
        "ends": [window.end for window in windows],
        "limit": MOST_CALLS + 1,
    }
    with column_cursor(url, TIMEOUT) as replica:
        table = replica.table("compared_calls", **parameters)
    if len(table) > MOST_CALLS:
        return None
    ints = {name: table[name].to_numpy() for name in ("window", "process_id", "thread_id", "id", "method_id")}
    calls = CallColumns(
        window=ints["window"],
        process=ints["process_id"],
        thread=ints["thread_id"],
        id=ints["id"],
        parent=table["parent_call_id"].to_numpy(),
        method=ints["method_id"],
        us=np.asarray(table["us"].to_numpy(), np.float64),
        has_parent=np.asarray(table["has_parent"].to_numpy(zero_copy_only=False), np.bool_),
    )
    least = NEGLECTED * np.array([least_ms[window.label] for window in windows])
    return compared_methods(alias, windows, self_times(calls, least))
