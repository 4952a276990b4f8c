"""Makes subjects of what sessions hold: what is the same thing in two sessions, whatever took longer in between."""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from replica.compare.facts import (
    CallFact,
    ComparedSession,
    ExchangeFact,
    LabelFact,
    MeasurementFact,
    RowsFact,
    SeriesFact,
    Window,
)
from replica.compare.path_templates import Address, address_of, without_values, written
from replica.compare.subjects import Kind, Sample, Subject
from replica.network import host_of, path_of, without_servers

T = TypeVar("T")
Key = tuple[str, ...]
Samples = dict[str, Sample]  # by session
ENGINE = {"(idle)", "(program)", "(root)"}  # V8's names for the time in which no function of the page ran
ANONYMOUS = "(anonymous)"


@dataclass(frozen=True, slots=True)
class Groups:
    """The sessions of both sides; none is on both."""

    base: Sequence[ComparedSession]
    new: Sequence[ComparedSession]

    @property
    def session_ids(self) -> list[str]:
        return [session.session_id for session in (*self.base, *self.new)]

    def where(self, counts: Callable[[ComparedSession], bool]) -> "Groups":
        """Only the sessions that count."""
        return Groups(list(filter(counts, self.base)), list(filter(counts, self.new)))

    def subject(self, kind: Kind, name: str, samples: Samples, unit: str = "ms", place: str = "") -> Subject:
        """The subject that has these samples in these sessions."""
        base, new = (
            [samples[one.session_id] for one in side if one.session_id in samples] for side in (self.base, self.new)
        )
        return Subject(kind, name, base, new, unit, place)

    def with_nothing(self, samples: Samples) -> Samples:
        """The samples, and 0 for each session without one."""
        return {**{session_id: Sample(session_id, 0.0) for session_id in self.session_ids}, **samples}


def flow_subject(groups: Groups) -> Subject:
    """The flow itself: how long its sessions took."""
    sessions = (*groups.base, *groups.new)
    timed = {one.session_id: one.duration for one in sessions if one.duration is not None}
    samples = {session_id: Sample(session_id, ms, 0.0, ms) for session_id, ms in timed.items()}
    return groups.subject(Kind.FLOW, "The whole flow", samples)


def label_subjects(groups: Groups, labels: Iterable[LabelFact]) -> list[Subject]:
    """A subject for each (category, name, occurrence), in the order in which they begin."""
    groups = groups.where(lambda session: session.has_labels)
    by_key: dict[tuple[str, str, int], Samples] = defaultdict(dict)
    for label, number in _numbered(labels, lambda label: (label.category, label.name)):
        sample = Sample(label.session_id, label.end - label.start, label.start, label.end)
        by_key[label.category, label.name, number][label.session_id] = sample
    return [
        groups.subject(Kind.LABEL, name, _of_both_sides(groups, samples), place=_place(category, number))
        for (category, name, number), samples in by_key.items()
    ]


def _of_both_sides(groups: Groups, samples: Samples) -> Samples:
    """A label that no session of one side has took no time there: it is gone, or new.

    Where only some sessions of a side lack it, they ended before it, and say nothing of how long it takes.
    """
    lacking = [
        session.session_id
        for side in (groups.base, groups.new)
        if not any(session.session_id in samples for session in side)
        for session in side
    ]
    return {**samples, **{session_id: Sample(session_id, 0.0) for session_id in lacking}}


def _place(category: str, number: int) -> str:
    parts = [category] if category else []
    return " · ".join([*parts, f"no. {number}"] if number > 1 else parts)


def _numbered(facts: Iterable[T], key_of: Callable[[T], Key]) -> Iterator[tuple[T, int]]:
    """Each fact with the number of its occurrence in its session, from 1. Facts come in order of time."""
    met: dict[tuple[str, Key], int] = defaultdict(int)
    for fact in facts:
        key = (fact.session_id, key_of(fact))  # type: ignore[attr-defined]
        met[key] += 1
        yield fact, met[key]


