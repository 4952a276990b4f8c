"""What pages show of the first steps."""

from dataclasses import dataclass

from django.conf import settings

from statetrace_ui.start.facts import Facts, facts_of
from statetrace_ui.start.sample.service import is_leaving
from statetrace_ui.start.steps import Step, steps
from statetrace_ui.web.models import Organisation


@dataclass(frozen=True, slots=True)
class Shown:
    """sample_leaves: whether sessions of former sample data are still being deleted."""

    facts: Facts
    steps: list[Step]
    sample_leaves: bool

    @property
    def all_done(self) -> bool:
        return all(step.done for step in self.steps)

    @property
    def taken(self) -> int:
        return sum(step.done for step in self.steps)

    @property
    def most_mib(self) -> int:
        return settings.API_UPLOAD_MIB


def shown_steps(organisation: Organisation) -> Shown:
    facts = facts_of(organisation)
    return Shown(facts, steps(facts), is_leaving(organisation))
