"""Loading Animation: somebody looked at a spinner. Pure.

Told by a series *loading animation*: 0 where none is seen, 1 where one is, or how sure that is. The impact is what a
stretch of 0.5 or more lasts beyond a second.
"""

from replica.analyses.issues.watched import Watched, words
from replica.analyses.recorded import Series

CATEGORY, GROUP, VERSION = "Loading Animation", "user experience", 1
SURE = 0.5


def is_of(series: Series) -> bool:
    return " loading animation " in words(series)


WATCHED = Watched(is_of, lambda y: y >= SURE, benchmark_ms=1_000.0)
applies, find = WATCHED.applies, WATCHED.find
