"""What verifications found that needs attention: differences, a broken chain, or that they failed."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.urls import reverse

from statetrace_ui.web.concerns import MOST_EACH, Concern, Kind, Severity
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.quantities import thousands

# Of each source, by the index `verification_newest`, of which only some are kept: the newest walk along the chain, the
# newest run over all tables that came to a result, and the newest that ended. What a later run mended is no difference.
FOUND = """
SELECT source.id, source.name, walked.chain_findings, walked.finished_at,
       compared.differences, compared.more, compared.finished_at, failed.error, failed.finished_at
FROM history_source AS source
LEFT JOIN LATERAL (
    SELECT chain_findings, finished_at FROM capture_verification
    WHERE source_id = source.id AND chain_findings IS NOT NULL ORDER BY id DESC LIMIT 1
) AS walked ON walked.chain_findings > 0
LEFT JOIN LATERAL (
    SELECT id, differences, more, finished_at FROM capture_verification
    WHERE source_id = source.id AND names = '[]' AND outcome IN ('clean', 'different', 'incomplete')
    ORDER BY id DESC LIMIT 1
) AS compared ON compared.differences > 0 AND NOT EXISTS (
    SELECT FROM capture_verification AS later
    WHERE later.source_id = source.id AND later.id > compared.id AND later.mends
      AND later.mended = later.differences AND NOT later.more AND later.outcome IN ('clean', 'different', 'incomplete')
)
LEFT JOIN LATERAL (
    SELECT outcome, error, finished_at FROM capture_verification
    WHERE source_id = source.id AND names = '[]' AND outcome NOT IN ('queued', 'running') ORDER BY id DESC LIMIT 1
) AS failed ON failed.outcome = 'failed'
WHERE source.organisation_id = %(organisation)s
  AND (walked.chain_findings > 0 OR compared.differences > 0 OR failed.outcome = 'failed')
ORDER BY source.name LIMIT %(most)s
"""


class _Found(NamedTuple):
    """Each part is null where there is nothing to tell."""

    source_id: int
    source: str
    chain_findings: int | None
    walked_at: datetime | None
    differences: int | None
    more: bool | None
    compared_at: datetime | None
    error: str | None
    failed_at: datetime | None


def concerns(organisation: Organisation) -> Iterator[Concern]:
    with connection.cursor() as cursor:
        cursor.execute(FOUND, {"organisation": organisation.pk, "most": MOST_EACH})
        found = [_Found(*row) for row in cursor.fetchall()]
    for one in found:
        if one.chain_findings:
            yield _broken_chain(one)
        if one.differences:
            yield _different(one)
        if one.failed_at:
            yield _failed(one)


def _broken_chain(found: _Found) -> Concern:
    return Concern(
        key=f"chain {found.source_id}",
        kind=Kind.VERIFICATION,
        severity=Severity.URGENT,
        what=f"The chain of {found.source} is broken: {found.chain_findings:,} finding"
        f"{'' if found.chain_findings == 1 else 's'}. Somebody or something altered stored history past this program.",
        advice="Keep the database as it is, compare the heads that were mailed, and read what the run found.",
        ask="Tell a manager at once, and do not rely on this history until it is explained.",
        url=_page(found),
        since=found.walked_at,
        about=f"source {found.source_id}",
    )


def _different(found: _Found) -> Concern:
    count = f"{'more than ' if found.more else ''}{thousands(found.differences)}"
    return Concern(
        key=f"verification {found.source_id}",
        kind=Kind.VERIFICATION,
        severity=Severity.URGENT,
        what=f"History of {found.source} differs from its tables in {count} row{'' if count == '1' else 's'}.",
        advice="Its page names the rows: find out why, then have them corrected in history.",
        ask="Its page names the rows; ask a manager to have them corrected.",
        url=_page(found),
        since=found.compared_at,
        about=f"source {found.source_id}",
    )


def _failed(found: _Found) -> Concern:
    return Concern(
        key=f"failed verification {found.source_id}",
        kind=Kind.VERIFICATION,
        severity=Severity.WARNING,
        what=f"History of {found.source} could not be verified: {found.error}",
        advice="Mend what the message names, then verify again.",
        ask="Ask a manager to verify again.",
        url=_page(found),
        since=found.failed_at,
        about=f"source {found.source_id}",
    )


def _page(found: _Found) -> str:
    return reverse("capture:verification", args=[found.source_id])
