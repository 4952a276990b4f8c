"""The preflight again, at any time: what keeps a source from being captured, and what people should know.

The last outcome is kept at the source, for its page.
"""

from django.utils import timezone

from statetrace_ui.capture import continuity
from statetrace_ui.capture.gaps import OtherServer
from statetrace_ui.capture.rule_book import rules_of
from statetrace_ui.history.models import Source
from statetrace_ui.wal import catalog, preflight
from statetrace_ui.wal.connection import SourceError, connect, readable_errors
from statetrace_ui.wal.findings import Finding
from statetrace_ui.wal.server import server_state


def check_source(source: Source) -> list[Finding]:
    """Look, change nothing at the audited database, and keep what was found. Raises no SourceError: that is found."""
    try:
        findings = _findings(source)
    except SourceError as error:
        findings = [Finding(str(error))]
    kept = [{"sentence": finding.sentence, "blocking": finding.fatal} for finding in findings]
    Source.objects.filter(pk=source.pk).update(checked_at=timezone.now(), findings=kept)
    return findings


def _findings(source: Source) -> list[Finding]:
    try:
        continuity.check_identity(source, server_state(source.url))
    except OtherServer as other:
        return [Finding(other.sentence)]
    with connect(source.url) as connection, readable_errors("The source cannot be checked"):
        if not source.position:
            return preflight.check(connection, source.slot_name, source.publication_name)
        rules = rules_of(source)
        found = catalog.tables(connection, source.publication_name)
        tables = [table for table in found if not rules.excludes(table.schema_name, table.table_name)]
        return preflight.check_running(connection, source.slot_name, source.publication_name, tables)
