"""What of an organisation's exports needs attention, by what workers have noted: no replica is asked."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.urls import reverse
from django.utils import timezone

from statetrace_ui.installation import command
from statetrace_ui.web.concerns import MOST_EACH, Concern, Kind, Severity
from statetrace_ui.web.models import Organisation

LATE = timedelta(minutes=5)  # a worker takes a sync within seconds
EXPORTS = """
SELECT export.id, export.user_flow_id, concat_ws(' → ', export.name, target.name), {about}
FROM exports_userflowexport AS export
LEFT JOIN exports_target AS target ON target.id = export.target_id
CROSS JOIN LATERAL ({told}) AS told
WHERE export.organisation_id = %(organisation)s AND {condition}
ORDER BY export.name, export.id LIMIT %(most)s
"""
# Those whose newest sync that came to an end of its own failed; since when the first did since one succeeded.
FAILING = EXPORTS.format(
    about="""told.error, (
    SELECT finished_at FROM exports_syncrun WHERE export_id = export.id AND outcome = 'failed' AND id > coalesce(
        (SELECT max(id) FROM exports_syncrun WHERE export_id = export.id AND outcome = 'done'), 0)
    ORDER BY id LIMIT 1)""",
    told="""SELECT outcome, error FROM exports_syncrun
    WHERE export_id = export.id AND outcome IN ('done', 'failed') ORDER BY id DESC LIMIT 1""",
    condition="told.outcome = 'failed'",
)
# Those whose sync waits and should not: nobody takes it.
WAITING = EXPORTS.format(
    about="'', coalesce(told.retry_at, told.requested_at)",
    told="SELECT requested_at, retry_at FROM exports_syncrun WHERE export_id = export.id AND outcome = 'queued'",
    condition="coalesce(told.retry_at, told.requested_at) < %(late)s",
)
# Those whose newest verification of all sessions found differences.
DIFFERING = EXPORTS.format(
    about="told.differing::text, told.finished_at",
    told="""SELECT differing, finished_at FROM exports_verification
    WHERE export_id = export.id AND outcome = 'done' AND is_whole ORDER BY id DESC LIMIT 1""",
    condition="told.differing > 0",
)


class _Export(NamedTuple):
    """An export, what is wrong with it, and since when."""

    id: int
    user_flow_id: str
    name: str
    told: str
    since: datetime | None

    @property
    def page(self) -> str:
        return reverse("exports:export", args=[self.id])

    @property
    def about(self) -> str:
        return f"flow {self.user_flow_id}"


def concerns(organisation: Organisation) -> Iterator[Concern]:
    values = {"organisation": organisation.pk, "most": MOST_EACH, "late": timezone.now() - LATE}
    yield from map(_failing, _exports(FAILING, values))
    yield from map(_waiting, _exports(WAITING, values))
    yield from map(_differing, _exports(DIFFERING, values))


def _exports(statement: str, values: dict[str, Any]) -> list[_Export]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [_Export(*row) for row in cursor.fetchall()]


def _failing(export: _Export) -> Concern:
    return Concern(
        key=f"sync {export.id}",
        kind=Kind.SYNC,
        severity=Severity.URGENT,
        what=f"The sync of {export.name} fails.",
        message=export.told,
        advice="Mend what the message names, then choose Sync now on its page.",
        ask="Ask a manager to mend it and to sync again; until then its newest sessions are missing in the copy.",
        url=export.page,
        since=export.since,
        about=export.about,
    )


def _waiting(export: _Export) -> Concern:
    return Concern(
        key=f"late sync {export.id}",
        kind=Kind.SYNC,
        severity=Severity.WARNING,
        what=f"The sync of {export.name} waits: no worker has taken it.",
        advice=f"See that a worker runs: {command('up')} starts one.",
        ask="Ask a manager to see that a worker runs.",
        url=export.page,
        since=export.since,
        about=export.about,
    )


def _differing(export: _Export) -> Concern:
    sessions = "1 session differs" if export.told == "1" else f"{export.told} sessions differ"
    return Concern(
        key=f"export verification {export.id}",
        kind=Kind.VERIFICATION,
        severity=Severity.URGENT,
        what=f"Between {export.name} and its source {sessions}.",
        advice="Its page names them: let the next sync copy them again, then verify anew.",
        ask="Ask a manager to have them copied again; until then do not rely on the copy.",
        url=export.page,
        since=export.since,
        about=export.about,
    )
