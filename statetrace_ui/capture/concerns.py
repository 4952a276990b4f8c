"""What of an organisation's sources needs attention, by what capture has noted: no audited server is asked."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from statetrace_ui.capture.models import Figures
from statetrace_ui.capture.verification.concerns import concerns as of_verifications
from statetrace_ui.history.models import Gap, Source
from statetrace_ui.history.queries.sources import SILENT_AFTER
from statetrace_ui.installation import command
from statetrace_ui.web.concerns import MOST_EACH, Concern, Kind, Severity
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.quantities import duration

LAGS_FROM, LAGS_BADLY_FROM = 60.0, 900.0  # seconds
RECENT = timedelta(days=7)  # for so long a gap that was closed is told
MS = 1000
Status = Source.Status


def concerns(organisation: Organisation) -> Iterator[Concern]:
    for source in _connected(organisation):
        yield from _of_source(source)
    yield from map(_of_gap, _gaps(organisation))
    yield from of_verifications(organisation)


def _connected(organisation: Organisation) -> QuerySet[Source]:
    """A recording has no database, and a source that was removed has none any more: nothing is missed there."""
    silent = timezone.now() - SILENT_AFTER
    reports = Q(seen_at__lt=silent) | Q(seen_at=None, added_at__lt=silent)
    troubled = Q(status__in=(Status.STOPPED, Status.ERROR)) | ~Q(error="") | Q(figures__lag_seconds__gte=LAGS_FROM)
    sources = Source.objects.filter(reports | troubled, organisation=organisation).exclude(url="")
    shown = ("name", "status", "error", "seen_at", "added_at", "figures__lag_seconds")
    return sources.select_related("figures").only(*shown).order_by("name")[:MOST_EACH]


def _of_source(source: Source) -> Iterator[Concern]:
    """At most one: what is worst hides what follows from it."""
    silent_since = source.seen_at or source.added_at
    lag = _lag(source)
    if source.status == Status.STOPPED:
        yield _stopped(source)
    elif source.status == Status.ERROR:
        yield _failing(source)
    elif timezone.now() - silent_since > SILENT_AFTER:
        yield _silent(source)
    elif lag >= LAGS_FROM and source.status == Status.STREAMING:
        yield _lagging(source, lag)
    elif source.error:
        yield _noticing(source)


def _lag(source: Source) -> float:
    figures: Figures | None = getattr(source, "figures", None)
    return (figures and figures.lag_seconds) or 0.0


def _stopped(source: Source) -> Concern:
    return Concern(
        key=f"source {source.pk}",
        kind=Kind.SOURCE,
        severity=Severity.WARNING,
        what=f"{source} is stopped. Nothing is captured, and its server keeps the log for later.",
        advice="Let it go on before the server's disk is full of log, or remove it.",
        ask="Ask a manager to let it go on.",
        url=_page(source),
        since=None,
        about=f"source {source.pk}",
    )


def _failing(source: Source) -> Concern:
    return Concern(
        key=f"source {source.pk}",
        kind=Kind.SOURCE,
        severity=Severity.URGENT,
        what=f"Capture of {source} fails.",
        message=source.error,
        advice="Mend what its page names; capture then goes on by itself from where it was.",
        ask="Ask a manager to mend it; capture then goes on from where it was.",
        url=_page(source),
        since=None,
        about=f"source {source.pk}",
    )


def _silent(source: Source) -> Concern:
    return Concern(
        key=f"source {source.pk}",
        kind=Kind.SOURCE,
        severity=Severity.URGENT,
        what=f"{source} is silent: its capture worker does not report, so what happens there is not shown yet.",
        advice=f"Start the capture worker: {command('run_capture')}.",
        ask="Ask a manager to start the capture worker.",
        url=_page(source),
        since=source.seen_at or source.added_at,
        about=f"source {source.pk}",
    )


def _lagging(source: Source, lag: float) -> Concern:
    return Concern(
        key=f"source {source.pk}",
        kind=Kind.SOURCE,
        severity=Severity.URGENT if lag >= LAGS_BADLY_FROM else Severity.WARNING,
        what=f"{source} lags: what is stored now was committed {duration(lag * MS)} ago.",
        advice="A large transaction passes by itself; if it goes on, see what its page says of what arrives.",
        ask="Wait a little: a large transaction passes by itself. If it goes on, tell a manager.",
        url=_page(source),
        since=None,
        about=f"source {source.pk}",
    )


def _noticing(source: Source) -> Concern:
    return Concern(
        key=f"source {source.pk}",
        kind=Kind.SOURCE,
        severity=Severity.NOTICE,
        what=f"{source} is captured, but not all of it.",
        message=source.error,
        advice="Its page says what to alter at the source.",
        ask="Ask a manager whether these tables matter.",
        url=_page(source),
        since=None,
        about=f"source {source.pk}",
    )


def _gaps(organisation: Organisation) -> QuerySet[Gap]:
    """The open ones, and those that were closed lately and may have cost something."""
    told = Q(closed_at=None) | Q(missed=True, closed_at__gte=timezone.now() - RECENT)
    gaps = Gap.objects.filter(told, source__organisation=organisation).select_related("source")
    shown = ("source__name", "era", "certain", "since_at", "closed_at")
    return gaps.only(*shown).order_by(F("closed_at").desc(nulls_first=True), "pk")[:MOST_EACH]


def _of_gap(gap: Gap) -> Concern:
    went_on = "All tables are compared before capture goes on." if gap.is_open else "Capture has gone on since."
    return Concern(
        key=f"gap {gap.source_id} {gap.era}",
        kind=Kind.GAP,
        severity=Severity.URGENT if gap.is_open else Severity.NOTICE,
        what=f"{gap.source} has {'an open' if gap.is_open else 'a'} gap: changes {gap.missing}. {went_on}",
        advice="Its page says what was found; see that slot and publication are left alone.",
        ask="Its page says which time is concerned; ask a manager what happened.",
        url=_page(gap.source),
        since=gap.since_at,
        about=f"source {gap.source_id}",
    )


def _page(source: Source) -> str:
    return reverse("history:source", args=[source.pk])
