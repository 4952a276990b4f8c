"""How much of its log a server keeps for a source: a worker measures it while it streams, others are asked here."""

import logging

from django.conf import settings
from django.db import connection as history_connection
from django.db.models import QuerySet
from django.utils import timezone

from statetrace_ui.capture.figures import RETAINED
from statetrace_ui.history.models import Source
from statetrace_ui.history.queries.sources import SILENT_AFTER
from statetrace_ui.wal.connection import SourceError, answers_within, connect, readable_errors

logger = logging.getLogger(__name__)
ANSWER_SECONDS = 10
KEEP = """
INSERT INTO capture_figures AS kept (source_id, transactions, rows, flushes, flush_seconds, errors, retained_wal)
SELECT id, 0, 0, 0, 0, 0, %(retained)s FROM history_source WHERE id = %(source)s
ON CONFLICT (source_id) DO UPDATE SET retained_wal = excluded.retained_wal
"""


def warn_bytes() -> int:
    """From how much on pages warn."""
    return int(settings.SOURCE_WAL_WARN_GB) * 1_000_000_000


def resting() -> QuerySet[Source]:
    """Sources that have a slot, and of which no worker measures anything, as one that has died."""
    measured = Source.objects.filter(status=Source.Status.STREAMING, seen_at__gt=timezone.now() - SILENT_AFTER)
    return Source.objects.exclude(url="").filter(position__gt=0).exclude(pk__in=measured.values("pk"))


def measure_resting() -> int:
    """Ask the servers of resting sources, one after the other; how many answered."""
    return sum(_measure(source) for source in resting().defer("tables"))


def _measure(source: Source) -> bool:
    try:
        with answers_within(ANSWER_SECONDS), connect(source.url) as server, readable_errors("It cannot be measured"):
            row = server.execute(RETAINED, [source.slot_name]).fetchone()
    except SourceError as error:
        logger.info("Source %d: the log that its slot keeps is not known: %s", source.pk, error.sentence)
        return False
    with history_connection.cursor() as cursor:
        cursor.execute(KEEP, {"source": source.pk, "retained": row[0] if row else None})
    return True
