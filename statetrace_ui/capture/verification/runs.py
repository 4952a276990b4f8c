"""Runs of verification: by a command at once, from the page and on schedule by a job. `capture/tasks.py` runs the jobs.

A run is alive as long as somebody holds its source's lock, which ends with its process. One that was killed is begun
anew by its job, and reported as broken off by whoever verifies next.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta

import psycopg
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.manager import JobManager

from statetrace_ui.capture.failures import described
from statetrace_ui.capture.reporting import told
from statetrace_ui.capture.verification.models import RowDifference, Verification, VerifiedTable
from statetrace_ui.capture.verification.verifier import TableResult, Verifier
from statetrace_ui.history.chain.report import ChainReport
from statetrace_ui.history.chain.verify import verify_chain
from statetrace_ui.history.models import Source
from statetrace_ui.wal.connection import SourceError

TASK = "verify_history"
KEPT_RUNS = 10
MOST_SENTENCES = 20
BROKEN_OFF = "It was broken off."
LOCK = "SELECT pg_try_advisory_lock(hashtextextended('statetrace verification ' || %s, 0))"
Report = Callable[[str], None]
Outcome = Verification.Outcome


class Busy(SourceError):
    """Another verification of the source is under way."""

    def __init__(self, source: Source) -> None:
        super().__init__(f"Another verification of {source} is under way. Its page shows how far it is.")


@contextmanager
def sole(source: Source) -> Iterator[None]:
    """Keep the source for one run. Raises Busy. The lock needs a connection of its own, which is not of the pool."""
    parameters = connection.get_connection_params()
    parameters.pop("pool", None)
    parameters.pop("cursor_factory", None)
    with psycopg.connect(**parameters, autocommit=True) as holder:
        if holder.execute(LOCK, [str(source.pk)]).fetchone() != (True,):
            raise Busy(source)
        yield


def request(
    source: Source, names: Sequence[tuple[str, str]] = (), *, mends: bool = False, by: str = ""
) -> Verification:
    """Start a run as a job; the unfinished one of the source if there is one: only one at a time."""
    unfinished = Verification.objects.filter(source=source, outcome__in=Verification.UNFINISHED)
    try:
        with transaction.atomic():
            if run := unfinished.first():
                return run
            run = Verification.objects.create(
                source=source, names=[list(name) for name in names], mends=mends, chain=not names, requested_by=by
            )
            defer(run)
            return run
    except IntegrityError:  # somebody else was first
        return unfinished.get()


def defer(run: Verification) -> None:
    """One job at a time, of all sources: there is other work for the worker, too."""
    job = app.configure_task(TASK, lock="verification", task_kwargs={"run_id": run.pk}).job
    JobManager(DjangoConnector()).defer_job(job)


def start(source: Source, names: Sequence[tuple[str, str]], mends: bool, chain: bool, by: str) -> Verification:
    """A run for a command that holds the source's lock: whatever else is marked as running was broken off."""
    with transaction.atomic():
        Verification.objects.filter(source=source, outcome__in=Verification.UNFINISHED).update(
            outcome=Outcome.FAILED, finished_at=timezone.now(), error=BROKEN_OFF
        )
        return Verification.objects.create(
            source=source, names=[list(name) for name in names], mends=mends, chain=chain, requested_by=by
        )


def perform(
    run: Verification, report: Report = lambda _: None, heads: Mapping[int, str] | None = None
) -> Iterator[TableResult | ChainReport]:
    """Compare table by table, keep the results and yield them; then walk the chain, if the run asks for it.

    heads: of the chain, as they were exported. What fails is kept with the run, and raised.
    """
    VerifiedTable.objects.filter(verification=run).delete()  # of a run that was killed
    run.outcome, run.started_at, run.error, run.error_detail = Outcome.RUNNING, timezone.now(), "", ""
    run.tables = run.tables_done = run.rows = run.differences = run.mended = run.not_compared = 0
    run.chain_findings, run.chain_words = None, ""
    run.save()

    def note(line: str) -> None:
        report(line)
        Verification.objects.filter(pk=run.pk).update(progress=line)

    names = [(schema, table) for schema, table in run.names]
    verifier = Verifier(run.source, names, run.mends, note)
    try:
        for result in verifier.results():
            _keep(run, result, verifier.tables)
            yield result
        if run.chain:
            walked = verify_chain(run.source, note, heads)
            _keep_chain(run, walked)
            yield walked
    except BaseException as error:
        _finish(run, Outcome.FAILED, error)
        raise
    _finish(run, _outcome(run))


