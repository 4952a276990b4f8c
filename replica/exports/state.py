"""Whether exports are in sync: found by comparing the store with the replica, not by trusting what was last written."""

from collections.abc import Iterable
from dataclasses import dataclass

import psycopg
from django.conf import settings
from django.db import transaction

from replica.databases.models import Replica
from replica.databases.provisioning import connect
from replica.exports import copy
from replica.exports.jobs import request_sync
from replica.exports.models import SyncRun, UserFlowExport

Status = UserFlowExport.Status
UNFINISHED = (SyncRun.Outcome.QUEUED, SyncRun.Outcome.RUNNING)


@dataclass
class ExportState:
    """An export as pages show it."""

    export: UserFlowExport
    status: UserFlowExport.Status
    pending: int | None  # sessions that wait to be exported; None: a database did not answer
    run: SyncRun | None  # the newest

    @property
    def running(self) -> bool:
        return self.status == Status.SYNCING


def pending(export: UserFlowExport) -> int:
    """How many sessions differ between store and replica; psycopg.Error if either does not answer."""
    return next(iter(_pending([export])))


def states(exports: Iterable[UserFlowExport]) -> list[ExportState]:
    """The state of exports of one organisation, asking each database once."""
    known = list(exports)
    runs = _newest_runs(known)
    counts: list[int] | list[None]
    try:
        counts = _pending(known)
    except psycopg.Error:
        counts = [None] * len(known)
    return [
        ExportState(export, _status(export, runs.get(export.pk), count), count, runs.get(export.pk))
        for export, count in zip(known, counts, strict=True)
    ]


def settle(export: UserFlowExport) -> None:
    """Store the status that is true now. The row's lock keeps `mark_changed` from falling in between."""
    with transaction.atomic():
        locked = UserFlowExport.objects.select_for_update().get(pk=export.pk)
        [state] = states([locked])
        export.status = locked.status = state.status
        locked.save(update_fields=["status"])


def mark_changed(export: UserFlowExport) -> None:
    """A session of the flow was added or updated in the store: say so, and export it if autosync is on."""
    with transaction.atomic():
        locked = UserFlowExport.objects.select_for_update().get(pk=export.pk)
        if locked.status == Status.IN_SYNC:
            locked.status = Status.OUT_OF_SYNC
            locked.save(update_fields=["status"])
        if locked.autosync:
            request_sync(locked)
    export.status = locked.status


def _status(export: UserFlowExport, run: SyncRun | None, count: int | None) -> UserFlowExport.Status:
    if run and run.outcome in UNFINISHED:
        return Status.SYNCING
    if run and run.outcome == SyncRun.Outcome.FAILED:
        return Status.ERROR
    if run is None:
        return Status.INACTIVE
    if count is None:  # unknown: the last status that was true, unless a sync was under way then
        return Status.IN_SYNC if export.status == Status.IN_SYNC else Status.OUT_OF_SYNC
    return Status.OUT_OF_SYNC if count else Status.IN_SYNC


def _newest_runs(exports: list[UserFlowExport]) -> dict[int, SyncRun]:
    """An unfinished run counts as the newest: one that waits may have been asked for while another ran."""
    newest = SyncRun.objects.filter(export__in=exports).order_by("export_id", "-id").distinct("export_id")
    unfinished = SyncRun.objects.filter(export__in=exports, outcome__in=UNFINISHED).order_by("-outcome", "-id")
    return {run.export_id: run for run in [*newest, *reversed(unfinished)]}


def _pending(exports: list[UserFlowExport]) -> list[int]:
    if not exports:
        return []
    replica = Replica.objects.filter(organisation=exports[0].organisation_id).first()
    with connect(settings.STORE_URL) as store:
        if not (replica and replica.owner_url):
            return [len(copy.versions(store, export.user_flow_id)) for export in exports]
        with connect(replica.owner_url) as target:
            return [len(copy.changes(store, target, export.user_flow_id)) for export in exports]
