"""Compares what an export copied with what it was copied from: by counts after each sync, by content when asked for."""

import logging
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.manager import JobManager

from replica.exports import copy, failures
from replica.exports.ends import source_of, target_of
from replica.exports.fingerprints import Fingerprint, fingerprints
from replica.exports.models import UserFlowExport, Verification
from replica.exports.options import Options, options_of
from replica.exports.outcomes import UNFINISHED, RunOutcome

logger = logging.getLogger(__name__)
TASK = "verify_export"
SHOWN = 100  # differences that are kept
KEPT = 20  # verifications of an export
WHOLE_EACH = timedelta(hours=1)  # how often a sync counts all sessions, not only those that it wrote
SAVE_EACH = 50  # sessions
NOTHING = Fingerprint(0, "")


@dataclass(frozen=True)
class Finding:
    """What differs for one session in one table; source, copy: the numbers of rows."""

    session: str
    table: str
    source: int
    copy: int
    what: str

    def __str__(self) -> str:
        return f"session {self.session}, {self.table}: {self.what} ({self.source:,} and {self.copy:,} rows)"


@dataclass(frozen=True)
class Compared:
    """One session. waits: the two ends have different versions of it, which a sync brings."""

    session: str
    rows: int
    findings: list[Finding]
    waits: bool = False


def request(export: UserFlowExport) -> Verification:
    """The comparison of contents that waits for a worker already, or else a new one."""
    with transaction.atomic():
        UserFlowExport.every.select_for_update().get(pk=export.pk)
        waiting, is_new = export.verifications.get_or_create(outcome=RunOutcome.QUEUED, defaults={"by_content": True})
        if is_new:
            defer(waiting)
    return waiting


def defer(verification: Verification) -> None:
    lock = f"export-verification-{verification.export_id}"
    job = app.configure_task(TASK, lock=lock, task_kwargs={"verification_id": verification.pk}).job
    JobManager(DjangoConnector()).defer_job(job)


def perform(verification: Verification, report: Callable[[Compared], None] = lambda _: None) -> None:
    """Compare contents, session by session, from the beginning. A failure is noted, not raised."""
    _reset(verification)
    try:
        for number, compared in enumerate(compare(verification.export), start=1):
            _add(verification, compared)
            report(compared)
            if number % SAVE_EACH == 0:
                verification.save()
        verification.outcome = RunOutcome.DONE
    except Exception as error:
        failure = failures.explain(error)
        logger.warning("%s was not verified: %s", verification.export, failure, exc_info=failures.for_log(error))
        verification.outcome, verification.error = RunOutcome.FAILED, failure.sentence
    _finish(verification)


def compare(export: UserFlowExport) -> Iterator[Compared]:
    """Each session that either end has. Raises psycopg.Error and what `ends` raises."""
    options = options_of(export)
    with source_of(export) as source:
        target = target_of(export)
        if target is None:
            return
        with target, ThreadPoolExecutor(2) as both:
            wanted = copy.wanted_versions(source, export.user_flow_id, options)
            copies = copy.versions(target, export.user_flow_id)
            for session in sorted({*wanted, *copies}):
                if (session in wanted) != (session in copies):
                    yield Compared(session, 0, [], waits=True)
                else:
                    yield _compare_session(both, (source, target), export.user_flow_id, session, options)


def _compare_session(
    both: ThreadPoolExecutor,
    ends: tuple[copy.Connection, copy.Connection],
    flow: str,
    session: str,
    options: Options,
) -> Compared:
    """Both ends are asked at once; each reads as of one moment, and the versions say whether it is the same content."""
    read = [both.submit(fingerprints, end, flow, session, options.tables) for end in ends]
    (version, originals), (copied_version, copies) = (one.result() for one in read)
    rows = sum(one.rows for one in originals.values())
    if version != copied_version:
        return Compared(session, rows, [], waits=True)
    tables = sorted({*originals, *copies})
    pairs = [(table, originals.get(table, NOTHING), copies.get(table, NOTHING)) for table in tables]
    return Compared(session, rows, [_finding(session, *pair) for pair in pairs if pair[1] != pair[2]])


def _finding(session: str, table: str, original: Fingerprint, copied: Fingerprint) -> Finding:
    what = "rows are missing or too many" if original.rows != copied.rows else "the content of rows differs"
    return Finding(session, table, original.rows, copied.rows, what)


def check_counts(
    export: UserFlowExport, source: copy.Connection, target: copy.Connection, copied: Collection[str], options: Options
) -> Verification:
    """Compare the numbers of rows of what a sync has copied, and once an hour of all sessions of the flow.

    The sync holds the flow's claim, so nobody else writes the target.
    """
    lately = export.verifications.filter(is_whole=True, finished_at__gt=timezone.now() - WHOLE_EACH)
    verification = Verification(export=export, by_content=False, is_whole=not lately.exists())
    verification.outcome = RunOutcome.RUNNING
    before = copy.wanted_versions(source, export.user_flow_id, options)
    sessions = [session for session in before if verification.is_whole or session in copied]
    ours, theirs = (copy.count_rows(end, sessions, options.tables) for end in (source, target))
    after = copy.versions(source, export.user_flow_id)
    for session in sessions:
        if after.get(session) == before[session]:
            _add(verification, _counted(session, ours, theirs, options))
        else:  # it was imported anew meanwhile
            _add(verification, Compared(session, 0, [], waits=True))
    verification.outcome = RunOutcome.DONE
    _finish(verification)
    return verification


def _counted(
    session: str, ours: dict[tuple[str, str], int], theirs: dict[tuple[str, str], int], options: Options
) -> Compared:
    pairs = {table: (ours.get((session, table), 0), theirs.get((session, table), 0)) for table in options.tables}
    findings = [
        Finding(session, table, original, copied, "rows are missing or too many")
        for table, (original, copied) in sorted(pairs.items())
        if original != copied
    ]
    return Compared(session, sum(original for original, _ in pairs.values()), findings)


def newest(export: UserFlowExport) -> list[Verification]:
    """The newest comparison of contents, and the newest one of counts, if any."""
    return list(export.verifications.order_by("-by_content", "-id").distinct("by_content"))


def differing_sessions(export: UserFlowExport) -> list[str]:
    """The sessions that the newest comparisons found to differ, as far as they are kept."""
    return sorted({one["session"] for checked in newest(export) for one in checked.differences})


def _reset(verification: Verification) -> None:
    verification.outcome, verification.error, verification.differences = RunOutcome.RUNNING, "", []
    verification.sessions = verification.rows = verification.waiting = verification.differing = 0
    verification.save()


def _add(verification: Verification, compared: Compared) -> None:
    verification.sessions += 1
    verification.rows += compared.rows
    verification.waiting += compared.waits
    verification.differing += bool(compared.findings)
    room = SHOWN - len(verification.differences)
    verification.differences += [asdict(finding) for finding in compared.findings[:room]]


def _finish(verification: Verification) -> None:
    """Keep it, the newest ones of whole flows, and no other of a part."""
    verification.finished_at = timezone.now()
    others = Verification.objects.filter(export=verification.export).exclude(outcome__in=UNFINISHED)
    with transaction.atomic():
        verification.save()
        kept = others.filter(is_whole=True).order_by("-id").values_list("pk", flat=True)[:KEPT]
        others.exclude(pk__in=[*kept, verification.pk]).delete()