def fail(run: Verification, error: SourceError) -> None:
    """For a run that could not even begin."""
    if run.unfinished:
        _finish(run, Outcome.FAILED, error)


def fail_lost() -> None:
    """End the runs that nobody performs and no job will: they would keep others from beginning."""
    jobs = ProcrastinateJob.objects.filter(task_name=TASK, status__in=["todo", "doing"])
    with_job = set(jobs.values_list("args__run_id", flat=True))
    unfinished = Verification.objects.filter(outcome__in=Verification.UNFINISHED).exclude(pk__in=with_job)
    for run in unfinished.select_related("source"):
        with suppress(Busy), sole(run.source):
            fail(run, SourceError(BROKEN_OFF))


def _keep(run: Verification, result: TableResult, tables: int) -> None:
    """Of what was compared before an erasure ended no key is kept: it may be one that was erased."""
    with transaction.atomic():
        locked = Source.objects.select_for_update(no_key=True).only("erasures_revision").get(pk=run.source_id)
        kept = result.differences if locked.erasures_revision == result.erasures_revision else []
        table = VerifiedTable.objects.create(
            verification=run,
            schema_name=result.table[0],
            table_name=result.table[1],
            lsn=result.lsn,
            rows=result.rows,
            differences=result.found,
            more=result.more,
            mended=result.mended,
            erased=result.erased,
            unknown=result.unknown,
            reason=result.reason,
            detail=result.detail,
        )
        RowDifference.objects.bulk_create(
            RowDifference(table=table, kind=one.kind, record_key=one.key, columns=list(one.columns), times=one.times)
            for one in kept
        )
        run.tables, run.tables_done, run.rows = tables, run.tables_done + 1, run.rows + result.rows
        run.differences, run.mended = run.differences + result.found, run.mended + result.mended
        run.more, run.not_compared = run.more or result.more, run.not_compared + bool(result.reason)
        run.save(update_fields=["tables", "tables_done", "rows", "differences", "mended", "more", "not_compared"])


def _keep_chain(run: Verification, walked: ChainReport) -> None:
    run.chain_findings = walked.finding_count
    if walked.clean:
        older = f", {walked.older:,} rows are older" if walked.older else ""
        run.chain_words = f"The chain holds: {walked.links:,} links over {walked.rows:,} rows{older}."
    else:
        sentences = [finding.sentence for finding in walked.findings[:MOST_SENTENCES]]
        run.chain_words = " ".join([f"The chain is broken in {_places(walked.finding_count)}.", *sentences])
    run.save(update_fields=["chain_findings", "chain_words"])


def _outcome(run: Verification) -> Verification.Outcome:
    if run.differences or run.chain_findings:
        return Outcome.DIFFERENT
    return Outcome.INCOMPLETE if run.not_compared else Outcome.CLEAN


def _finish(run: Verification, outcome: Verification.Outcome, error: BaseException | None = None) -> None:
    """Older runs go, with what they found."""
    run.outcome, run.finished_at, run.progress = outcome, timezone.now(), ""
    if isinstance(error, SourceError):
        run.error, run.error_detail = told(error)
    elif error is not None:
        run.error, run.error_detail = "The verification failed unexpectedly; the log has the details.", described(error)
    run.save(update_fields=["outcome", "finished_at", "progress", "error", "error_detail"])
    kept = Verification.objects.filter(source=run.source_id).order_by("-id").values_list("id", flat=True)[:KEPT_RUNS]
    Verification.objects.filter(source=run.source_id).exclude(pk__in=list(kept)).delete()


def due() -> QuerySet[Source]:
    """The sources whose last run, by whomever, is longer ago than the schedule allows."""
    if not settings.VERIFY_HOURS:
        return Source.objects.none()
    since = timezone.now() - timedelta(hours=settings.VERIFY_HOURS)
    recent = Verification.objects.filter(source=OuterRef("pk"), requested_at__gt=since, names=[])
    running = Source.objects.exclude(url="").filter(status=Source.Status.STREAMING, added_at__lte=since)
    return running.exclude(Exists(recent))


def _places(count: int) -> str:
    return "1 place" if count == 1 else f"{count:,} places"
