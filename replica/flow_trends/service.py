"""Keeps what is remembered of user flows current. A worker asks the replicas; pages read what it has kept."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone

from replica.comparisons.models import FlowBaseline
from replica.databases.connections import NoReplica
from replica.databases.models import Replica
from replica.databases.reading import read_replica
from replica.flow_trends.models import FlowReading, FlowTrend
from replica.flow_trends.reading import all_trends
from statetrace_ui.web.models import Organisation

logger = logging.getLogger(__name__)
EACH = timedelta(minutes=5)  # what others fill, nobody tells
IN_ORDER = (F("is_slower").desc(), F("last_at").desc(nulls_last=True), "id")
TOLD = [one.attname for one in FlowTrend._meta.concrete_fields if one.name not in ("id", "replica", "user_flow_id")]


@dataclass(frozen=True, slots=True)
class FlowTrends:
    """The user flows that a page shows: those slower than their baselines, then those last used.

    total: how many there are. read_at: when the replica said so; None: it was not read yet. failed_at: when it last
    did not answer, if it has not since. has_replica: whether there is a replica at all.
    """

    rows: list[FlowTrend] = field(default_factory=list)
    total: int = 0
    read_at: datetime | None = None
    failed_at: datetime | None = None
    has_replica: bool = False

    @property
    def left_out(self) -> int:
        return max(0, self.total - len(self.rows))


def flow_cards(organisation: Organisation, most: int) -> FlowTrends:
    """What is known of the organisation's flows, of at most so many of them; two statements."""
    replica = Replica.objects.filter(organisation=organisation).select_related("flow_reading").first()
    if replica is None:
        return FlowTrends()
    reading = getattr(replica, "flow_reading", None) or FlowReading()
    rows = list(replica.flow_trends.order_by(*IN_ORDER)[:most])
    return FlowTrends(rows, reading.flows, reading.read_at, reading.failed_at, has_replica=True)


def slower_flows(organisation: Organisation) -> dict[str, str] | None:
    """The flows that are slower than their baselines, id → name; None while that is not known yet."""
    replica = Replica.objects.filter(organisation=organisation)
    if replica.exists() and read_at(organisation) is None:
        return None
    slower = FlowTrend.objects.filter(replica__organisation=organisation, is_slower=True)
    return dict(slower.order_by(*IN_ORDER).values_list("user_flow_id", "name"))


def read_at(organisation: Organisation) -> datetime | None:
    """When the organisation's replica was last asked for its flows; None: not yet."""
    read: datetime | None = (
        FlowReading.objects.filter(replica__organisation=organisation).values_list("read_at", flat=True).first()
    )
    return read


def due(now: datetime) -> QuerySet[Replica]:
    """The replicas that were not asked within EACH, or since somebody kept another baseline."""
    asked = Greatest("flow_reading__read_at", "flow_reading__failed_at")
    kept = FlowBaseline.objects.filter(organisation=OuterRef("organisation"), kept_at__gt=OuterRef("asked"))
    return Replica.objects.annotate(asked=asked).filter(Q(asked=None) | Q(asked__lte=now - EACH) | Exists(kept))


def refresh(organisation: Organisation) -> None:
    """Ask the replica, and keep what it says. While it says nothing, what was known stays."""
    replica = Replica.objects.filter(organisation=organisation).first()
    if replica is None:
        return
    asked_at = timezone.now()
    try:
        found, total = read_replica(organisation, lambda alias: all_trends(organisation, alias))
    except NoReplica:
        return
    except Exception:
        logger.warning("The user flows of %s were not read", organisation, exc_info=True)
        _note_silence(replica, asked_at)
    else:
        _keep(replica, asked_at, found, total)


@transaction.atomic
def _note_silence(replica: Replica, asked_at: datetime) -> None:
    if reading := _held(replica):
        reading.failed_at = asked_at
        reading.save()


@transaction.atomic
def _keep(replica: Replica, asked_at: datetime, found: Sequence[FlowTrend], total: int) -> None:
    """Replace what was known, unless a worker that asked later has done so already."""
    reading = _held(replica)
    if reading is None or (reading.read_at and reading.read_at > asked_at):
        return
    known = {trend.user_flow_id: trend for trend in replica.flow_trends.all()}
    for trend in found:
        trend.replica = replica
    changed = [trend for trend in found if _told(trend) != _told(known.get(trend.user_flow_id))]
    gone = known.keys() - {trend.user_flow_id for trend in found}
    replica.flow_trends.filter(user_flow_id__in=gone).delete()
    FlowTrend.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["replica", "user_flow_id"], update_fields=TOLD
    )
    reading.read_at, reading.failed_at, reading.flows = asked_at, None, total
    reading.save()


def _held(replica: Replica) -> FlowReading | None:
    """The row to write, for which other workers wait until this transaction ends; None if the replica is gone."""
    if Replica.objects.select_for_update(no_key=True).filter(pk=replica.pk).first() is None:
        return None
    return FlowReading.objects.get_or_create(replica=replica)[0]


def _told(trend: FlowTrend | None) -> list[Any]:
    """What is kept of it; what stays the same is not written."""
    return [getattr(trend, name, None) for name in TOLD]
