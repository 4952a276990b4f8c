from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.history.models import Source
from statetrace_ui.installation import command
from statetrace_ui.operations.backups import BackupError
from statetrace_ui.operations.backups.restoring import restore
from statetrace_ui.operations.backups.sources import look_after


class Command(BaseCommand):
    help = "Put a backup back into this installation, which must be stopped, and empty unless --force is given."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--force", action="store_true", help="delete what this installation holds")
        parser.add_argument(
            "--stop-sources", action="store_true", help="capture nothing here, as for a copy beside the original"
        )

    def handle(self, *_: Any, file: Path, force: bool, stop_sources: bool, **__: Any) -> None:
        try:
            made_at = restore(file, force, self.stdout.write)
        except BackupError as error:
            raise CommandError(str(error)) from None
        record(Event.RESTORED, file.name)
        sources = Source.objects.exclude(status=Source.Status.STOPPED)
        if stop_sources:
            sources.exclude(status=Source.Status.RECORDED).update(status=Source.Status.STOPPED)
        for pk in sources.exclude(status=Source.Status.RECORDED).order_by("pk").values_list("pk", flat=True):
            self.stdout.write(look_after(pk, made_at).sentence)
        self.stdout.write(
            self.style.SUCCESS(
                f"All is restored, and everybody must sign in again. `{command('up')}` starts it;"
                " replicas are made again by the next sync of each."
            )
        )
