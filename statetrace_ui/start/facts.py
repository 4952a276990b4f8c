"""What an organisation has got so far, looked up each time: nothing remembers that a step was taken."""

from dataclasses import dataclass

from replica.exports.models import UserFlowExport
from statetrace_ui.history import queries
from statetrace_ui.history.models import Action, Source
from statetrace_ui.start.models import SampleData
from statetrace_ui.start.sample.service import sample_of
from statetrace_ui.web.models import Membership, Organisation

Status = UserFlowExport.Status


@dataclass(frozen=True, slots=True)
class Facts:
    """sources: connected databases. annotated: the newest action of theirs. flow: the newest with sessions of its own.

    What belongs to the sample data is none of them.
    """

    sources: list[Source]
    annotated: Action | None
    flow: UserFlowExport | None
    synced: bool
    members: int
    sample: SampleData | None

    @property
    def connected(self) -> bool:
        return any(source.status == Source.Status.STREAMING for source in self.sources)


def facts_of(organisation: Organisation) -> Facts:
    sample = sample_of(organisation)
    sources = [source for source in queries.sources_of(organisation) if source.has_database]
    own = UserFlowExport.objects.filter(organisation=organisation).order_by("-pk")
    flows = list(own.exclude(user_flow_id=sample.user_flow_id if sample else ""))
    return Facts(
        sources=sources,
        annotated=queries.newest_annotated(sources),
        flow=next((flow for flow in flows if flow.status != Status.INACTIVE), None),
        synced=any(flow.status == Status.IN_SYNC for flow in flows),
        members=Membership.objects.filter(organisation=organisation).count(),
        sample=sample,
    )
