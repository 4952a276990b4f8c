"""Puts several function call profiles side by side, or one of them later."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from replica.importing.bundle import Profile
from replica.importing.calls import join_calls

Record = TypeVar("Record")


def shift_profile(profile: Profile, us: int) -> Profile:
    """The same profile `us` later."""
    return replace(
        _shift(profile, us, "start_us", "end_us"),
        processes=tuple(_shift(process, us, "start_us") for process in profile.processes),
        threads=tuple(_shift(thread, us, "start_us", "end_us") for thread in profile.threads),
        calls=_shift(profile.calls, us, "start_us", "end_us"),
    )


def _shift(record: Record, us: int, *names: str) -> Record:
    times = {name: value + us for name in names if (value := getattr(record, name)) is not None}
    return replace(record, **times)  # type: ignore[type-var]


def merge_profiles(profiles: Sequence[Profile]) -> Profile | None:
    """The processes of all profiles; a process id that is taken becomes the next free one."""
    if len(profiles) < 2:
        return profiles[0] if profiles else None
    parts = _with_own_process_ids(profiles)
    return Profile(
        platform=parts[0].platform,
        has_cpu_time=any(part.has_cpu_time for part in parts),
        start_us=min(part.start_us for part in parts),
        end_us=max(part.end_us for part in parts),
        processes=_records(parts, "processes"),
        threads=_records(parts, "threads"),
        methods=_records(parts, "methods"),
        calls=join_calls([part.calls for part in parts]),
    )


def _records(parts: Sequence[Profile], name: str) -> tuple[Any, ...]:
    return tuple(record for part in parts for record in getattr(part, name))


def _with_own_process_ids(profiles: Sequence[Profile]) -> list[Profile]:
    taken: set[int] = set()
    parts = []
    for profile in profiles:
        part = _with_free_process_ids(profile, taken)
        taken |= {process.id for process in part.processes}
        parts.append(part)
    return parts


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
