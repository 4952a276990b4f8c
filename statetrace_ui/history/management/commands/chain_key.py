"""`manage.py chain_key SOURCE`: the secret key of a source's chain, for who verifies it by another program."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.history.chain.links import key_of
from statetrace_ui.history.models import Source
from statetrace_ui.web.crypto import CredentialUnreadable
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.organisations import find_organisation


class Command(BaseCommand):
    help = "Prints the key of a source's chain as hex. Whoever has it can verify the chain, and could forge links."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--organisation", default="", help="slug; needed where there are several organisations")

    def handle(self, *_: Any, name: str, organisation: str, **__: Any) -> None:
        try:
            owner = find_organisation(organisation)
            source = Source.objects.filter(organisation=owner, name=name).first()
            if source is None:
                raise UserError(f"{owner} has no source {name}.")
            with connection.cursor() as cursor:
                known = key_of(cursor, source.pk)
            if known is None:
                raise UserError(f"{name} has no chain: nothing was stored yet.")
        except (UserError, CredentialUnreadable) as error:
            self.stderr.write(error.sentence if isinstance(error, UserError) else str(error))
            sys.exit(2)
        record(Event.CREDENTIALS_REVEALED, f"chain key of {name}", organisation=owner)
        self.stdout.write(known[0].hex())
