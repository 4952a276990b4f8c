"""Whether exports are in sync. The store is compared with the replica; a stored status is not trusted."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from replica.exports import copy, options
from replica.exports.ends import PAGE_PATIENCE, source_of, target_of
from replica.exports.jobs import request_sync, worker_is_alive
from replica.exports.models import SyncRun, UserFlowExport
from replica.exports.options import Options
from replica.exports.outcomes import UNFINISHED, RunOutcome
from replica.exports.waiting import UNREACHABLE, Waiting, waiting_sessions
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation

Status = UserFlowExport.Status


@dataclass
class ExportState:
    """An export as pages show it."""

    export: UserFlowExport
    status: UserFlowExport.Status
    pending: int | None  # sessions that wait to be exported; None: a database did not answer
    run: SyncRun | None  # the newest
    options: Options
    is_made: bool  # whether the place that it is copied to exists

    @property
    def running(self) -> bool:
        return self.status == Status.SYNCING


def exports_of(organisation: Organisation, flows: Collection[str] | None = None) -> dict[str, UserFlowExport]:
    """The organisation's exports by user flow id; of these flows alone where they are given."""
    exports = UserFlowExport.objects.filter(organisation=organisation)
    found = exports if flows is None else exports.filter(user_flow_id__in=flows)
    return {export.user_flow_id: export for export in found}


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
    defaults = options.defaults_of(exports[0].organisation_id) if exports else None
    chosen = {export.pk: options.options_of(export, defaults) for export in exports}
    counts = waiting_sessions(exports, chosen)
    return [
        ExportState(
            export=export,
            status=_status(export, runs.get(export.pk), counts[export.pk]),
            pending=counts[export.pk].count,
            run=runs.get(export.pk),
            options=chosen[export.pk],
            is_made=counts[export.pk].is_made,
        )
        for export in exports
    ]


def pending(export: UserFlowExport) -> int | None:
    """How many sessions differ between source and target; None if either does not answer."""
    return states([export])[0].pending


def session_waits(export: UserFlowExport, session_id: str) -> bool:
    """Whether the target lacks the session as the source has it now. UserError (503) if either does not answer."""
    flow = export.user_flow_id
    try:
        with source_of(export, PAGE_PATIENCE) as source:
            target = target_of(export, PAGE_PATIENCE)
            if target is None:
                return True
            with target:
                return copy.version_of(source, flow, session_id) != copy.version_of(target, flow, session_id)
    except UNREACHABLE:
        raise UserError("The store or the replica does not answer.", "Try again in a minute.", status=503) from None


def settle(export: UserFlowExport) -> bool:
    """Store the status that is true now. False if that is not known, since a database does not answer.

    The row's lock keeps `mark_changed` from running in between.
    """
    with transaction.atomic():
        locked = UserFlowExport.every.select_for_update().get(pk=export.pk)
        [state] = states([locked])
        export.status = locked.status = state.status
        locked.save(update_fields=["status"])
    return state.pending is not None


def copy_again(export: UserFlowExport, sessions: Sequence[str] | None = None) -> None:
    """Let the next sync copy all sessions of the flow, or some. UserError (503) if the target does not answer."""
    try:
        target = target_of(export)
        if target is not None:
            with target:
                copy.copy_again(target, export.user_flow_id, sessions)
    except UNREACHABLE:
        raise UserError(
            "The replica's server does not answer, so no copy was asked for.", "Try again in a minute.", status=503
        ) from None


def mark_changed(export: UserFlowExport) -> None:
    """Note that a session of the flow was added or updated in the store; sync its copies that have AutoSync on."""
    for one in UserFlowExport.every.filter(user_flow_id=export.user_flow_id, mirror=None).order_by("pk"):
        _mark_changed(one)
    export.refresh_from_db(fields=["status"])


def _mark_changed(export: UserFlowExport) -> None:
    with transaction.atomic():
        locked = UserFlowExport.every.select_for_update().get(pk=export.pk)
        if locked.status == Status.IN_SYNC:
            locked.status = Status.OUT_OF_SYNC
            locked.save(update_fields=["status"])
        if locked.paused_at is None and options.options_of(locked).autosync:
            request_sync(locked)


def set_autosync(export: UserFlowExport, autosync: bool | None) -> None:
    """Switch AutoSync on or off, or let it follow the default; switched on, it begins with what waits already."""
    export.autosync = autosync
    export.save(update_fields=["autosync"])
    begin_waiting([export])


def set_paused(export: UserFlowExport, paused: bool) -> None:
    """Let AutoSync wait from now on, or go on with what waits. A sync that somebody asks for is made all the same."""
    export.paused_at = timezone.now() if paused else None
    export.save(update_fields=["paused_at"])
    begin_waiting([export])


def begin_waiting(exports: Iterable[UserFlowExport]) -> None:
    """Ask for a sync of those exports of one organisation that sync themselves and have sessions which wait."""
    for one in states(exports):
        if one.options.autosync and not one.export.paused_at and one.pending:
            request_sync(one.export)


def has_left_over(export: UserFlowExport) -> bool:
    """Whether its target holds sessions that its limits do not keep. False while either end does not answer."""
    chosen = options.options_of(export)
    if not chosen.is_limited:
        return False
    try:
        with source_of(export) as source:
            target = target_of(export)
            if target is None:
                return False
            with target:
                return bool(copy.difference(source, target, export.user_flow_id, chosen).to_erase)
    except UNREACHABLE:
        return False


def _status(export: UserFlowExport, run: SyncRun | None, waiting: Waiting) -> UserFlowExport.Status:
    if run and run.outcome in UNFINISHED:
        return Status.SYNCING
    if run and run.outcome == RunOutcome.FAILED:
        return Status.ERROR
    if run is None or not waiting.is_made:
        return Status.INACTIVE
    if waiting.count is None:  # unknown: the stored status stays, except that a finished run is no longer syncing
        return Status.IN_SYNC if export.status == Status.IN_SYNC else Status.OUT_OF_SYNC
    return Status.OUT_OF_SYNC if waiting.count else Status.IN_SYNC


def _newest_runs(exports: list[UserFlowExport]) -> dict[int, SyncRun]:
    """The newest run by export id. A running one counts as the newest even if another was requested after it began."""
    newest = SyncRun.objects.filter(export__in=exports).order_by("export_id", "-id").distinct("export_id")
    unfinished = SyncRun.objects.filter(export__in=exports, outcome__in=UNFINISHED).order_by("-outcome", "-id")
    return {run.export_id: run for run in [*newest, *reversed(unfinished)]}
