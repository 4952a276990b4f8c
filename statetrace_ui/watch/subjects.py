"""Begins and ends watching."""

from collections.abc import Callable

from django.db import transaction
from django.http import Http404

from replica.databases.connections import NoReplica
from replica.databases.reading import read_replica
from replica.exports.models import UserFlowExport
from replica.queries.flows import flow_or_404
from statetrace_ui.history.alerts.finding import newest_id as newest_change
from statetrace_ui.history.models import Source
from statetrace_ui.watch import queries
from statetrace_ui.watch.models import Kind, Subject, Watch
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Membership, Organisation
from statetrace_ui.web.paging import HIGHEST_ID

Named = dict[str, object]


def watch(membership: Membership, kind: Kind, target: str) -> None:
    """From now on. Raises Http404 for what the member's organisation does not have, UserError for one too many."""
    named = FOUND[kind](membership, target)
    if Watch.objects.filter(membership=membership).count() >= queries.MOST_WATCHED:
        raise UserError(f"You watch {queries.MOST_WATCHED} things already.", "Stop watching one of them.")
    with transaction.atomic():
        subject, is_new = Subject.objects.get_or_create(
            organisation=membership.organisation,
            kind=kind,
            target=target,
            defaults={**named, "reached": newest_change(membership.organisation)},
        )
        if not is_new:
            Subject.objects.filter(pk=subject.pk).update(name=named["name"])
        Watch.objects.get_or_create(membership=membership, subject=subject, defaults={"after": queries.newest_id()})


def stop(membership: Membership, kind: Kind, target: str) -> None:
    Watch.objects.filter(membership=membership, subject__kind=kind, subject__target=target).delete()


def _question(membership: Membership, target: str) -> Named:
    question = queries.questions_to_watch(membership).filter(pk=_number(target)).first()
    if question is None:
        raise Http404
    return {"name": question.name, "question": question}


def _source(membership: Membership, target: str) -> Named:
    source = Source.objects.filter(organisation=membership.organisation_id, pk=_number(target)).only("name").first()
    if source is None:
        raise Http404
    return {"name": source.name, "source": source}


def _flow(membership: Membership, target: str) -> Named:
    """One that is exported, or that a replica has which somebody else fills."""
    export = UserFlowExport.objects.filter(organisation=membership.organisation_id, user_flow_id=target).first()
    return {"name": export.name if export else _name_in_replica(membership.organisation, target)}


def _name_in_replica(organisation: Organisation, target: str) -> str:
    if not target:
        raise Http404
    try:
        flow = read_replica(organisation, lambda alias: flow_or_404(alias, target))
    except NoReplica as error:
        raise Http404 from error
    return flow.name or target


def _attention(_: Membership, target: str) -> Named:
    if target:
        raise Http404
    return {"name": Kind.ATTENTION.label}


def _number(target: str) -> int:
    """An id as it is written; one that nothing has for any other text."""
    number = int(target) if target.isascii() and target.isdigit() else 0
    return number if str(number) == target and number <= HIGHEST_ID else 0


FOUND: dict[str, Callable[[Membership, str], Named]] = {
    Kind.QUESTION: _question,
    Kind.SOURCE: _source,
    Kind.FLOW: _flow,
    Kind.ATTENTION: _attention,
}
