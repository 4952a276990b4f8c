"""A worker's look: notes when what needs attention began and when it was over.

Pages ask the rooms themselves. What is kept here is what they cannot know: beginnings.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from replica.comparisons.baselines import AGAINST_BASELINE
from replica.flow_trends.service import slower_flows
from statetrace_ui.attention.gathering import comparison_of, flow_key, told
from statetrace_ui.attention.models import Look, Occurrence
from statetrace_ui.web.concerns import Concern, Kind, Severity
from statetrace_ui.web.locks import alone
from statetrace_ui.web.models import Organisation

logger = logging.getLogger(__name__)
LONGEST_NAME = 200
KEPT = timedelta(days=90)  # of what is over


def look_for_all() -> None:
    """Look in each organisation; one that fails keeps the others waiting no longer."""
    for organisation in Organisation.objects.order_by("pk"):
        with alone("attention", organisation.pk) as mine:
            if mine:
                try:
                    look(organisation)
                except Exception:
                    logger.exception("Nobody looked what needs attention in organisation %s", organisation.pk)


def look(organisation: Organisation) -> None:
    """Note what there is now, in one transaction: killed before its end, it is as if nobody had looked."""
    now = timezone.now()
    flows = _slower(organisation)
    concerns = {concern.key: concern for concern in told(organisation) if concern.person is None}
    with transaction.atomic():
        open_now = Occurrence.objects.select_for_update().filter(organisation=organisation, over_at=None)
        if flows is None:
            open_now = open_now.exclude(kind=Kind.FLOW)
        else:
            concerns |= {concern.key: concern for concern in flows}
        noted = {one.key: one for one in open_now}
        for occurrence in noted.values():
            _follow(occurrence, concerns.pop(occurrence.key, None), now)
        Occurrence.objects.bulk_create(_begun(organisation, concern, now) for concern in concerns.values())
        Look.objects.update_or_create(organisation=organisation, defaults={"at": now})


def _follow(occurrence: Occurrence, concern: Concern | None, now: datetime) -> None:
    """What an occurrence that was noted has become."""
    if concern is None or _is_another(occurrence, concern):
        occurrence.over_at = now
        occurrence.save(update_fields=["over_at"])
        if concern is not None:
            _begun(occurrence.organisation, concern, now).save()
        return
    told_now = {"severity": int(concern.severity), "what": concern.sentence, "url": concern.url}
    if any(getattr(occurrence, name) != value for name, value in told_now.items()):
        Occurrence.objects.filter(pk=occurrence.pk).update(**told_now)


def _is_another(occurrence: Occurrence, concern: Concern) -> bool:
    """Whether it was over meanwhile, and has begun anew."""
    return concern.since is not None and not concern.latest and concern.since != occurrence.since


def _begun(organisation: Organisation, concern: Concern, now: datetime) -> Occurrence:
    return Occurrence(
        organisation=organisation,
        key=concern.key,
        kind=concern.kind,
        severity=concern.severity,
        what=concern.sentence,
        url=concern.url,
        for_managers=concern.for_managers,
        about=concern.about,
        since=concern.since or now,
        noticed_at=now,
    )


def _slower(organisation: Organisation) -> list[Concern] | None:
    """The user flows that are slower than their baselines; None while no worker has asked the replica."""
    found = slower_flows(organisation)
    return None if found is None else [_slower_flow(*flow) for flow in found.items()]


def _slower_flow(user_flow_id: str, name: str) -> Concern:
    return Concern(
        key=flow_key(user_flow_id),
        kind=Kind.FLOW,
        severity=Severity.WARNING,
        what=f"The user flow {name[:LONGEST_NAME]} is slower than its baseline.",
        advice="",
        ask="",
        url=comparison_of(user_flow_id, AGAINST_BASELINE),
        since=None,
        about=flow_key(user_flow_id),
    )


def forget_old() -> None:
    Occurrence.objects.filter(over_at__lt=timezone.now() - KEPT).delete()
