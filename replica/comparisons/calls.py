"""Reads the calls of labels that moved as columns, and adds them up by method."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np

from replica.compare.facts import CallFact, Window
from replica.compare.self_times import CallColumns, self_times
from replica.databases.arrow import column_cursor
from replica.queries.compared import compared_methods

MOST_CALLS = 2_000_000
TIMEOUT = 30  # seconds
NEGLECTED = 0.1  # of the least that is listed: methods that ran no longer count as if they had not


@contextmanager
def calls_read_beside(url: str, windows: Sequence[Window]) -> Iterator[Callable[[], CallColumns | None]]:
    """Reads the calls in the windows from the address while the caller asks other things; what it yields waits.

    They are None where the windows hold more calls than are looked at.
    """
    with ThreadPoolExecutor(1, "calls") as thread:
        yield thread.submit(_read, url, windows).result


def _read(url: str, windows: Sequence[Window]) -> CallColumns | None:
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
    return CallColumns(
        window=ints["window"],
        process=ints["process_id"],
        thread=ints["thread_id"],
        id=ints["id"],
        parent=table["parent_call_id"].to_numpy(),
        method=ints["method_id"],
        us=np.asarray(table["us"].to_numpy(), np.float64),
        has_parent=np.asarray(table["has_parent"].to_numpy(zero_copy_only=False), np.bool_),
    )


def compared_calls(
    alias: str, windows: Sequence[Window], calls: CallColumns, least_ms: Sequence[float]
) -> list[CallFact]:
    """How long methods ran in the windows. least_ms: the least shift that is listed, by label."""
    least = NEGLECTED * np.array([least_ms[window.label] for window in windows])
    return compared_methods(alias, windows, self_times(calls, least))
