"""The ways in which capture reports to people, one for each kind of news:

- Progress, such as the rows of a baseline so far: the caller that starts the work passes a `Report` for the lines.
  `add_source` prints the lines; a worker logs them (`log_progress`).
- A failure is raised: a SourceError if its message is a sentence for people, else any other exception. The outermost
  caller catches it and calls `record_failure`, so that the pages show it. A command prints it too, a worker logs it.
- A notice concerns a few tables while capture goes on, e.g. a table that is left out. TableWatch keeps the notices, and
  the worker writes them to `Source.error` with its regular report; the status stays "streaming".
"""

import logging

from django.db.models import QuerySet

from statetrace_ui.capture.failures import described, stack_of
from statetrace_ui.history.models import Source
from statetrace_ui.history.refusals import EraEnded, RulesChanged
from statetrace_ui.wal.connection import SourceError
from statetrace_ui.wal.snapshot import Report
from statetrace_ui.web.crypto import CredentialUnreadable

logger = logging.getLogger(__name__)
# Somebody may stop a source at any moment; what a worker reports must not start it again.
RUNNING = Source.objects.exclude(status=Source.Status.STOPPED)


def log_progress(source: Source) -> Report:
    """A Report that writes each line to the log, with the source's name."""
    return lambda line: logger.info("Source %s: %s", source, line)


def log_failure(source_id: int, error: Exception) -> None:
    """An error that nobody expected is logged with its stack. Its message is left out: it may quote values of rows."""
    if isinstance(error, SourceError):
        logger.warning("Source %d: %s", source_id, error)
    else:
        logger.error("Source %d: %s\n%s", source_id, described(error), stack_of(error))


def record_failure(sources: QuerySet[Source], error: BaseException) -> None:
    """Set the status of the sources, and what the pages show: the sentence to everybody, the detail to managers."""
    sentence, detail = told(error)
    sources.update(status=Source.Status.ERROR, error=sentence, error_detail=detail)


def told(error: BaseException) -> tuple[str, str]:
    """A failure for people: the sentence that every viewer may read, and the detail that only managers may."""
    if isinstance(error, SourceError):
        return error.sentence, error.detail
    if isinstance(error, CredentialUnreadable | RulesChanged | EraEnded):
        return str(error), ""
    return "Capture failed unexpectedly and tries again; its log has the details.", described(error)
