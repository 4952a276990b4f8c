"""Sources, how they are doing, and the tables that were seen in them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from statetrace_ui.history.models import Action, Gap, Relation, Source, Transaction
from statetrace_ui.history.question.matching import chosen
from statetrace_ui.history.question.terms import Choice
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation

SECRET_FIELDS = ["source__url", "source__tables"]  # lists of other rows neither load nor decrypt these
# Transactions that are not the source's own: what was read of tables, and gaps.
NOT_SENT = (Transaction.Kind.BASELINE, Transaction.Kind.RESYNC, Transaction.Kind.GAP)
SILENT_AFTER = timedelta(seconds=30)  # a capture worker reports more often than that


@dataclass(frozen=True, slots=True)
class SourceReport:
    """A source in the list. tables: how many were seen in it. gap: the one that is open."""

    source: Source
    silent: bool
    tables: int
    gap: Gap | None


@dataclass(frozen=True, slots=True)
class Arriving:
    """A transaction of which some rows have arrived. since: when the first of them came."""

    xid: int
    rows: int
    since: datetime


def arriving(source: Source) -> list[Arriving]:
    """What the worker reported last, the largest first; nothing of a worker that was ended without saying so."""
    if source.status != Source.Status.STREAMING or is_silent(source):
        return []
    return [Arriving(one["xid"], one["rows"], datetime.fromisoformat(one["since"])) for one in source.arriving]


def sources_of(organisation: Organisation) -> QuerySet[Source]:
    return Source.objects.filter(organisation=organisation).order_by("name")


def chosen_sources(organisation: Organisation, choice: Choice) -> list[Source]:
    """Those of the organisation that a question asks for by name."""
    return [source for source in sources_of(organisation).defer("tables") if chosen(choice, source.name)]


def source_report(source: Source) -> SourceReport:
    gap = Gap.objects.filter(source=source, closed_at=None).first()
    return SourceReport(source, is_silent(source), len(relations(source)), gap)


def is_silent(source: Source) -> bool:
    """Whether no capture worker has reported for SILENT_AFTER. None is missed where no database is connected."""
    if not source.has_database:
        return False
    return source.seen_at is None or timezone.now() - source.seen_at > SILENT_AFTER


def relations(source: Source) -> list[Relation]:
    """The newest shape of each of the source's tables, by name."""
    newest = Relation.objects.filter(source=source).order_by("schema_name", "table_name", "-id")
    return list(newest.distinct("schema_name", "table_name"))


def last_commit(source: Source, since: int, until: int) -> Transaction | None:
    """The newest stored commit whose commit LSN is at or after `since` and whose end LSN is not after `until`.

    Without those that changed no row, where messages do not count: these may have been all that they held, and the
    server does not send them then.
    """
    stored = Transaction.objects.filter(source=source, era=source.era, commit_lsn__gte=since, end_lsn__lte=until)
    if not source.annotation_messages:
        stored = stored.exclude(change_count=0)
    return stored.exclude(kind__in=NOT_SENT).order_by("-commit_lsn").first()


def has_commit(source: Source, commit_lsn: int, xid: int | None) -> bool:
    stored = Transaction.objects.filter(source=source, era=source.era, commit_lsn=commit_lsn, xid=xid)
    return stored.exists()


def source_named(name: str, organisation: Organisation) -> Source:
    """For commands. Raises UserError."""
    known = sources_of(organisation)
    if source := known.filter(name=name).first():
        return source
    names = ", ".join(known.values_list("name", flat=True)) or "none yet"
    raise UserError(f"{organisation} has no source {name}.", f"Known are: {names}.")


def end_of_stored(source: Source) -> int:
    """The LSN at which what is stored of the source's era ends; its position may be further, where nothing happened."""
    last = Transaction.objects.filter(source=source, era=source.era).order_by("-commit_lsn").first()
    return last.end_lsn if last else 0


def oldest_change(source: Source) -> Transaction | None:
    """The oldest commit that is in history."""
    stored = Transaction.objects.filter(source=source, change_count__gt=0)
    return stored.exclude(kind__in=(*NOT_SENT, Transaction.Kind.CHECKPOINT)).order_by("era", "commit_lsn").first()


def oldest_action(source: Source) -> Action | None:
    """The oldest action that is in history."""
    return Action.objects.filter(source=source).order_by("transaction_id", "id").first()