def windows_of(subject: Subject, number: int) -> list[Window]:
    """Where a label is, in all sessions that have it."""
    return [
        Window(number, sample.session_id, sample.start, sample.end)
        for sample in (*subject.base, *subject.new)
        if sample.start is not None and sample.end is not None
    ]


def measurement_subjects(groups: Groups, facts: Iterable[MeasurementFact]) -> list[Subject]:
    by_name: dict[tuple[str, str], Samples] = defaultdict(dict)
    for fact in facts:
        by_name[fact.name, fact.unit][fact.session_id] = Sample(fact.session_id, fact.value)
    return [groups.subject(Kind.MEASUREMENT, name, samples, unit) for (name, unit), samples in by_name.items()]


def request_subjects(groups: Groups, exchanges: Sequence[ExchangeFact]) -> list[Subject]:
    """The requests inside one label, by address and occurrence; one that a session did not make took it no time."""
    groups = groups.where(lambda session: session.has_exchanges)
    templates = _templates(exchanges)
    by_key: dict[tuple[Address, int], Samples] = defaultdict(dict)
    for fact, number in _numbered(exchanges, lambda fact: templates[fact.url]):
        sample = Sample(fact.session_id, fact.ms, message_id=fact.message_id)
        by_key[templates[fact.url], number][fact.session_id] = sample
    with_host = len({address[0] for address in templates.values()}) > 1
    return [
        groups.subject(
            Kind.REQUEST, written(address, with_host), groups.with_nothing(samples), place=_place("", number)
        )
        for (address, number), samples in by_key.items()
    ]


def _templates(exchanges: Sequence[ExchangeFact]) -> dict[str, Address]:
    """The address of each URL, without what is a value in it."""
    addresses = {url: address_of(host_of(url), path_of(url)) for url in {fact.url for fact in exchanges}}
    found: dict[str, list[Address]] = defaultdict(list)
    for fact in exchanges:
        found[fact.session_id].append(addresses[fact.url])
    made = without_values(found)
    return {url: made[address] for url, address in addresses.items()}


def call_subjects(groups: Groups, calls: Iterable[CallFact]) -> list[Subject]:
    """The methods that ran inside one label, by name and package; numbers of methods differ between sessions."""
    groups = groups.where(lambda session: session.has_calls)
    by_key: dict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for call in calls:
        if call.name not in ENGINE:
            by_key[_method(call)][call.session_id] += call.ms
    return [
        groups.subject(Kind.CALL, name, groups.with_nothing(_samples(values)), place=package)
        for (name, package), values in by_key.items()
    ]


def _method(call: CallFact) -> tuple[str, str]:
    """The name that is the same in all sessions: of a function without a name, its place in the source.

    A server's address is left out, since builds are compared that lie on other servers.
    """
    name = call.name or call.raw_name
    if name.startswith(ANONYMOUS):
        name = call.raw_name
    return without_servers(name), without_servers(call.package)


def _samples(values: dict[str, float]) -> Samples:
    return {session_id: Sample(session_id, value) for session_id, value in values.items()}


def series_subjects(groups: Groups, facts: Iterable[SeriesFact]) -> list[Subject]:
    """The means of the series inside one label."""
    by_key: dict[tuple[str, str], list[SeriesFact]] = defaultdict(list)
    for fact in facts:
        by_key[fact.key, fact.unit].append(fact)
    return [
        groups.subject(Kind.SERIES, found[0].name, _samples({one.session_id: one.value for one in found}), unit)
        for (_, unit), found in by_key.items()
    ]


def row_subjects(groups: Groups, facts: Iterable[RowsFact], known: Container[str]) -> list[Subject]:
    """The rows of each table and kind. known: the sessions of which it is known what they wrote."""
    groups = groups.where(lambda session: session.session_id in known)
    by_key: dict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for fact in facts:
        by_key[fact.table, fact.kind][fact.session_id] += fact.count
    return [
        groups.subject(Kind.ROWS, table, groups.with_nothing(_samples(counts)), "rows", kind)
        for (table, kind), counts in sorted(by_key.items())
    ]
