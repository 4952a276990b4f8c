"""What becomes of sources after a restore: whether each goes on exactly, or has a gap since the backup."""

from dataclasses import dataclass

from statetrace_ui.history.gap_store import Loss, declare
from statetrace_ui.history.models import Gap, Source
from statetrace_ui.installation import command
from statetrace_ui.wal.connection import SourceError, connect, readable_errors
from statetrace_ui.wal.lsn import format_lsn, parse_lsn
from statetrace_ui.web.crypto import CredentialUnreadable

SLOT = "SELECT confirmed_flush_lsn::text, wal_status, active FROM pg_replication_slots WHERE slot_name = %s"


@dataclass(frozen=True, slots=True)
class Outlook:
    """A sentence for people. stopped: it must not go on by itself. missed: up to where, if history has a gap."""

    sentence: str
    stopped: bool = False
    missed: str = ""


def look_after(source_id: int, made_at: str) -> Outlook:
    """Compare the restored position with that of the source's slot, and declare what is missing.

    A source whose slot somebody reads is stopped. made_at: when the backup was made, for people.
    """
    try:
        source = Source.objects.get(pk=source_id)
    except CredentialUnreadable as error:
        return Outlook(f"Source {source_id}: {error}")
    outlook = _outlook(source)
    if outlook.stopped:
        Source.objects.filter(pk=source.pk).update(status=Source.Status.STOPPED)
    if outlook.missed:
        sentence = (
            f"the dashboard was restored from a backup of {made_at}, and capture had gone on to position"
            f" {outlook.missed} by then"
        )
        declare(source, Loss(Gap.Reason.RESTORED, sentence))
    return outlook


def _outlook(source: Source) -> Outlook:
    if not source.has_database:
        return Outlook(f"{source}: its history is restored; it was disconnected before.")
    try:
        with connect(source.url) as connection, readable_errors("The replication slot cannot be looked up"):
            row = connection.execute(SLOT, [source.slot_name]).fetchone()
    except SourceError as error:
        return Outlook(f"{source}: not known yet. {error.sentence}")
    here = format_lsn(source.position)
    if row is None or row[1] == "lost":
        return Outlook(f"{source}: its slot is gone, so changes after position {here} are missing: history has a gap.")
    confirmed, _, active = row
    if active:
        again = command(f"add_source {source.name} URL")
        return Outlook(
            f"{source}: somebody reads its slot right now. Is the installation that was backed up still running? Both"
            f" would take changes from each other, so the source is stopped here. `{again}` starts it.",
            stopped=True,
        )
    if parse_lsn(confirmed) > source.position:
        return Outlook(
            f"{source}: captured further after the backup, up to position {confirmed}. Changes between {here} and that"
            " were in what was lost: history has a gap, and its tables are compared when capture starts.",
            missed=confirmed,
        )
    return Outlook(f"{source}: goes on exactly, from position {here}.")
