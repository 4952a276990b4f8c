"""Issues that an analysis found in a session; one row for each impact."""

from replica.queries import lookup
from replica.schema.models import Issue


def issues(alias: str, session_id: str) -> list[Issue]:
    """The session's issues in order of time."""
    issues = Issue.objects.using(alias).filter(session_id=session_id, start_time_ms__isnull=False)
    in_order = issues.order_by("start_time_ms", "category", "issue_id", "impact_id")
    return [lookup.with_fallbacks(issue, end_time_ms="start_time_ms") for issue in in_order[: lookup.SPAN_LIMIT]]


def issue_or_404(alias: str, session_id: str, category: str, issue_id: str, impact_id: str) -> Issue:
    return lookup.one_or_404(
        Issue, alias, "issue", session_id=session_id, category=category, issue_id=issue_id, impact_id=impact_id
    )
