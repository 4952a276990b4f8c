"""`manage.py chain_heads`: the heads of the chains, to be kept elsewhere."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from statetrace_ui.history.chain.heads import head_lines, mail_heads
from statetrace_ui.history.models import Source
from statetrace_ui.web.errors import UserError


class Command(BaseCommand):
    help = "Prints the newest link of every source's chain as JSON, one a line. Keep them where nobody can alter them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--source", default="", help="of sources of this name only")
        parser.add_argument("--mail", action="append", default=[], metavar="ADDRESS", help="send them there instead")

    def handle(self, *_: Any, source: str, mail: list[str], **__: Any) -> None:
        sources = Source.objects.select_related("organisation").order_by("pk")
        lines = list(head_lines(sources.filter(name=source) if source else sources))
        if not mail:
            for line in lines:
                self.stdout.write(line)
            return
        try:
            mail_heads(lines, mail)
        except UserError as error:
            self.stderr.write(error.sentence)
            sys.exit(2)
        self.stdout.write(f"{len(lines)} heads were sent.")
