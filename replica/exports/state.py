"""Whether exports are in sync. The store is compared with the replica; a stored status is not trusted."""

from collections.abc import Iterable
from dataclasses import dataclass

import psycopg
from django.conf import settings
from django.db import transaction

from replica.databases.models import Replica
from replica.databases.server import connect
from replica.exports import copy
from replica.exports.jobs import request_sync, worker_is_alive
from replica.exports.models import SyncRun, UserFlowExport
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.outcomes import Outcome

Status = UserFlowExport.Status
UNFINISHED = (Outcome.QUEUED, Outcome.RUNNING)


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


def exports_of(organisation: Organisation) -> dict[str, UserFlowExport]:
    """The organisation's exports by user flow id."""
    return {export.user_flow_id: export for export in UserFlowExport.objects.filter(organisation=organisation)}


@dataclass
class Overview:
    """Some exports of one organisation, and what pages must say about all of them."""

    states: list[ExportState]
    running: bool
    worker_missing: bool  # a sync waits or runs, and no worker is alive
    unreachable: bool  # the store or the replica did not answer


def overview(exports: Iterable[UserFlowExport]) -> Overview:
    """The state of exports of one organisation, with what may hold up their syncs."""
    shown = states(exports)
    running = any(state.running for state in shown)
    return Overview(
        states=shown,
        running=running,
        worker_missing=running and not worker_is_alive(),
        unreachable=any(state.pending is None for state in shown),
    )


def states(exports: Iterable[UserFlowExport]) -> list[ExportState]:
    """The state of exports of one organisation, asking each database once."""
    exports = list(exports)
    runs = _newest_runs(exports)
    has_replica = bool(exports) and Replica.objects.filter(organisation=exports[0].organisation_id).exists()
    counts: list[int] | list[None]
    try:
        counts = _pending(exports)
    except psycopg.Error:
        counts = [None] * len(exports)
    return [
        ExportState(export, _status(export, runs.get(export.pk), count, has_replica), count, runs.get(export.pk))
        for export, count in zip(exports, counts, strict=True)
    ]


def pending(export: UserFlowExport) -> int:
    """How many sessions differ between store and replica. Raises psycopg.Error if either does not answer."""
    return next(iter(_pending([export])))


def session_waits(export: UserFlowExport, session_id: str) -> bool:
    """Whether the replica lacks the session as the store has it now. Raises a UserError (503) if either is silent."""
    replica = Replica.objects.filter(organisation=export.organisation_id).exclude(owner_url="").first()
    if replica is None:
        return True
    try:
        with connect(settings.STORE_URL) as store, connect(replica.owner_url) as target:
            return copy.version(store, session_id) != copy.version(target, session_id)
    except psycopg.Error:
        raise UserError("The store or the replica does not answer.", "Try again in a minute.", status=503) from None


def settle(export: UserFlowExport) -> None:
    """Store the status that is true now. The row's lock keeps `mark_changed` from running in between."""
    with transaction.atomic():
        locked = UserFlowExport.objects.select_for_update().get(pk=export.pk)
        [state] = states([locked])
        export.status = locked.status = state.status
        locked.save(update_fields=["status"])


def copy_again(export: UserFlowExport) -> None:
    """Let the next sync copy all sessions of the flow. Raises a UserError (503) if the replica does not answer."""
    replica = Replica.objects.filter(organisation=export.organisation_id).exclude(owner_url="").first()
    if replica is None:
        return  # nothing was copied yet
    try:
        with connect(replica.owner_url) as target:
            copy.copy_again(target, export.user_flow_id)
    except psycopg.Error:
        raise UserError(
            "The replica's server does not answer, so no copy was asked for.", "Try again in a minute.", status=503
        ) from None


def mark_changed(export: UserFlowExport) -> None:
    """Note that a session of the flow was added or updated in the store; sync it if autosync is on."""
    with transaction.atomic():
        locked = UserFlowExport.objects.select_for_update().get(pk=export.pk)
        if locked.status == Status.IN_SYNC:
            locked.status = Status.OUT_OF_SYNC
            locked.save(update_fields=["status"])
        if locked.autosync:
            request_sync(locked)
    export.status = locked.status


def set_autosync(export: UserFlowExport, autosync: bool) -> None:
    """Switch autosync on or off; switched on, it begins with the sessions that wait already."""
    export.autosync = autosync
    export.save(update_fields=["autosync"])
    if autosync and states([export])[0].pending:
        request_sync(export)


def _status(export: UserFlowExport, run: SyncRun | None, count: int | None, has_replica: bool) -> UserFlowExport.Status:
    if run and run.outcome in UNFINISHED:
        return Status.SYNCING
    if run and run.outcome == Outcome.FAILED:
        return Status.ERROR
    if run is None or not has_replica:
        return Status.INACTIVE
    if count is None:  # unknown: the stored status stays, except that a finished run is no longer syncing
        return Status.IN_SYNC if export.status == Status.IN_SYNC else Status.OUT_OF_SYNC
    return Status.OUT_OF_SYNC if count else Status.IN_SYNC


def _newest_runs(exports: list[UserFlowExport]) -> dict[int, SyncRun]:
    """The newest run by export id. A running one counts as the newest even if another was requested after it began."""
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
            return [len(copy.difference(store, target, export.user_flow_id)) for export in exports]
