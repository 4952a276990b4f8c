"""The one place where records are held to what the store can keep; every importer's bundle passes through here."""

import math
from dataclasses import fields, replace
from datetime import datetime, timedelta
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import numpy as np

from replica.importing.bundle import LONGEST_MS, Between, Bundle, Calls, Exchange, ImportFailed, Profile, Series, Width

Record = TypeVar("Record")


def validated(bundle: Bundle) -> Bundle:
    """The bundle with texts cut to their columns' widths; ImportFailed for a number that cannot be true."""
    return replace(
        bundle,
        metadata=fitted(bundle.metadata),
        measurements=tuple(map(fitted, bundle.measurements)),
        tags=tuple(map(fitted, bundle.tags)),
        labels=tuple(_ends_after_start(fitted(label)) for label in bundle.labels),
        series=tuple(_series(fitted(series)) for series in bundle.series),
        issues=tuple(_ends_after_start(fitted(issue)) for issue in bundle.issues),
        exchanges=tuple(_near(bundle.metadata.start, fitted(exchange)) for exchange in bundle.exchanges),
        profile=_profile(bundle.profile) if bundle.profile else None,
    )


def fitted(record: Record) -> Record:
    """One record with its texts clean and cut, its numbers checked against the limits beside their fields."""
    changed = {}
    for name, limit in _limits(cast(Any, type(record))).items():
        value = getattr(record, name)
        if isinstance(value, str):
            text = cut(value, limit.characters) if isinstance(limit, Width) else value
            if text is not value:
                changed[name] = text
        elif isinstance(value, int | float):
            _check_number(type(record).__name__, name, value, limit)
    return replace(record, **changed) if changed else record  # type: ignore[type-var]


def cut(text: str, width: int) -> str:
    """`text` as PostgreSQL can hold it in `width` characters: no NUL, no lone surrogate, `…` where it was cut."""
    if "\x00" in text or not text.isascii():
        text = text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    return text if len(text) <= width else text[: width - 1] + "…"


def _check_number(record: str, name: str, value: float, limit: Width | Between) -> None:
    thing = f"{record.lower()}'s {name.replace('_', ' ')}"
    if not math.isfinite(value):
        raise ImportFailed(f"a {thing} is {value}, which is not a number that can be kept")
    if isinstance(limit, Between) and value < limit.least:
        raise ImportFailed(f"a {thing} is {value:g}; it cannot be less than {limit.least:g}")
    if isinstance(limit, Between) and value > limit.most:
        raise ImportFailed(f"a {thing} is {value:g}; it cannot be more than {limit.most:g}")


@cache
def _limits(record: Any) -> dict[str, Width | Between]:
    hints = get_type_hints(record, include_extras=True)
    found = {field.name: _limit(hints[field.name]) for field in fields(record)}
    return {name: limit for name, limit in found.items() if limit}


def _limit(hint: Any) -> Width | Between | None:
    if get_origin(hint) is Annotated:
        return next((mark for mark in hint.__metadata__ if isinstance(mark, Width | Between)), None)
    if get_origin(hint) in (Union, UnionType):
        return next((limit for part in get_args(hint) if (limit := _limit(part))), None)
    return None


def _near(start: datetime | None, exchange: Exchange) -> Exchange:
    if start and not timedelta(0) <= exchange.start - start <= timedelta(milliseconds=LONGEST_MS):
        began, session = (time.isoformat(" ", "seconds") for time in (exchange.start, start))
        raise ImportFailed(f"an exchange began at {began}, not within a year after the session did at {session}")
    return exchange


def _ends_after_start(record: Record) -> Record:
    start, end = record.start_ms, record.end_ms  # type: ignore[attr-defined]
    if end < start:
        raise ImportFailed(f"a {type(record).__name__.lower()} ends at {end:g} ms, before its start at {start:g} ms")
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
        fitted(profile),
        processes=tuple(map(fitted, profile.processes)),
        threads=tuple(map(fitted, profile.threads)),
        methods=tuple(map(fitted, profile.methods)),
    )


def _check_calls(calls: Calls) -> None:
    if not len(calls):
        return
    if calls.start_us.min() < 0 or calls.end_us.max() > LONGEST_MS * 1000:
        raise ImportFailed("a call lies outside of the session's start and a year later")
    if (calls.end_us < calls.start_us).any():
        raise ImportFailed("a call ends before it starts")
