"""Issues that an analysis found in a session; one row for each impact."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models.functions import Coalesce

from replica.queries import lookup
from replica.schema.models import Issue, PerformanceMeasurement
from replica.schema.named_queries import rows

COUNTED = "Statetrace Issue Count"  # the type of measurements that count impacts: replica/analyses/measurements.py
IMPACTS = ": impacts"


@dataclass(frozen=True, slots=True)
class IssueHeat:
    """One category in one session: how many impacts, and the ms of the session that they cover."""

    session_id: str
    category: str
    impacts: int
    union_ms: float


def issue_heats(alias: str, session_ids: Sequence[str]) -> list[IssueHeat]:
    return rows(alias, "issue_heat", IssueHeat, sessions=list(session_ids))


def not_found(alias: str, session_id: str) -> list[str]:
    """The categories that an analysis looked for without finding any."""
    counted = PerformanceMeasurement.objects.using(alias).filter(session_id=session_id, key_type=COUNTED)
    names = counted.filter(float_value=0).order_by("key_name").values_list("key_name", flat=True)
    return [name.removesuffix(IMPACTS) for name in names]


MOST_CATEGORIES = 100
MOST_EXCHANGES = 500


def issues(alias: str, session_id: str) -> list[Issue]:
    """The session's issues in order of time."""
    issues = Issue.objects.using(alias).filter(session_id=session_id, start_time_ms__isnull=False)
    in_order = issues.order_by("start_time_ms", "category", "issue_id", "impact_id")
    return [lookup.with_fallbacks(issue, end_time_ms="start_time_ms") for issue in in_order[: lookup.SPAN_LIMIT]]


def issues_between(alias: str, session_id: str, first: float, last: float, limit: int) -> list[Issue]:
    """The first of the issues that touch a stretch of the session, in ms, in order of time."""
    first, last = (min(max(moment, -lookup.LARGEST_INTEGER), lookup.LARGEST_INTEGER) for moment in (first, last))
    issues = Issue.objects.using(alias).filter(session_id=session_id, start_time_ms__lte=int(last))
    touching = issues.alias(ends=Coalesce("end_time_ms", "start_time_ms")).filter(ends__gte=int(first))
    in_order = touching.order_by("start_time_ms", "category", "issue_id", "impact_id")
    return [lookup.with_fallbacks(issue, end_time_ms="start_time_ms") for issue in in_order[:limit]]


def issue_or_404(alias: str, session_id: str, category: str, issue_id: str, impact_id: str) -> Issue:
    return lookup.one_or_404(
        Issue, alias, "issue", session_id=session_id, category=category, issue_id=issue_id, impact_id=impact_id
    )


def issues_of_exchanges(alias: str, session_id: str, message_ids: Iterable[int]) -> dict[int, list[Issue]]:
    """The impacts that name one of these exchanges, by message id, in order of time."""
    named = Issue.objects.using(alias).filter(session_id=session_id, message_id__in=list(message_ids))
    result: dict[int, list[Issue]] = defaultdict(list)
    for issue in named.order_by("start_time_ms", "category", "issue_id", "impact_id")[: lookup.SPAN_LIMIT]:
        result[issue.message_id].append(issue)
    return result


def issue_categories(alias: str, session_id: str) -> list[str]:
    """The categories of issues that name an exchange."""
    named = Issue.objects.using(alias).filter(session_id=session_id, message_id__isnull=False, category__isnull=False)
    return sorted(named.exclude(category="").values_list("category", flat=True).distinct()[:MOST_CATEGORIES])


def exchanges_of_issue(alias: str, issue: Issue) -> list[int]:
    """The message ids of all exchanges that the issue's impacts name, in order."""
    same = Issue.objects.using(alias).filter(session_id=issue.session_id, category=issue.category)
    named = same.filter(issue_id=issue.issue_id, message_id__isnull=False)
    return sorted(set(named.values_list("message_id", flat=True)[:MOST_EXCHANGES]))
