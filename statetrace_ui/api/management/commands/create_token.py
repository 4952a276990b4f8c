"""`manage.py create_token USER --scope read,ingest`: makes a token for the API, and prints it."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from statetrace_ui.api import tokens
from statetrace_ui.api.scopes import Scope
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Membership
from statetrace_ui.web.organisations import find_organisation


class Command(BaseCommand):
    help = "Makes a token by which a program of a person calls the API, and prints it; nothing can print it again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="the name that the person signs in with")
        parser.add_argument("--scope", type=_scopes, default=[Scope.READ], help=f"of {','.join(Scope)}, by commas")
        parser.add_argument("--organisation", metavar="SLUG", help="needed where there are several")
        parser.add_argument("--expires", type=_days, default=tokens.DEFAULT_DAYS, metavar="DAYS")
        parser.add_argument("--name", default="command line", help="what the token is for")

    def handle(self, *_: object, user: str, organisation: str | None, **options: Any) -> None:
        try:
            membership = _membership(user, organisation)
            made = tokens.make(membership, options["name"][:100], options["scope"], options["expires"])
        except UserError as problem:
            raise CommandError(problem.sentence, returncode=2) from None
        self.stdout.write(made[1])


def _membership(user: str, slug: str | None) -> Membership:
    organisation = find_organisation(slug)
    found = Membership.objects.filter(organisation=organisation, user__username=user, user__is_active=True).first()
    if found is None:
        raise UserError(f"{organisation} has no member “{user}” who may sign in.", "Add one on the admin site.")
    return found


def _scopes(text: str) -> list[Scope]:
    try:
        return [Scope(name.strip()) for name in text.split(",")]
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}; scopes are {', '.join(Scope)}") from None


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= tokens.MOST_DAYS:
        raise argparse.ArgumentTypeError(f"a token lasts 1 to {tokens.MOST_DAYS} days")
    return int(text)
