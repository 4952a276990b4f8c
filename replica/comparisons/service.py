"""Compares two groups of sessions of one user flow: reads what they hold, and looks into the labels that moved."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from replica.analyses.measurements import OURS as DERIVED
from replica.compare.facts import CallFact, ExchangeFact, RowsFact, SeriesFact
from replica.compare.pairing import Groups, call_subjects, request_subjects, row_subjects, series_subjects
from replica.compare.selection import NotASelection, Selection, parse
from replica.compare.subjects import Comparison, Subject
from replica.compare.tree import compare_labels, least_inside, moved_windows, with_insides, with_rows
from replica.comparisons.baselines import baseline_of
from replica.comparisons.calls import calls_read_beside, compared_calls
from replica.comparisons.written import Written, rows_written
from replica.queries import compared
from replica.queries.groups import group_ids
from replica.schema.models import UserFlow
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation

Inner = TypeVar("Inner", ExchangeFact, CallFact, SeriesFact, RowsFact)


@dataclass(frozen=True, slots=True)
class Question:
    """Which groups of a flow are compared: two selections as people write them."""

    flow: UserFlow
    base: str
    new: str
    with_excluded: bool = False

    def swapped(self) -> "Question":
        return Question(self.flow, self.new, self.base, self.with_excluded)


@dataclass(frozen=True, slots=True)
class Compared:
    """The groups, what the comparison says, and what it could not look at."""

    question: Question
    groups: Groups
    comparison: Comparison
    notes: list[str] = field(default_factory=list)


def compare(organisation: Organisation, alias: str, question: Question, zone: dt.tzinfo) -> Compared:
    """Raises UserError where a selection is not understood, or chooses no session."""
    notes: list[str] = []
    groups = chosen_groups(organisation, alias, question, zone, notes)
    ids = groups.session_ids
    labels = compared.compared_labels(alias, ids)
    measurements = compared.compared_measurements(alias, ids, DERIVED)
    comparison = compare_labels(groups, labels, measurements)
    windows = moved_windows(comparison)
    written = rows_written(organisation, alias, ids, windows)
    if written.uncounted:
        notes.append(f"Beside {written.uncounted} of the sessions too much was written to be counted here.")
    comparison = with_rows(comparison, row_subjects(groups, _whole(written), written.sessions))
    url = organisation.replica.reading_url
    return Compared(question, groups, _inside(alias, url, groups, comparison, written, notes), notes)


def _whole(written: Written) -> list[RowsFact]:
    return [one for one in written.rows if one.label is None]


def chosen_groups(
    organisation: Organisation, alias: str, question: Question, zone: dt.tzinfo, notes: list[str]
) -> Groups:
    """The sessions of both sides. Raises UserError as `compare` does; notes: what is to be told of them is added."""
    base, new = (chosen_sessions(organisation, alias, question, line, zone) for line in (question.base, question.new))
    both = set(base) & set(new)
    if both:
        notes.append(f"{len(both)} of the sessions are in both groups; they count for the base alone.")
    sessions = {one.session_id: one for one in compared.compared_sessions(alias, [*base, *new])}
    found = Groups(
        [one for one in sessions.values() if one.session_id in set(base)],
        [one for one in sessions.values() if one.session_id in set(new) - both],
    )
    for side, line in ((found.base, question.base), (found.new, question.new)):
        if not side:
            raise UserError(f"No session of this flow matches “{line}”.", "Choose other sessions.", status=404)
    return found


def chosen_sessions(
    organisation: Organisation, alias: str, question: Question, line: str, zone: dt.tzinfo
) -> list[str]:
    """The ids of a group's sessions."""
    try:
        wanted = parse(line, zone)
    except NotASelection as problem:
        raise UserError(str(problem)) from None
    if wanted.baseline:
        wanted = Selection(session_ids=_baseline_ids(organisation, question.flow))
    return group_ids(alias, question.flow.user_flow_id, wanted, question.with_excluded)


def _baseline_ids(organisation: Organisation, flow: UserFlow) -> tuple[str, ...]:
    baseline = baseline_of(organisation, flow.user_flow_id)
    if baseline is None:
        raise UserError("This flow has no baseline.", "Compare two groups, and keep one of them as the baseline.")
    return tuple(baseline.session_ids)


def _inside(
    alias: str, url: str, groups: Groups, comparison: Comparison, written: Written, notes: list[str]
) -> Comparison:
    """The comparison with what is inside the labels that moved."""
    windows = moved_windows(comparison)
    if not windows:
        return comparison
    with calls_read_beside(url, windows) as read_calls:
        exchanges = _by_label(compared.compared_exchanges(alias, windows))
        points = compared.compared_series(alias, windows)
        columns = read_calls()
    found = None if columns is None else compared_calls(alias, windows, columns, least_inside(comparison))
    calls = _by_label(_or_note(found, "calls", notes))
    series = _by_label(_or_note(points, "points of series", notes))
    rows = _by_label(written.rows)

    def families(number: int) -> Sequence[Sequence[Subject]]:
        return (
            request_subjects(groups, exchanges.get(number, [])),
            call_subjects(groups, calls.get(number, [])),
            series_subjects(groups, series.get(number, [])),
            row_subjects(groups, rows.get(number, []), written.sessions),
        )

    return with_insides(comparison, families)


def _or_note(found: list[Inner] | None, kind: str, notes: list[str]) -> list[Inner]:
    if found is None:
        notes.append(f"The labels that moved hold too many {kind} to compare: choose fewer sessions to see them.")
    return found or []


def _by_label(facts: Iterable[Inner]) -> dict[int, list[Inner]]:
    found: dict[int, list[Inner]] = {}
    for fact in facts:
        if fact.label is not None:
            found.setdefault(fact.label, []).append(fact)
    return found
