"""What of an organisation's exports needs attention, by what workers have noted: no replica is asked."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from replica.exports.models import SyncRun, UserFlowExport, Verification
from replica.exports.outcomes import RunOutcome
from statetrace_ui.installation import command
from statetrace_ui.web.concerns import MOST_EACH, Concern, Kind, Severity
from statetrace_ui.web.models import Organisation

LATE = timedelta(minutes=5)  # a worker takes a sync within seconds


def concerns(organisation: Organisation) -> Iterator[Concern]:
    yield from map(_failing, _failing_exports(organisation))
    yield from map(_late, _late_runs(organisation))
    yield from map(_differing, _differing_exports(organisation))


def _failing_exports(organisation: Organisation) -> QuerySet[UserFlowExport]:
    """Those whose newest sync that came to an end of its own failed. began: when the first did since one succeeded."""
    runs = SyncRun.objects.filter(export=OuterRef("pk"))
    ended = runs.filter(outcome__in=(RunOutcome.DONE, RunOutcome.FAILED)).order_by("-id")
    done = SyncRun.objects.filter(export=OuterRef("export"), outcome=RunOutcome.DONE).order_by("-id").values("id")[:1]
    since_done = runs.filter(outcome=RunOutcome.FAILED, id__gt=Coalesce(Subquery(done), 0)).order_by("id")
    exports = _exports(organisation).annotate(last=Subquery(ended.values("outcome")[:1]))
    return exports.filter(last=RunOutcome.FAILED).annotate(
        error=Subquery(ended.values("error")[:1]), began=Subquery(since_done.values("finished_at")[:1])
    )[:MOST_EACH]


def _failing(export: UserFlowExport) -> Concern:
    return Concern(
        key=f"sync {export.pk}",
        kind=Kind.SYNC,
        severity=Severity.URGENT,
        what=f"The sync of {export} fails: {export.error}",  # type: ignore[attr-defined]
        advice="Mend what the message names, then choose Sync now on its page.",
        ask="Ask a manager to mend it and to sync again; until then its newest sessions are missing in the copy.",
        url=_page(export.pk),
        since=export.began,  # type: ignore[attr-defined]
        about=f"flow {export.user_flow_id}",
    )


def _late_runs(organisation: Organisation) -> QuerySet[SyncRun]:
    """Those that wait and should not: nobody takes them."""
    late = timezone.now() - LATE
    waiting = SyncRun.objects.filter(export__organisation=organisation, outcome=RunOutcome.QUEUED)
    due = Q(retry_at=None) | Q(retry_at__lt=late)
    return (
        waiting.filter(due, requested_at__lt=late)
        .select_related("export__target")
        .defer("export__target__url")
        .order_by("id")[:MOST_EACH]
    )


def _late(run: SyncRun) -> Concern:
    return Concern(
        key=f"late sync {run.export_id}",
        kind=Kind.SYNC,
        severity=Severity.WARNING,
        what=f"The sync of {run.export} waits: no worker has taken it.",
        advice=f"See that a worker runs: {command('up')} starts one.",
        ask="Ask a manager to see that a worker runs.",
        url=_page(run.export_id),
        since=run.retry_at or run.requested_at,
        about=f"flow {run.export.user_flow_id}",
    )


def _differing_exports(organisation: Organisation) -> QuerySet[UserFlowExport]:
    """Those whose newest verification of all sessions found differences."""
    ended = Verification.objects.filter(export=OuterRef("pk"), outcome=RunOutcome.DONE, is_whole=True).order_by("-id")
    exports = _exports(organisation).annotate(differing=Subquery(ended.values("differing")[:1]))
    return exports.filter(differing__gt=0).annotate(began=Subquery(ended.values("finished_at")[:1]))[:MOST_EACH]


def _differing(export: UserFlowExport) -> Concern:
    count = export.differing  # type: ignore[attr-defined]
    return Concern(
        key=f"export verification {export.pk}",
        kind=Kind.VERIFICATION,
        severity=Severity.URGENT,
        what=f"{count:,} session{' differs' if count == 1 else 's differ'} between {export} and its source.",
        advice="Its page names them: let the next sync copy them again, then verify anew.",
        ask="Ask a manager to have them copied again; until then do not rely on the copy.",
        url=_page(export.pk),
        since=export.began,  # type: ignore[attr-defined]
        about=f"flow {export.user_flow_id}",
    )


def _exports(organisation: Organisation) -> QuerySet[UserFlowExport]:
    exports = UserFlowExport.every.filter(organisation=organisation).select_related("target").defer("target__url")
    return exports.order_by("name", "pk")


def _page(pk: int) -> str:
    return reverse("exports:export", args=[pk])
