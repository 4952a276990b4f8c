"""What pages show of verifications."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from statetrace_ui.capture.verification.models import RowDifference, Verification, VerifiedTable
from statetrace_ui.history.change_rows import record_label, record_url
from statetrace_ui.history.models import Source
from statetrace_ui.web import paging

MOST_TABLES = 100


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    difference: RowDifference
    url: str

    @property
    def label(self) -> str:
        return record_label(self.difference.record_key)

    @property
    def kind(self) -> RowDifference.Kind:
        return RowDifference.Kind(self.difference.kind)


@dataclass(frozen=True, slots=True)
class DifferencePage:
    rows: list[DifferenceRow]
    older: str | None


def runs_of(source: Source) -> QuerySet[Verification]:
    return Verification.objects.filter(source=source).order_by("-id")


def newest(source: Source) -> Verification | None:
    return runs_of(source).first()


def newest_of_each(sources: Iterable[Source]) -> dict[int, Verification]:
    """The newest run of each by the id of its source; those that were never verified are left out."""
    wanted = [source.pk for source in sources]
    runs = Verification.objects.filter(source__in=wanted).order_by("source_id", "-id").distinct("source_id")
    return {run.source_id: run for run in runs}


def earlier(source: Source) -> QuerySet[Verification]:
    """The runs before the newest one; only some are kept."""
    return runs_of(source)[1:20]


def last_finished(source: Source) -> Verification | None:
    return runs_of(source).exclude(outcome__in=Verification.UNFINISHED).first()


def tables_of(run: Verification) -> QuerySet[VerifiedTable]:
    """The tables of a run that differ or were not compared, at most MOST_TABLES."""
    tables = VerifiedTable.objects.filter(verification=run)
    return (tables.filter(differences__gt=0) | tables.exclude(reason="")).order_by("id")[:MOST_TABLES]


def differing_tables(source: Source) -> list[tuple[str, str]]:
    """The names of the tables in which the last finished run found differences."""
    run = last_finished(source)
    tables = VerifiedTable.objects.filter(verification=run, differences__gt=0) if run else VerifiedTable.objects.none()
    return list(tables.values_list("schema_name", "table_name"))


def differences_of(run: Verification, cursor: str) -> DifferencePage:
    """A page of the run's differences, in the order in which they were found."""
    found = RowDifference.objects.filter(table__verification=run).select_related("table")
    page = paging.oldest_first(found, ("id",), cursor)
    return DifferencePage([DifferenceRow(row, _url(run, row)) for row in page.rows], page.older)


def _url(run: Verification, row: RowDifference) -> str:
    """The page of the record; '' of a row without a key, or one that history does not have."""
    if not row.record_key or row.kind == RowDifference.Kind.MISSING:
        return ""
    return record_url(run.source_id, row.table.schema_name, row.table.table_name, row.record_key)
