"""Counts a source anew from the changes that are stored."""

from django.db import connection, transaction

from statetrace_ui.history.models import (
    ActorCount,
    ChangeCount,
    Source,
    Table,
    TableCount,
    UncountedActors,
    UncountedHistory,
)
from statetrace_ui.history.rollups.backfill import FLUSH_LOCK
from statetrace_ui.web.errors import UserError


def forget_counts(source: Source, loses_removed: bool = False) -> None:
    """Forget all counts at once, so that a job counts anew what is stored. Capture waits for some seconds meanwhile.

    Raises UserError where retention has removed changes that stay counted, unless these counts may be lost.
    """
    if not loses_removed and Table.objects.filter(source=source, removed_before__gt=0).exists():
        raise UserError(
            f"Retention has removed changes of {source} that are still counted.", "Say that these counts may be lost."
        )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FLUSH_LOCK)
        for place in (UncountedHistory, UncountedActors):
            list(place.objects.select_for_update().filter(source=source))  # who counts at this moment is waited for
        for model in (ChangeCount, TableCount, ActorCount, UncountedHistory, UncountedActors):
            model.objects.filter(source=source).delete()
