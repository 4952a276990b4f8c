"""`manage.py import_sessions FILE… --user-flow NAME`: files of any known format become sessions of the store."""

import argparse
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, transaction

from replica.exports import state
from replica.exports.models import UserFlowExport
from replica.importing.bundle import Bundle, ImportFailed, Metadata, Tag
from replica.importing.detect import Imported, read_file
from replica.importing.untrusted import moment
from replica.importing.writer import Flow, NewSession, write_sessions
from replica.schema.definition import create_tables
from statetrace_ui.web.errors import UserError, first_line
from statetrace_ui.web.organisations import find_organisation

STATUSES = ("Passed", "Failed", "Excluded")


class Command(BaseCommand):
    help = "Import files (Android .trace, .cpuprofile, Chrome trace, HAR, CSV, labels JSON; also gzipped) as sessions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--user-flow", required=True, type=_name, metavar="NAME", help="made if it does not exist")
        parser.add_argument("--organisation", metavar="SLUG", help="needed if there are several")
        parser.add_argument("--status", choices=STATUSES, help="Passed unless said otherwise")
        parser.add_argument("--tag", action="append", default=[], type=_tag, metavar="KEY=VALUE", dest="tags")
        parser.add_argument("--session", type=_uuid, metavar="ID", help="all files describe this one session")
        parser.add_argument("--name", type=_name, help="the session's, instead of what the files say")
        parser.add_argument("--start", type=_start, metavar="TIME", help="when the session began, in ISO 8601")

    def handle(self, *_: object, **options: Any) -> None:
        try:
            self._import(options)
        except ImportFailed as problem:
            raise CommandError(str(problem), returncode=2) from None
        except UserError as problem:
            raise CommandError(problem.sentence, returncode=2) from None
        except (psycopg.Error, DatabaseError) as problem:
            sentence = f"The store did not take the sessions, so none was imported: {first_line(problem)}."
            raise CommandError(sentence, returncode=2) from None

    def _import(self, options: dict[str, Any]) -> None:
        organisation = find_organisation(options["organisation"])
        files = [self._read(path) for path in options["files"]]
        self._say("Writing …")
        with psycopg.connect(settings.STORE_URL) as store:
            create_tables(store)
            # The inner one commits first: a user flow without sessions does no harm, sessions without one would.
            with store.transaction(), transaction.atomic():
                export, _ = UserFlowExport.objects.get_or_create(
                    organisation=organisation, name=options["user_flow"], defaults={"user_flow_id": str(uuid4())}
                )
                flow = Flow(export.user_flow_id, export.name, export.description)
                written = write_sessions(store, flow, _sessions(files, export.user_flow_id, options))
        for session_id, bundle in written.items():
            self.stdout.write(f"{session_id}: {_summary(bundle)}")
        state.mark_changed(export)

    def _read(self, path: Path) -> Imported:
        self._say(f"Reading {path.name} …")
        return read_file(path)

    def _say(self, progress: str) -> None:
        self.stderr.write(progress, style_func=str)


def _sessions(files: list[Imported], user_flow_id: str, options: dict[str, Any]) -> list[NewSession]:
    """All files as the one session that was named, or every session of every file with an id made of its content."""
    said = Bundle(metadata=Metadata(name=options["name"]), tags=tuple(options["tags"]))
    found: dict[str, list[Bundle]] = {}
    for file in {file.digest: file for file in files}.values():  # one that is named twice counts once
        for number, bundle in enumerate(file.bundles):
            session_id = options["session"] or uuid5(UUID(user_flow_id), f"{file.digest} {number}")
            found.setdefault(str(session_id), [said]).append(bundle)
            if not options["session"]:  # which may have a name already, or get one from another of its files
                found[str(session_id)].append(Bundle(metadata=Metadata(name=file.name)))
    if (options["start"] or options["name"]) and len(found) > 1:
        raise ImportFailed(f"--start and --name are for one session, but these files hold {len(found)}")
    return [
        NewSession(session_id, tuple(bundles), options["start"], options["status"])
        for session_id, bundles in found.items()
    ]


def _summary(bundle: Bundle) -> str:
    points = sum(len(series.x) for series in bundle.series)
    counts = {
        "call": len(bundle.profile.calls) if bundle.profile else 0,
        "exchange": len(bundle.exchanges),
        "label": len(bundle.labels),
        "measurement": len(bundle.measurements),
        "issue": len(bundle.issues),
        "time series point": points,
    }
    found = [f"{count:,} {what}{'' if count == 1 else 's'}" for what, count in counts.items() if count]
    return ", ".join([*([f"“{bundle.metadata.name}”"] if bundle.metadata.name else []), *found])


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
            f"“{text}” is no session id; one looks like d3bf5f07-e910-11eb-a576-acde48001122"
        ) from None


def _start(text: str) -> datetime:
    try:
        return moment(text, "the start")
    except ImportFailed as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None
