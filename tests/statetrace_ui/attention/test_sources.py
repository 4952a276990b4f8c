"""Sources, gaps and verifications need attention, as capture noted them."""

import datetime as dt

from django.utils import timezone

from statetrace_ui.capture.concerns import concerns
from statetrace_ui.capture.models import Figures
from statetrace_ui.capture.verification.models import Verification
from statetrace_ui.history.models import Gap, Source
from statetrace_ui.web.concerns import Kind, Severity
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.rows import make_source

HOUR = dt.timedelta(hours=1)


def told(organisation: Organisation) -> list[tuple[str, Severity]]:
    return [(concern.sentence, concern.severity) for concern in concerns(organisation)]


def make_gap(source: Source, closed_ago: dt.timedelta | None, era: int = 1, **fields: object) -> Gap:
    now = timezone.now()
    closed = {} if closed_ago is None else {"closed_at": now - closed_ago, "until_at": now - closed_ago}
    return Gap.objects.create(
        source=source, era=era, entry=0, since_at=now - HOUR, since_lsn=1, found_at=now, **closed, **fields
    )


def make_verification(source: Source, outcome: str, **fields: object) -> Verification:
    return Verification.objects.create(source=source, outcome=outcome, finished_at=timezone.now(), **fields)


def test_a_source_that_does_well_is_not_told(organisation: Organisation, source: Source) -> None:
    assert told(organisation) == []


def test_a_recording_is_no_fault_for_ever(organisation: Organisation, source: Source) -> None:
    """Nor is a source that was removed: no database stands behind either."""
    for status in (Source.Status.RECORDED, Source.Status.STOPPED):
        Source.objects.update(url="", status=status, seen_at=None)
        assert told(organisation) == []


def test_a_silent_source_is_told_since_its_last_report(organisation: Organisation, source: Source) -> None:
    seen_at = timezone.now() - HOUR
    Source.objects.update(seen_at=seen_at)
    [concern] = concerns(organisation)
    assert concern.what.startswith("shop is silent")
    assert concern.since == seen_at
    Source.objects.update(seen_at=None, added_at=seen_at)
    [concern] = concerns(organisation)
    assert concern.since == seen_at


def test_what_is_worst_hides_what_follows(organisation: Organisation, source: Source) -> None:
    Source.objects.update(seen_at=None, added_at=timezone.now() - HOUR, status="error", error="The slot is gone.")
    assert told(organisation) == [("Capture of shop fails: The slot is gone.", Severity.URGENT)]
    Source.objects.update(status="stopped")
    assert [severity for _, severity in told(organisation)] == [Severity.WARNING]


def test_lag_gets_worse(organisation: Organisation, source: Source) -> None:
    counts = {"transactions": 0, "rows": 0, "flushes": 0, "flush_seconds": 0.0, "errors": 0}
    Figures.objects.create(source=source, lag_seconds=59, **counts)
    assert told(organisation) == []
    Figures.objects.update(lag_seconds=200)
    assert told(organisation) == [("shop lags: what is stored now was committed 3 min 20 s ago.", Severity.WARNING)]
    Figures.objects.update(lag_seconds=3600)
    assert [severity for _, severity in told(organisation)] == [Severity.URGENT]


def test_a_table_that_is_left_out_is_a_notice(organisation: Organisation, source: Source) -> None:
    Source.objects.update(error="Table x is left out.")
    assert [severity for _, severity in told(organisation)] == [Severity.NOTICE]


def test_gaps_are_told_while_open_and_some_days_after(organisation: Organisation, source: Source) -> None:
    make_gap(source, None)
    assert [severity for _, severity in told(organisation)] == [Severity.URGENT]
    Gap.objects.update(closed_at=timezone.now())
    [(what, severity)] = told(organisation)
    assert severity == Severity.NOTICE
    assert what == "shop has a gap: changes were not captured. Capture has gone on since."
    Gap.objects.update(missed=False)
    assert told(organisation) == []


def test_old_gaps_are_not_told(organisation: Organisation, source: Source) -> None:
    make_gap(source, dt.timedelta(days=8))
    assert told(organisation) == []


def test_differences_are_told_until_a_run_finds_none(organisation: Organisation, source: Source) -> None:
    make_verification(source, "different", differences=3)
    expected = [("History of shop differs from its tables in 3 rows.", Severity.URGENT)]
    assert told(organisation) == expected
    make_verification(source, "clean", names=[["public", "other"]])
    assert told(organisation) == expected  # of one table alone, it says nothing of the others
    make_verification(source, "failed", error="The server did not answer.")
    assert [severity for _, severity in told(organisation)] == [Severity.URGENT, Severity.WARNING]
    make_verification(source, "clean")
    assert told(organisation) == []


def test_differences_that_were_mended_are_not_told(organisation: Organisation, source: Source) -> None:
    make_verification(source, "different", differences=3)
    run = make_verification(source, "different", differences=3, mends=True, mended=2, names=[["public", "orders"]])
    assert len(told(organisation)) == 1
    Verification.objects.filter(pk=run.pk).update(mended=3)
    assert told(organisation) == []


def test_a_broken_chain_is_told_until_a_walk_finds_it_whole(organisation: Organisation, source: Source) -> None:
    make_verification(source, "different", chain=True, chain_findings=1)
    [concern] = concerns(organisation)
    assert concern.what.startswith("The chain of shop is broken: 1 finding.")
    assert concern.kind == Kind.VERIFICATION
    make_verification(source, "clean", chain=False)
    assert len(told(organisation)) == 1
    make_verification(source, "clean", chain=True, chain_findings=0)
    assert told(organisation) == []


def test_the_number_of_queries_does_not_grow(organisation: Organisation, django_assert_num_queries: object) -> None:
    for number in range(30):
        source = make_source(organisation, f"shop {number}", seen_at=timezone.now())
        make_gap(source, None)
        make_verification(source, "different", differences=1)
    with django_assert_num_queries(3):  # type: ignore[operator]
        assert len(list(concerns(organisation))) == 60
