"""Spans of time as the numbers that a time axis is made of. Pure."""

import datetime as dt


def milliseconds(delta: dt.timedelta) -> float:
    return delta / dt.timedelta(milliseconds=1)
