"""Importing files: the one way into the store, for everything that takes files from somebody."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID, uuid4, uuid5

import psycopg
from django.conf import settings
from django.db import DatabaseError, transaction
from django.urls import reverse
from psycopg import errors

from replica.beside import details as exchange_details
from replica.beside import screenshots
from replica.exports import flow_lock, state
from replica.exports.models import UserFlowExport
from replica.importing.bundle import Bundle, ImportFailed, Measurement, Metadata, StoreFailed, Tag
from replica.importing.detect import LARGEST_MIB, SessionFile, read_file
from replica.importing.progress import Report, ignore_progress
from replica.importing.writer import Flow, NewSession, write_flow, write_sessions
from replica.schema.definition import create_tables
from replica.schema.statuses import SessionStatus
from statetrace_ui.web.errors import first_line
from statetrace_ui.web.models import Organisation

# Other transactions were in the way, so the same import done again may well succeed.
TRY_AGAIN = (errors.DeadlockDetected, errors.SerializationFailure)
ATTEMPTS = 5


@dataclass(frozen=True)
class SessionDetails:
    """What a person says of the sessions beside their files; a value of `metadata` overrides the one in a file.

    With a `session_id` all files describe that session, and there may be none; without, each file describes sessions of
    its own. No `status` means Passed for a new session, and no change for another.
    """

    session_id: UUID | None = None
    metadata: Metadata = field(default_factory=Metadata)
    tags: tuple[Tag, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    status: SessionStatus | None = None


def import_files(
    organisation: Organisation,
    user_flow: str,
    files: Iterable[Path],
    details: SessionDetails = SessionDetails(),
    progress: Report = ignore_progress,
    largest_mib: int = LARGEST_MIB,
) -> dict[str, Bundle]:
    """Write the sessions that the files hold to the store, all or none; the bundles as written, by session id.

    The user flow is made if the organisation has none of that name. `progress` takes a line before each step, and
    within long ones. largest_mib: of a file, unpacked.
    ImportFailed has one sentence that says what is wrong: with a file, or with the store.
    """
    read = [_read(path, progress, largest_mib) for path in files]
    progress("Writing …")
    try:
        export, written = _write_patiently(organisation, user_flow, read, details, progress)
    except (psycopg.Error, DatabaseError) as problem:
        raise StoreFailed(
            f"The store did not take the sessions, so none was imported: {first_line(problem)}."
        ) from None
    state.mark_changed(export)
    for session_id, bundle in written.items():
        screenshots.keep(organisation, session_id, [(one.at_ms, one.image) for one in bundle.screenshots])
    return written


def find_or_make_flow(organisation: Organisation, name: str, description: str = "") -> UserFlowExport:
    """The organisation's user flow of that name; the description is for a new one."""
    export, _ = UserFlowExport.objects.get_or_create(
        organisation=organisation, name=name, defaults={"user_flow_id": str(uuid4()), "description": description}
    )
    return export


def put_flow(organisation: Organisation, name: str, description: str) -> tuple[UserFlowExport, bool]:
    """The organisation's user flow of that name with that description, and whether it is new.

    The replica gets a new description with the next sync.
    """
    with psycopg.connect(settings.STORE_URL) as store:
        create_tables(store)
        with store.transaction(), transaction.atomic():
            flow_lock.hold(store, organisation.pk, name)  # else it could be deleted while it is written
            export, is_new = UserFlowExport.objects.select_for_update().get_or_create(
                organisation=organisation,
                name=name,
                defaults={"user_flow_id": str(uuid4()), "description": description},
            )
            export.description = description
            export.save(update_fields=["description"])
            write_flow(store, Flow(export.user_flow_id, name, description))
    return export, is_new


def session_link(session_id: str) -> str | None:
    """The address of the session's page; None where nobody has said by which name people reach the site."""
    return f"{settings.PUBLIC_URL}{reverse('replica:session', args=[session_id])}" if settings.PUBLIC_URL else None


def _read(path: Path, progress: Report, largest_mib: int) -> SessionFile:
    progress(f"Reading {path.name} …")
    return read_file(path, largest_mib, progress)


def _write_patiently(
    organisation: Organisation, user_flow: str, files: Sequence[SessionFile], details: SessionDetails, progress: Report
) -> tuple[UserFlowExport, dict[str, Bundle]]:
    """`_write`, again if other transactions of the store were in the way."""
    for _ in range(1, ATTEMPTS):
        try:
            return _write(organisation, user_flow, files, details, progress)
        except TRY_AGAIN:
            progress("Writing once more, for others were writing the same …")
    return _write(organisation, user_flow, files, details, progress)


def _write(
    organisation: Organisation, user_flow: str, files: Sequence[SessionFile], details: SessionDetails, progress: Report
) -> tuple[UserFlowExport, dict[str, Bundle]]:
    with psycopg.connect(settings.STORE_URL) as store:
        create_tables(store)
        # The inner one commits first: a user flow without sessions does no harm, sessions without one would.
        with store.transaction(), transaction.atomic():
            flow_lock.hold(store, organisation.pk, user_flow)  # else it could be deleted under its new sessions
            export = find_or_make_flow(organisation, user_flow)
            flow = Flow(export.user_flow_id, export.name, export.description)
            written = write_sessions(store, flow, _sessions(files, export.user_flow_id, details), progress)
            for session_id, bundle in written.items():
                exchange_details.keep(organisation, session_id, bundle.exchanges)
            return export, written


def _sessions(files: Sequence[SessionFile], user_flow_id: str, details: SessionDetails) -> list[NewSession]:
    start, name = details.metadata.start, details.metadata.name
    bundles = _bundles(files, user_flow_id, details.session_id)
    if (start or name) and len(bundles) > 1:
        raise ImportFailed(f"A start and a name are for one session, but these files hold {len(bundles)}")
    return [
        NewSession(session_id, (_told(details, session_id), *rest), start, details.status)
        for session_id, rest in bundles.items()
    ]


def _told(details: SessionDetails, session_id: str) -> Bundle:
    """What the person and the site itself say of the session, which goes before what its files say."""
    metadata = replace(details.metadata, start=None, session_link=session_link(session_id))
    return Bundle(metadata=metadata, tags=details.tags, measurements=details.measurements)


def _bundles(files: Sequence[SessionFile], user_flow_id: str, session_id: UUID | None) -> dict[str, list[Bundle]]:
    """The bundles of each session, by its id."""
    if session_id:
        return {str(session_id): [bundle for file in _distinct(files) for bundle in file.bundles]}
    return {
        # Made of the content and the flow: importing a file again replaces its sessions.
        str(uuid5(UUID(user_flow_id), f"{file.digest} {number}")): [bundle, Bundle(metadata=Metadata(name=file.name))]
        for file in _distinct(files)
        for number, bundle in enumerate(file.bundles)
    }


def _distinct(files: Sequence[SessionFile]) -> list[SessionFile]:
    """A file that is given twice counts once."""
    return list({file.digest: file for file in files}.values())
