"""Checks records against the limits of the store; the bundles of every format pass through here."""

import math
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar, get_type_hints

import numpy as np

from replica.importing.bundle import LONGEST_MS, Between, Bundle, Calls, Exchange, ImportFailed, Profile, Series, Width

Record = TypeVar("Record")


def validate(bundle: Bundle) -> Bundle:
    """The bundle with each text no longer than its column; ImportFailed for a number that cannot be true."""
    return replace(
        bundle,
        metadata=fit(bundle.metadata),
        measurements=tuple(map(fit, bundle.measurements)),
        tags=tuple(map(fit, bundle.tags)),
        labels=tuple(_ends_after_start(fit(label)) for label in bundle.labels),
        series=tuple(_series(fit(series)) for series in bundle.series),
        issues=tuple(_ends_after_start(fit(issue)) for issue in bundle.issues),
        exchanges=tuple(_in_session(bundle.metadata.start, fit(exchange)) for exchange in bundle.exchanges),
        profile=_profile(bundle.profile) if bundle.profile else None,
        screenshots=tuple(map(fit, bundle.screenshots)),
    )


def fit(record: Record) -> Record:
    """The record with texts that fit their columns; ImportFailed for a number beyond the limits beside its field."""
    record_type: Any = type(record)
    changed = {}
    for name, limit in limits(record_type).items():
        value = getattr(record, name)
        if isinstance(value, str):
            text = shorten(value, limit.characters) if isinstance(limit, Width) else value
            if text is not value:
                changed[name] = text
        elif isinstance(value, int | float):
            _check_number(type(record).__name__, name, value, limit)
    return replace(record, **changed) if changed else record  # type: ignore[type-var]


def shorten(text: str, width: int) -> str:
    """At most `width` characters that PostgreSQL can hold: no NUL, no lone surrogate, and `…` where text was cut."""
    if "\x00" in text or not text.isascii():
        text = text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    return text if len(text) <= width else text[: width - 1] + "…"


def _check_number(record: str, name: str, value: float, limit: Width | Between) -> None:
    thing = f"{_one(record)}'s {name.replace('_', ' ')}"
    if not math.isfinite(value):
        raise ImportFailed(f"{thing} is {value}, which is not a number that can be kept")
    if isinstance(limit, Between) and value < limit.least:
        raise ImportFailed(f"{thing} is {value:g}; it cannot be less than {limit.least:g}")
    if isinstance(limit, Between) and value > limit.most:
        raise ImportFailed(f"{thing} is {value:g}; it cannot be more than {limit.most:g}")


def _one(record: str) -> str:
    """`Exchange` → `an exchange`"""
    return f"{'an' if record[0] in 'AEIO' else 'a'} {record.lower()}"


@cache
def limits(record: Any) -> dict[str, Width | Between]:
    """The limit beside each field that has one: the only thing that annotates a field's type."""
    hints = get_type_hints(record, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items() if hasattr(hint, "__metadata__")}


def _in_session(start: datetime | None, exchange: Exchange) -> Exchange:
    if start and not timedelta(0) <= exchange.start - start <= timedelta(milliseconds=LONGEST_MS):
        began, session = (time.isoformat(" ", "seconds") for time in (exchange.start, start))
        raise ImportFailed(f"an exchange began at {began}, not within a year after the session did at {session}")
    return exchange


def _ends_after_start(record: Record) -> Record:
    start, end = record.start_ms, record.end_ms  # type: ignore[attr-defined]
    if end < start:
        raise ImportFailed(f"{_one(type(record).__name__)} ends at {end:g} ms, before its start at {start:g} ms")
    return record


def _series(series: Series) -> Series:
    name = series.name
    if not (np.isfinite(series.x).all() and np.isfinite(series.y).all()):
        raise ImportFailed(f"the time series “{name}” holds a value that is not a finite number")
    if len(series.x) and (series.x.min() < 0 or series.x.max() > LONGEST_MS):
        raise ImportFailed(f"the time series “{name}” has times outside of 0 to {LONGEST_MS:g} ms (a year)")
    if (np.diff(series.x) >= 0).all():
        return series
    order = np.argsort(series.x, kind="stable")
    return replace(series, x=series.x[order], y=series.y[order])


def _profile(profile: Profile) -> Profile:
    _check_calls(profile.calls)
    if not 0 <= profile.start_us <= profile.end_us <= LONGEST_MS * 1000:
        raise ImportFailed("the profile does not lie between the session's start and a year later")
    return replace(
        fit(profile),
        processes=tuple(map(fit, profile.processes)),
        threads=tuple(map(fit, profile.threads)),
        methods=tuple(map(fit, profile.methods)),
    )


def _check_calls(calls: Calls) -> None:
    if not len(calls):
        return
    if calls.start_us.min() < 0 or calls.end_us.max() > LONGEST_MS * 1000:
        raise ImportFailed("a call lies outside of the session's start and a year later")
    if (calls.end_us < calls.start_us).any():
        raise ImportFailed("a call ends before it starts")
