"""Two captured sessions on one time axis: each lane of one above the same lane of the other. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from replica.compare.alignment import Part, Span, step_by_step
from replica.compare.path_templates import address_of, written
from statetrace_ui.web.timeline import DIGITS, Group, Lane, Side, Timeline
from statetrace_ui.web.timeline import Span as Mark

BASE, NEW = "base", "new"


def side_by_side(base: Timeline, new: Timeline) -> Timeline:
    """Both as one. Its moments are those of each session since its own start; `Side.parts` line them up."""
    groups = _paired_groups(base.groups, new.groups)
    steps = [(_place(one), _place(other)) for one, other in _pairs_of(groups, "labels")]
    parts = step_by_step(steps, (base.length, new.length))
    pairs = [*_keys(_pairs_of(groups, "labels")), *_keys(_pairs_of(groups, "network", parts))]
    sides = [Side(BASE, "Base", _as_lists(parts[0])), Side(NEW, "New", _as_lists(parts[1]))]
    return Timeline(base.origin, max(base.length, new.length), groups, sides, pairs)


def _as_lists(parts: Iterable[Part]) -> list[tuple[float, float, float]]:
    # As spans are rounded, so that a label ends where its part does.
    return [(round(part.start, DIGITS), round(part.end, DIGITS), round(part.at, DIGITS)) for part in parts]


def _place(mark: Mark) -> Span:
    return mark.start, mark.end


def _keys(pairs: Iterable[tuple[Mark, Mark]]) -> Iterator[tuple[str, str]]:
    return ((base.key, new.key) for base, new in pairs)


def _paired_groups(base: Sequence[Group], new: Sequence[Group]) -> list[Group]:
    """The groups of both, in the order of the base; what only the new session has comes last."""
    by_key = {group.key: group for group in (*new, *base)}
    of_new = {group.key: group for group in new}
    of_base = {group.key: group for group in base}
    keys = dict.fromkeys([*of_base, *of_new])
    return [
        replace(
            by_key[key],
            lanes=list(_paired_lanes(of_base.get(key), of_new.get(key))),
            folded=any(side[key].folded for side in (of_base, of_new) if key in side),
            href="",
            finer="",
        )
        for key in keys
    ]


def _paired_lanes(base: Group | None, new: Group | None) -> Iterator[Lane]:
    """Each lane of the base above the new session's of the same name; where one lacks it, above or below nothing."""
    found: dict[str, tuple[list[Lane], list[Lane]]] = defaultdict(lambda: ([], []))
    for side, group in enumerate((base, new)):
        for lane in group.lanes if group else ():
            found[_shown_name(group.key if group else "", lane)][side].append(lane)
    for name, sides in found.items():
        for number, (one, other) in enumerate(zip_longest(*sides)):
            yield _sided(one or _lacking(other, number), BASE, name)
            yield _sided(other or _lacking(one, number), NEW, name)


def _shown_name(group_key: str, lane: Lane) -> str:
    """A server of a test takes whatever port is free: its host is the same without it."""
    return address_of(lane.name, "")[0] if group_key == "network" else lane.name


def _lacking(other: Lane, number: int) -> Lane:
    return Lane(f"{other.key}-{number}-lacking", other.name, unit=other.unit)


def _sided(lane: Lane, side: str, name: str) -> Lane:
    spans = [replace(span, key=f"{side}-{span.key}" if span.key else "") for span in lane.spans]
    return replace(lane, key=f"{side}-{lane.key}", name=name, spans=spans, side=side)


def _pairs_of(
    groups: Iterable[Group], key: str, parts: tuple[Sequence[Part], Sequence[Part]] = ((), ())
) -> list[tuple[Mark, Mark]]:
    """What is the same thing in both sessions: by lane, name and occurrence, within one part where there are any."""
    lanes = [lane for group in groups if group.key == key for lane in group.lanes]
    pairs = []
    for base, new in zip(lanes[::2], lanes[1::2], strict=True):
        known = _numbered(base, parts[0], key)
        pairs += [(known[name], mark) for name, mark in _numbered(new, parts[1], key).items() if name in known]
    return pairs


def _numbered(lane: Lane, parts: Sequence[Part], key: str) -> dict[tuple[int, str, int], Mark]:
    met: dict[tuple[int, str], int] = defaultdict(int)
    found = {}
    for mark in lane.spans:
        if mark.count == 1 and mark.key:
            name = _part_of(mark.start, parts), _name_of(mark, lane, key)
            met[name] += 1
            found[*name, met[name]] = mark
    return found


def _part_of(ms: float, parts: Sequence[Part]) -> int:
    return sum(part.start <= ms for part in parts)


def _name_of(mark: Mark, lane: Lane, key: str) -> str:
    """A label's name; the path of a request, whose status may differ, without what differs between sessions."""
    return written(address_of(lane.name, mark.name.partition(" /")[2])) if key == "network" else mark.name
