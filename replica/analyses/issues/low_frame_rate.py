"""Low Frame Rate: fewer than 30 frames a second. Pure.

Told by a series with *frame* or *fps* in its key or name that counts by the second (`1/s`, `fps`, `frames/s`, `Hz`).
The impact is what a stretch below 30 lasts beyond 200 ms: a single long frame is no lack of fluency.
"""

from replica.analyses.issues.watched import Watched, words
from replica.analyses.recorded import Series

CATEGORY, GROUP, VERSION = "Low Frame Rate", "user experience", 1
LEAST_RATE = 30.0
RATES = {"1/s", "fps", "frames/s", "frames per second", "hz"}


def is_of(series: Series) -> bool:
    name = words(series)
    return ("frame" in name or " fps " in name) and series.y_units.strip().lower() in RATES


WATCHED = Watched(is_of, lambda y: y < LEAST_RATE, benchmark_ms=200.0)
applies, find = WATCHED.applies, WATCHED.find
