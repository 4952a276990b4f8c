"""Baselines of user flows: which sessions a flow is held against, and which flows got slower than theirs."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from replica.compare.facts import ComparedSession
from replica.compare.pairing import Groups, flow_subject
from replica.compare.subjects import Entry
from replica.compare.tree import entries_of
from replica.comparisons.models import FlowBaseline
from replica.schema.named_queries import rows
from statetrace_ui.web.models import Organisation

NEWEST = 10  # sessions that are held against the baseline
AGAINST_BASELINE = {"base": "baseline", "new": f"newest:{NEWEST}"}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a flow's newest sessions compare with its baseline."""

    entry: Entry

    @property
    def is_slower(self) -> bool:
        return self.entry.is_clear and self.entry.shift is not None and self.entry.shift.value > 0


@dataclass(frozen=True, slots=True)
class _Duration:
    user_flow_id: str
    session_id: str
    ms: float | None
    is_base: bool


def baseline_of(organisation: Organisation, user_flow_id: str) -> FlowBaseline | None:
    return FlowBaseline.objects.filter(organisation=organisation, user_flow_id=user_flow_id).first()


def keep_baseline(organisation: Organisation, user_flow_id: str, session_ids: list[str], words: str, by: str) -> None:
    """From now on the flow is held against these sessions."""
    FlowBaseline.objects.update_or_create(
        organisation=organisation,
        user_flow_id=user_flow_id,
        defaults={"session_ids": session_ids, "words": words, "kept_by": by},
    )


def standings(organisation: Organisation, alias: str, flows: Collection[str] | None = None) -> dict[str, Standing]:
    """Of every flow with a baseline, or of those among `flows`, by its id: one statement, however many there are."""
    baselines = FlowBaseline.objects.filter(organisation=organisation)
    kept = list(baselines if flows is None else baselines.filter(user_flow_id__in=flows))
    if not kept:
        return {}
    found = rows(
        alias,
        "baseline_durations",
        _Duration,
        flows=[baseline.user_flow_id for baseline in kept],
        sessions=[session_id for baseline in kept for session_id in baseline.session_ids],
        newest=NEWEST,
    )
    by_flow: dict[str, list[_Duration]] = defaultdict(list)
    for one in found:
        by_flow[one.user_flow_id].append(one)
    return {one.user_flow_id: _standing(by_flow[one.user_flow_id]) for one in kept}


def _standing(durations: list[_Duration]) -> Standing:
    base, new = (
        [ComparedSession(one.session_id, None, one.ms) for one in durations if one.is_base == is_base]
        for is_base in (True, False)
    )
    [entry] = entries_of([flow_subject(Groups(base, new))], parent_moved=True)
    return Standing(entry)
