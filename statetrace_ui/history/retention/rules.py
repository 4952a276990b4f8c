"""Rules of retention: how they are set, and what is over by them at a moment."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from statetrace_ui.accounts import security_log
from statetrace_ui.accounts.security_log import Event
from statetrace_ui.history.models import Change, RetentionRule, Source, Table, Transaction

LEAST_DAYS, MOST_DAYS = 1, 36_500
# Of several sessions of a source the clocks differ by little: the first change is sought among so many commits.
COMMITS_AT_THE_LIMIT = 100
ALL_TABLES = ("", "")
REASON = "retention"  # as the chain notes it


@dataclass(frozen=True, slots=True)
class Limit:
    """What is over of one table: changes with ids below `first_kept`, which were committed before `before`."""

    table_id: int
    first_kept: int
    before: datetime

    def as_json(self) -> list[int | str]:
        return [self.table_id, self.first_kept, self.before.isoformat()]

    @classmethod
    def from_json(cls, data: list[int | str]) -> "Limit":
        return cls(int(data[0]), int(data[1]), datetime.fromisoformat(str(data[2])))


def set_rule(source: Source, table: tuple[str, str], keep_days: int | None) -> bool:
    """Keep changes of the table, or by ALL_TABLES those of tables without a rule, for so many days.

    None takes the rule away. Returns whether anything changed. Nothing is removed before the next run.
    """
    rules = RetentionRule.objects.filter(source=source, schema_name=table[0], table_name=table[1])
    with transaction.atomic():
        if keep_days is None:
            changed = rules.delete()[0] > 0
        elif changed := not rules.filter(keep_days=keep_days).exists():
            RetentionRule.objects.update_or_create(
                source=source, schema_name=table[0], table_name=table[1], defaults={"keep_days": keep_days}
            )
        if changed:
            kept = "for ever" if keep_days is None else f"{keep_days} days"
            subject = f"{source}: {'.'.join(table).strip('.') or 'all tables'} kept {kept}"
            security_log.record(Event.RETENTION_CHANGED, subject, organisation=source.organisation)
    return changed


def before_all(source: Source, now: datetime) -> datetime | None:
    """The moment before which everything of the source is over for which no table's rule is set; None for none."""
    rule = RetentionRule.objects.filter(source=source, table_name="").first()
    return now - timedelta(days=rule.keep_days) if rule else None


def limits(source: Source, now: datetime) -> list[Limit]:
    """One for each table that has a rule of its own or shares that of all tables."""
    days = {(rule.schema_name, rule.table_name): rule.keep_days for rule in source.retention_rules.all()}
    first_kept: dict[int, int] = {}
    return list(_limits(source, now, days, first_kept))


def _limits(
    source: Source, now: datetime, days: dict[tuple[str, str], int], first_kept: dict[int, int]
) -> Iterator[Limit]:
    for table in Table.objects.filter(source=source).order_by("id"):
        keep = days.get((table.schema_name, table.table_name), days.get(ALL_TABLES))
        if keep is None:
            continue
        before = now - timedelta(days=keep)
        if keep not in first_kept:
            first_kept[keep] = _first_kept(source, before)
        yield Limit(table.pk, first_kept[keep], before)


def _first_kept(source: Source, before: datetime) -> int:
    """The id of the first change that was committed at or after `before`, else the next after the newest."""
    with_changes = Transaction.objects.filter(source=source, first_change__isnull=False)
    commits = with_changes.exclude(kind=Transaction.Kind.CHECKPOINT).filter(committed_at__gte=before)
    firsts = commits.order_by("committed_at", "id").values_list("first_change", flat=True)[:COMMITS_AT_THE_LIMIT]
    newest = Change.objects.filter(source=source).order_by("-id").values_list("id", flat=True).first()
    return min((first for first in firsts if first is not None), default=(newest or 0) + 1)
