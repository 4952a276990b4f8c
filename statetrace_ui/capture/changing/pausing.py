"""Pauses and resumes capture of a source. Its server keeps the log meanwhile, so nothing is missed."""

from django.db import transaction

from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.capture.models import SourceTask
from statetrace_ui.history.models import Source
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.outcomes import UNFINISHED

PAUSABLE = (Source.Status.NEW, Source.Status.BASELINE, Source.Status.STREAMING, Source.Status.ERROR)


def pause(source: Source) -> None:
    """A worker lets go of it within seconds; one that reads its tables gives that up, and it begins anew afterwards.

    Raises UserError if there is nothing to pause.
    """
    _change(source, PAUSABLE, "paused")


def resume(source: Source) -> None:
    """A worker takes it up within seconds, where it was. Raises UserError if it is not paused."""
    _change(source, (Source.Status.STOPPED,), "resumed")


def _change(source: Source, expected: tuple[Source.Status, ...], word: str) -> None:
    with transaction.atomic():
        locked = Source.objects.select_for_update(no_key=True).get(pk=source.pk)
        if locked.status not in expected or not locked.has_database:
            state = locked.get_status_display()
            raise UserError(f"{source} cannot be {word} now: it is “{state}”.", "Reload the page.", status=409)
        if SourceTask.objects.filter(source=locked, outcome__in=UNFINISHED).exists():
            raise UserError(f"Something is under way with {source}.", "Wait until it has ended.", status=409)
        going_on = Source.Status.STREAMING if locked.position else Source.Status.NEW
        locked.status = Source.Status.STOPPED if word == "paused" else going_on
        locked.error = locked.error_detail = ""
        locked.save(update_fields=["status", "error", "error_detail"])
        record(Event.SOURCE_PAUSED, f"{source}: {word}", organisation=source.organisation)
    source.refresh_from_db(fields=["status", "error", "error_detail"])
