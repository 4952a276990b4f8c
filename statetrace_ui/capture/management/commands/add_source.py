"""`manage.py add_source NAME [URL]`: connect an audited database."""

import sys
from typing import Any, NoReturn

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandParser

from statetrace_ui import env
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.capture.lifecycle import PreflightFailed
from statetrace_ui.capture.rule_arguments import add_rule_arguments, given_rules
from statetrace_ui.capture.sources import connect_source
from statetrace_ui.installation import command
from statetrace_ui.wal.connection import SourceError
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.organisations import find_or_create_default


class Command(BaseCommand):
    help = (
        "Connects an audited PostgreSQL database: checks it, creates a publication and a replication slot, and stores"
        " every row as a baseline. With the name of a source that is there it gives that one a new URL; history stays,"
        " and where something is missing, all tables are compared with it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the application's name in the dashboard")
        parser.add_argument(
            "url",
            nargs="?",
            default="",
            help="postgresql://user:password@host:5432/database of a role with REPLICATION. Where others can see"
            " command lines, leave it out and set SOURCE_URL or SOURCE_URL_FILE, or give - for standard input",
        )
        parser.add_argument("--organisation", default="", help="slug; needed where there are several organisations")
        parser.add_argument(
            "--annotations",
            default="",
            metavar="SCHEMA.TABLE",
            help="the only table whose rows count as annotations; by default the statetrace_annotations that is there,"
            " in `public` if there are several",
        )
        parser.add_argument(
            "--moved",
            action="store_true",
            help="history goes on at this URL though it leads to another server, or to another state of its own",
        )
        parser.add_argument(
            "--messages",
            action="store_true",
            help="count messages of pg_logical_emit_message as annotations, beside the table's rows; see"
            " docs/annotating.md for who may write them",
        )
        add_rule_arguments(parser)

    def handle(
        self, *_: Any, name: str, url: str, organisation: str, annotations: str, moved: bool, **options: Any
    ) -> None:
        try:
            rules = given_rules(options)
            owner = find_or_create_default(organisation)
            messages: bool = options["messages"]
            connect_source(
                name, _url(url), owner, self.stdout.write, annotations, rules, moved=moved, messages=messages
            )
            record(Event.SOURCE_ADDED, name, organisation=owner)
        except PreflightFailed as error:
            self._fail(error.findings)
        except UserError as error:
            self._fail([error.sentence])
        except (SourceError, ImproperlyConfigured) as error:
            self._fail([str(error)])
        except KeyboardInterrupt:
            self.stderr.write(f"Stopped: {name} is not connected.")
            sys.exit(130)
        self.stdout.write(self.style.SUCCESS(f"{name} is connected; `{command('run_capture')}` follows its changes."))

    def _fail(self, sentences: list[str]) -> NoReturn:
        for sentence in sentences:
            self.stderr.write(sentence)
        sys.exit(2)


def _url(given: str) -> str:
    """The URL from the argument, standard input or the environment. Raises ImproperlyConfigured if there is none."""
    return sys.stdin.readline().strip() if given == "-" else given or env.secret("SOURCE_URL")
