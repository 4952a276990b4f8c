"""The recorded sessions that the demo shows: measured by a real browser, and kept in `recordings/`.

Both sides of each are there: what the browser measured, as a captured session of the user flow, and what the shop's
database saw meanwhile, as a source whose history is replayed. Times are those of the recording.
"""

import json
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4, uuid5

import psycopg
from django.conf import settings
from django.db import transaction

from replica.exports import state
from replica.exports.models import UserFlowExport
from replica.importing.bundle import Bundle, Metadata, Tag
from replica.importing.detect import read_file
from replica.importing.writer import Flow, NewSession, write_sessions
from replica.schema.definition import create_tables
from statetrace_ui.demo.recording import audit
from statetrace_ui.history.models import Source
from statetrace_ui.history.store import store, store_baseline
from statetrace_ui.web.models import Organisation

FOLDER = Path(__file__).parent / "recordings"
AUDIT = "audit.jsonl.gz"
USER_FLOW = "Buy a product"
DESCRIPTION = "Sign in, find a product, buy it: recorded in the demo shop, which has a fast and a slow variant."
SOURCE = "shop (recorded)"
MEASURED = ("session.har", "profile.cpuprofile", "labels.json", "series.csv")


def load(organisation: Organisation) -> None:
    """Import what is not there yet; does nothing the second time."""
    _load_sessions(organisation)
    _load_history(organisation)


def _load_sessions(organisation: Organisation) -> None:
    with psycopg.connect(settings.STORE_URL) as connection:
        create_tables(connection)
        with connection.transaction(), transaction.atomic():
            export, _ = UserFlowExport.objects.get_or_create(
                organisation=organisation,
                name=USER_FLOW,
                defaults={"user_flow_id": str(uuid4()), "description": DESCRIPTION},
            )
            known = _known_sessions(connection, export.user_flow_id)
            new = [session for session in map(_Recorded, _folders()) if session.id_in(export.user_flow_id) not in known]
            flow = Flow(export.user_flow_id, export.name, export.description)
            write_sessions(connection, flow, [session.read(export.user_flow_id) for session in new])
    if new:
        state.mark_changed(export)


def _folders() -> list[Path]:
    return sorted(path.parent for path in FOLDER.glob("*/session.json"))


def _known_sessions(connection: psycopg.Connection, user_flow_id: str) -> set[str]:
    query = "SELECT session_id::text FROM session_metadata WHERE user_flow_id = %s"
    return {session_id for (session_id,) in connection.execute(query, [user_flow_id])}


class _Recorded:
    """One folder of `recordings/`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.about = json.loads((folder / "session.json").read_text())

    def id_in(self, user_flow_id: str) -> str:
        """Each organisation that loads the recording has a session of its own."""
        return str(uuid5(UUID(user_flow_id), self.about["id"]))

    def read(self, user_flow_id: str) -> NewSession:
        measured = [bundle for name in MEASURED for bundle in read_file(self.folder / name).bundles]
        start = datetime.fromisoformat(self.about["start"])
        return NewSession(self.id_in(user_flow_id), (self._said(), *measured), start, "Passed")

    def _said(self) -> Bundle:
        about = self.about
        metadata = Metadata(
            name=about["name"],
            description=f"Recorded by record_demo in a window of {about['viewport']}.",
            device_model=about["browser"],
            device_os_version=about["browser_version"],
            host_os=about["system"],
        )
        return Bundle(metadata=metadata, tags=tuple(Tag(key, value) for key, value in about["tags"].items()))


def _load_history(organisation: Organisation) -> None:
    """Nothing is connected to: the source has no URL, and capture leaves it alone."""

    with transaction.atomic():
        source, _ = Source.objects.get_or_create(
            organisation=organisation, name=SOURCE, defaults={"url": "", "status": Source.Status.STOPPED}
        )
        if source.position:
            return
        baseline, *transactions = audit.read(FOLDER / AUDIT)
        store_baseline(source, baseline, first=True)
        store(source, transactions)
