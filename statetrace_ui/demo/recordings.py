"""The sessions that the demo shows: a real browser measured them, and `recordings/` keeps them.

Each has both sides: the browser's files become a captured session of the user flow, and the changes in the shop's
database become the history of a source. Times are those of the recording.
"""

import json
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid5

import psycopg
from django.conf import settings
from django.db import transaction

from replica.importing.bundle import Metadata, Tag
from replica.importing.service import SessionDetails, find_or_make_flow, import_files
from replica.schema.definition import create_tables
from replica.schema.statuses import SessionStatus
from statetrace_ui.demo.recording import audit
from statetrace_ui.history.models import Source, Table
from statetrace_ui.history.store import store, store_baseline
from statetrace_ui.wal.foreign_keys import ForeignKey
from statetrace_ui.web.models import Organisation

FOLDER = Path(__file__).parent / "recordings"
AUDIT = "audit.jsonl.gz"
USER_FLOW = "Buy a product"
DESCRIPTION = "Sign in, find a product, buy it: recorded in the demo shop, which has a fast and a slow variant."
SOURCE = "shop (recorded)"
# The shop's foreign keys, of which its stream says nothing: to the column `id` of another table.
REFERENCES = {
    "shop_cartline": {"customer_id": "auth_user", "product_id": "shop_product"},
    "shop_order": {"customer_id": "auth_user"},
    "shop_orderline": {"order_id": "shop_order", "product_id": "shop_product"},
    "shop_payment": {"order_id": "shop_order"},
    "shop_product": {"category_id": "shop_category"},
    "shop_stocklevel": {"product_id": "shop_product"},
}
MEASURED = ("session.har", "profile.cpuprofile", "labels.json", "series.csv")


def load(organisation: Organisation) -> None:
    """Import the recordings that are not there yet; does nothing the second time."""
    _load_sessions(organisation)
    _load_history(organisation)


def _load_sessions(organisation: Organisation) -> None:
    user_flow_id = find_or_make_flow(organisation, USER_FLOW, DESCRIPTION).user_flow_id
    known = _known_sessions(user_flow_id)
    for folder in sorted(path.parent for path in FOLDER.glob("*/session.json")):
        told = details(folder, user_flow_id)
        if told.session_id not in known:
            import_files(organisation, USER_FLOW, [folder / name for name in MEASURED], told)


def session_ids(user_flow_id: str, folders: str) -> list[str]:
    """The ids under which the recordings in folders of such names are loaded."""
    found = (path.parent for path in sorted(FOLDER.glob(f"{folders}/session.json")))
    return [str(details(folder, user_flow_id).session_id) for folder in found]


def _known_sessions(user_flow_id: str) -> set[UUID]:
    with psycopg.connect(settings.STORE_URL) as store:
        create_tables(store)
        query = "SELECT session_id FROM session_metadata WHERE user_flow_id = %s"
        return {UUID(session_id) for (session_id,) in store.execute(query, [user_flow_id])}


def details(folder: Path, user_flow_id: str) -> SessionDetails:
    """What session.json says of the recording in that folder."""
    about = json.loads((folder / "session.json").read_text())
    return SessionDetails(
        # Each organisation that loads the recording has a session of its own.
        session_id=uuid5(UUID(user_flow_id), about["id"]),
        metadata=Metadata(
            start=datetime.fromisoformat(about["start"]),
            name=about["name"],
            description=f"Recorded by record_demo in a window of {about['viewport']}.",
            host_os=about["system"],
        ),
        tags=tuple(Tag(key, value) for key, value in about["tags"].items()),
        status=SessionStatus.PASSED,
    )


def _load_history(organisation: Organisation) -> None:
    """The source has no URL, so nothing connects to it, capture leaves it alone, and no worker is missed."""
    with transaction.atomic():
        source, _ = Source.objects.get_or_create(
            organisation=organisation, name=SOURCE, defaults={"url": "", "status": Source.Status.RECORDED}
        )
        if source.position:
            return
        baseline, *transactions = audit.read(FOLDER / AUDIT)
        store_baseline(source, baseline)
        store(source, transactions)
        for table, columns in REFERENCES.items():
            keys = [ForeignKey((column,), "public", other, ("id",)).as_json() for column, other in columns.items()]
            Table.objects.filter(source=source, table_name=table).update(foreign_keys=keys)
