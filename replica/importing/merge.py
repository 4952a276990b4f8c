"""Several bundles that describe one session, put on one time axis."""

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import numpy as np

from replica.importing.bundle import Bundle, ImportFailed, Metadata, Profile
from replica.importing.calls import joined

Record = TypeVar("Record")


def merged(bundles: Iterable[Bundle], start: datetime | None = None) -> Bundle:
    """One bundle of several that describe one session.

    The session begins at `start`, else with the earliest bundle that knows when it began. A bundle that knows is moved
    to its place; one that does not begins with the session. Of two values for one thing the first is kept.
    """
    parts = list(bundles)
    start = start or min((part.metadata.start for part in parts if part.metadata.start), default=None)
    parts = [_placed(part, start) for part in parts]
    return Bundle(
        metadata=replace(_first_known([part.metadata for part in parts]), start=start),
        measurements=_first_of_each((x for part in parts for x in part.measurements), "name", "type"),
        tags=_first_of_each((x for part in parts for x in part.tags), "key", "value"),
        labels=_first_of_each((x for part in parts for x in part.labels), "id"),
        series=_first_of_each((x for part in parts for x in part.series), "key"),
        issues=_first_of_each((x for part in parts for x in part.issues), "category", "issue_id", "impact_id"),
        exchanges=tuple(sorted((x for part in parts for x in part.exchanges), key=lambda x: x.start)),
        profile=_profiles_merged([part.profile for part in parts if part.profile]),
    )


def _placed(bundle: Bundle, start: datetime | None) -> Bundle:
    known = bundle.metadata.start
    if start is None or known is None or known == start:
        return bundle
    if known < start:
        raise ImportFailed(f"a file begins at {known.isoformat(' ')}, before its session: give an earlier --start")
    return shifted(bundle, (known - start) / timedelta(milliseconds=1))


def shifted(bundle: Bundle, ms: float) -> Bundle:
    """The same bundle with its relative times `ms` later; what is absolute stays."""
    return replace(
        bundle,
        labels=tuple(replace(x, start_ms=x.start_ms + ms, end_ms=x.end_ms + ms) for x in bundle.labels),
        issues=tuple(replace(x, start_ms=x.start_ms + ms, end_ms=x.end_ms + ms) for x in bundle.issues),
        series=tuple(replace(series, x=series.x + ms) for series in bundle.series),
        profile=_profile_shifted(bundle.profile, round(ms * 1000)) if bundle.profile else None,
    )


def _profile_shifted(profile: Profile, us: int) -> Profile:
    def later(record: Record, *names: str) -> Record:
        known = {name: value + us for name in names if (value := getattr(record, name)) is not None}
        return replace(record, **known)  # type: ignore[type-var]

    return replace(
        later(profile, "start_us", "end_us"),
        processes=tuple(later(process, "start_us") for process in profile.processes),
        threads=tuple(later(thread, "start_us", "end_us") for thread in profile.threads),
        calls=later(profile.calls, "start_us", "end_us"),
    )


def _first_known(metadata: list[Metadata]) -> Metadata:
    def first(name: str) -> Any:
        return next((value for one in metadata if (value := getattr(one, name)) is not None), None)

    return Metadata(**{field.name: first(field.name) for field in fields(Metadata)})


def _first_of_each(records: Iterable[Record], *key: str) -> tuple[Record, ...]:
    found: dict[tuple[object, ...], Record] = {}
    for record in records:
        found.setdefault(tuple(getattr(record, name) for name in key), record)
    return tuple(found.values())


def _profiles_merged(profiles: list[Profile]) -> Profile | None:
    """All processes side by side; a process id that is taken becomes the next free one."""
    if len(profiles) < 2:
        return profiles[0] if profiles else None
    apart: list[Profile] = []
    for profile in profiles:
        apart.append(_with_free_process_ids(profile, {process.id for one in apart for process in one.processes}))
    return Profile(
        platform=apart[0].platform,
        has_cpu_time=any(one.has_cpu_time for one in apart),
        start_us=min(one.start_us for one in apart),
        end_us=max(one.end_us for one in apart),
        processes=tuple(x for one in apart for x in one.processes),
        threads=tuple(x for one in apart for x in one.threads),
        methods=tuple(x for one in apart for x in one.methods),
        calls=joined([one.calls for one in apart]),
    )


def _with_free_process_ids(profile: Profile, taken: set[int]) -> Profile:
    ids = {process.id for process in profile.processes}
    if not ids & taken:
        return profile
    first = max(taken | ids) + 1
    new = {old: first + n for n, old in enumerate(sorted(ids))}
    old_ids = np.array(sorted(new), dtype=np.int64)
    process_id = np.searchsorted(old_ids, profile.calls.process_id) + first
    return replace(
        profile,
        processes=tuple(replace(x, id=new[x.id]) for x in profile.processes),
        threads=tuple(replace(x, process_id=new[x.process_id]) for x in profile.threads),
        methods=tuple(replace(x, process_id=new[x.process_id]) for x in profile.methods),
        calls=replace(profile.calls, process_id=process_id.astype(np.int64)),
    )
