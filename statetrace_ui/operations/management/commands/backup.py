from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.operations.backups import BackupError
from statetrace_ui.operations.backups.making import make
from statetrace_ui.web.quantities import size

WITH_KEYS = (
    "It holds the keys: whoever reads the file reads all that is in it, the passwords of audited databases too."
    " Keep it where only you can."
)
WITHOUT_KEYS = "It holds no keys: keep ENCRYPTION_KEYS (without it SECRET_KEY) elsewhere, or passwords in it are lost."


class Command(BaseCommand):
    help = "Write the dashboard's own database, the store and the keys into one file. The site may run meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "place", type=Path, help="a file that is not there yet, or a folder for a file named by time"
        )
        parser.add_argument("--without-keys", action="store_true", help="leave the keys out")

    def handle(self, *_: Any, place: Path, without_keys: bool, **__: Any) -> None:
        try:
            made = make(place, with_keys=not without_keys)
        except BackupError as error:
            raise CommandError(str(error)) from None
        record(Event.BACKUP_MADE, made.path.name)
        self.stdout.write(self.style.SUCCESS(f"{made.path} is a whole backup: {size(made.bytes)}."))
        self.stderr.write(self.style.WARNING(WITHOUT_KEYS if without_keys else WITH_KEYS))
