"""Low Page Content: the screen was nearly empty. Pure.

Told by a series *page content*, from 0 (one colour) to 1. The impact is what a stretch below 0.1 lasts beyond a second.
"""

from replica.analyses.issues.watched import Watched, words
from replica.analyses.recorded import Series

CATEGORY, GROUP, VERSION = "Low Page Content", "user experience", 1
LEAST_CONTENT = 0.1


def is_of(series: Series) -> bool:
    return " page content " in words(series)


WATCHED = Watched(is_of, lambda y: y < LEAST_CONTENT, benchmark_ms=1_000.0)
applies, find = WATCHED.applies, WATCHED.find
