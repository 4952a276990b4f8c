"""`manage.py upgrade_replica [--organisation SLUG] [--check]`: how replicas differ from the schema, and the upgrade."""

from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError, CommandParser

from replica.databases.models import Replica
from replica.databases.schema_report import schema_report
from replica.databases.upgrading import owners_report, upgrade
from replica.schema.differences import Difference
from statetrace_ui.web.errors import UserError


class Command(BaseCommand):
    help = "Bring replicas to their schema: one transaction each, nothing is dropped. Exit 1: differences remain."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organisation", metavar="SLUG", help="of this one alone")
        parser.add_argument("--check", action="store_true", help="tell the differences and change nothing")

    def handle(self, *_: object, **options: Any) -> None:
        replicas = Replica.objects.select_related("organisation").exclude(reader_url="").order_by("database")
        if options["organisation"]:
            replicas = replicas.filter(organisation__slug=options["organisation"])
        if not replicas:
            raise CommandError("There is no replica yet: the first sync makes it.", returncode=2)
        remaining = [self._one(replica, only_check=options["check"]) for replica in replicas]
        if any(remaining):
            raise CommandError("Differences remain.", returncode=1)

    def _one(self, replica: Replica, only_check: bool) -> bool:
        """Whether something remains to be done."""
        try:
            if only_check or not replica.owner_url:
                return self._check(replica)
            for statement in upgrade(replica):
                self.stdout.write(statement)
            return self._check(replica)
        except UserError as problem:
            raise CommandError(f"{replica.database}: {problem.sentence}", returncode=2) from None
        except psycopg.Error:
            raise CommandError(f"{replica.database}: its server does not answer.", returncode=2) from None

    def _check(self, replica: Replica) -> bool:
        report = owners_report(replica) if replica.owner_url else schema_report(replica.organisation)
        for one in report.differences:
            self.stdout.write(f"{replica.database}: {_named(one)}: {one.what}. {one.meaning}")
        if report.upgrade:
            self.stdout.write(report.upgrade)
        return bool(report.upgrade)


def _named(one: Difference) -> str:
    return f"{one.table}.{one.column}" if one.column else one.table
