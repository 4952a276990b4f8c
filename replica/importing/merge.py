"""Puts several bundles that describe one session on one time axis."""

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from replica.importing.bundle import Bundle, ImportFailed, Metadata
from replica.importing.merge_profiles import merge_profiles, shift_profile

# The fields that tell one record of a session from another.
KEYS = {
    "measurements": ("name", "type"),
    "tags": ("key", "value"),
    "labels": ("id",),
    "series": ("key",),
    "issues": ("category", "issue_id", "impact_id"),
}


def merge_bundles(bundles: Iterable[Bundle], start: datetime | None = None) -> Bundle:
    """One bundle of several that describe one session.

    The session begins at `start`, else with the earliest bundle that knows when it began. A bundle that knows is moved
    to its place; one that does not begins with the session. Of two values for one thing the first is kept.
    """
    parts = list(bundles)
    start = start or min((part.metadata.start for part in parts if part.metadata.start), default=None)
    parts = [_in_place(part, start) for part in parts]
    return Bundle(
        metadata=replace(_first_values([part.metadata for part in parts]), start=start),
        exchanges=tuple(sorted(_records(parts, "exchanges"), key=attrgetter("start"))),
        screenshots=tuple(sorted(_records(parts, "screenshots"), key=attrgetter("at_ms"))),
        profile=merge_profiles([part.profile for part in parts if part.profile]),
        left_out=tuple(_records(parts, "left_out")),
        **{name: _first_of_each(_records(parts, name), key) for name, key in KEYS.items()},
    )


def _in_place(bundle: Bundle, start: datetime | None) -> Bundle:
    begins = bundle.metadata.start
    if start is None or begins is None or begins == start:
        return bundle
    if begins < start:
        raise ImportFailed(f"a file begins at {begins.isoformat(' ')}, before its session: give an earlier --start")
    return shift(bundle, (begins - start) / timedelta(milliseconds=1))


def shift(bundle: Bundle, ms: float) -> Bundle:
    """The same bundle with its relative times `ms` later; absolute times stay."""
    return replace(
        bundle,
        labels=tuple(replace(x, start_ms=x.start_ms + ms, end_ms=x.end_ms + ms) for x in bundle.labels),
        issues=tuple(replace(x, start_ms=x.start_ms + ms, end_ms=x.end_ms + ms) for x in bundle.issues),
        screenshots=tuple(replace(x, at_ms=x.at_ms + ms) for x in bundle.screenshots),
        series=tuple(replace(series, x=series.x + ms) for series in bundle.series),
        profile=shift_profile(bundle.profile, round(ms * 1000)) if bundle.profile else None,
    )


def _first_values(metadata: Sequence[Metadata]) -> Metadata:
    """Of each field the first value that is known."""

    def first(name: str) -> Any:
        return next((value for record in metadata if (value := getattr(record, name)) is not None), None)

    return Metadata(**{field.name: first(field.name) for field in fields(Metadata)})


def _records(parts: Sequence[Bundle], name: str) -> list[Any]:
    return [record for part in parts for record in getattr(part, name)]


def _first_of_each(records: Iterable[Any], key: Sequence[str]) -> tuple[Any, ...]:
    """The first record of each key."""
    key_of, first = attrgetter(*key), dict[Any, Any]()
    for record in records:
        first.setdefault(key_of(record), record)
    return tuple(first.values())
