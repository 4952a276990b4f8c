"""Slow Downloads: answers that arrive more slowly than a usual connection would bring them. Pure.

Looked at is each answer of at least 10 KiB whose time of receiving was measured. The benchmark is 5 Mbit/s: so many
bytes take `bytes / 625` ms. The impact is what receiving took beyond that, at the end of the exchange; less than 100 ms
is none.
"""

from collections.abc import Iterator

from replica.analyses.recorded import Impact, Recorded

CATEGORY, GROUP, VERSION = "Slow Downloads", "root cause", 1
LEAST_BYTES = 10 * 1024
BYTES_A_MS = 625.0  # 5 Mbit/s
LEAST_IMPACT_MS = 100.0


def applies(recorded: Recorded) -> bool:
    return any(one.receive_ms is not None for one in recorded.exchanges)


def find(recorded: Recorded) -> Iterator[Impact]:
    """An issue for each host, with an impact for each slow answer."""
    for one in recorded.exchanges:
        if one.receive_ms is None or (one.response_bytes or 0) < LEAST_BYTES:
            continue
        impact = one.receive_ms - (one.response_bytes or 0) / BYTES_A_MS
        if impact >= LEAST_IMPACT_MS:
            yield Impact(one.host, one.end_ms - impact, one.end_ms, impact, one.host, one.message_id)
