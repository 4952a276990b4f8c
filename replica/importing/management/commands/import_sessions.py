"""`manage.py import_sessions FILE… --user-flow NAME`: files of any known format become sessions of the store."""

import argparse
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from replica.importing.bundle import Bundle, ImportFailed, Tag
from replica.importing.formats import titles
from replica.importing.management.described import DESCRIBED, metadata_of, tags_of
from replica.importing.service import SessionDetails, import_files
from replica.importing.untrusted import moment
from replica.schema.statuses import SessionStatus
from statetrace_ui.web.errors import UserError, first_line
from statetrace_ui.web.organisations import find_or_create_default


class Command(BaseCommand):
    help = f"Import files as sessions: {titles()}; also gzipped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--user-flow", required=True, type=_name, metavar="NAME", help="made if it does not exist")
        parser.add_argument("--organisation", metavar="SLUG", help="needed if there are several; made if there is none")
        parser.add_argument("--status", choices=SessionStatus.values, help="Passed unless you choose another")
        parser.add_argument("--tag", action="append", default=[], type=_tag, metavar="KEY=VALUE", dest="tags")
        parser.add_argument("--session", type=_uuid, metavar="ID", help="all files describe this one session")
        parser.add_argument("--name", type=_name, help="the session's name, instead of the one in the files")
        parser.add_argument("--start", type=_start, metavar="TIME", help="when the session began, in ISO 8601")
        group = parser.add_argument_group("the device of the sessions, and the host that it was connected to")
        for option in DESCRIBED:
            group.add_argument(option.name, type=option.value, metavar=option.metavar, help=option.help)

    def handle(self, *_: object, **options: Any) -> None:
        try:
            details = _details(options)
            organisation = find_or_create_default(options["organisation"])
            written = import_files(organisation, options["user_flow"], options["files"], details, self._report_progress)
        except ImportFailed as problem:
            raise CommandError(str(problem), returncode=2) from None
        except UserError as problem:
            raise CommandError(problem.sentence, returncode=2) from None
        except DatabaseError as problem:
            raise CommandError(f"The dashboard's database failed: {first_line(problem)}.", returncode=2) from None
        for session_id, bundle in written.items():
            self.stdout.write(f"{session_id}: {_summary(bundle)}")
            if bundle.left_out:
                self.stdout.write(f"  left out: {'; '.join(bundle.left_out)}")

    def _report_progress(self, line: str) -> None:
        self.stderr.write(line, style_func=str)


def _details(options: dict[str, Any]) -> SessionDetails:
    return SessionDetails(
        session_id=options["session"],
        metadata=replace(metadata_of(options), start=options["start"], name=options["name"]),
        tags=(*options["tags"], *tags_of(options)),
        status=SessionStatus(options["status"]) if options["status"] else None,
    )


def _summary(bundle: Bundle) -> str:
    """`“Run 1”, 1 exchange, 4 measurements`"""
    counts = {
        "call": len(bundle.profile.calls) if bundle.profile else 0,
        "exchange": len(bundle.exchanges),
        "screenshot": len(bundle.screenshots),
        "label": len(bundle.labels),
        "measurement": len(bundle.measurements),
        "issue": len(bundle.issues),
        "time series point": sum(len(series.x) for series in bundle.series),
    }
    parts = [f"“{bundle.metadata.name}”"] if bundle.metadata.name else []
    parts += [f"{count:,} {noun}{'' if count == 1 else 's'}" for noun, count in counts.items() if count]
    return ", ".join(parts)


def _name(text: str) -> str:
    if not text.strip() or len(text) > 255 or not text.isprintable():
        raise argparse.ArgumentTypeError("a name has 1 to 255 characters, all of them printable")
    return text.strip()


def _tag(text: str) -> Tag:
    key, is_given, value = text.partition("=")
    if not (key and is_given and value) or len(key) > 64 or len(value) > 128 or not text.isprintable():
        raise argparse.ArgumentTypeError("a tag is KEY=VALUE, of at most 64 and 128 printable characters")
    return Tag(key, value)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"“{text}” is not a session id; one looks like d3bf5f07-e910-11eb-a576-acde48001122"
        ) from None


def _start(text: str) -> datetime:
    try:
        return moment(text, "the start")
    except ImportFailed as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None
