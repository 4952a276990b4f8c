"""What there is to be found in the demo: a wrong refund, a slow build, and a sync that fails. Told once.

Each part looks whether it was told, so a demo that was killed goes on where it was.
"""

from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid5

import psycopg
from django.conf import settings

from replica.comparisons.baselines import baseline_of, keep_baseline
from replica.databases.models import Replica
from replica.databases.server import connect
from replica.exports.models import UserFlowExport
from replica.exports.sync import sync
from replica.importing.bundle import Tag
from replica.importing.service import find_or_make_flow, import_files
from statetrace_ui.demo import recordings
from statetrace_ui.web.models import Organisation

# Somebody with psql: the order is refunded, twice its total goes back, the goods do not, and no request is behind it.
REASON = "goodwill"
REFUNDED = "SELECT 1 FROM shop_payment WHERE reason = %s"
WRONG_REFUND = """
WITH refunded AS (
    UPDATE shop_order SET status = 'refunded' WHERE id = (SELECT max(id) FROM shop_order WHERE status = 'paid')
    RETURNING id, total)
INSERT INTO shop_payment (order_id, amount, reason, at) SELECT id, -2 * total, %s, now() FROM refunded
"""
CANARY_FLOW = "Buy a product (canary)"
CANARY_DESCRIPTION = "A build that the readers of the replica do not know yet."
CANARY_RECORDING = "slow-1"
# A reader of the replica has asked for it: their report knows two variants.
GUARD = """
ALTER TABLE session_tags DROP CONSTRAINT IF EXISTS known_variants;
ALTER TABLE session_tags ADD CONSTRAINT known_variants CHECK (tag_key <> 'variant' OR tag_value IN ('fast', 'slow'))
"""


def refund_wrongly(shop_url: str) -> None:
    """Behind the shop's back. The source is connected already, so its stream brings it."""
    with psycopg.connect(shop_url, application_name="psql") as shop:
        if not shop.execute(REFUNDED, [REASON]).fetchone():
            shop.execute(WRONG_REFUND, [REASON])


def keep_fast_baseline(organisation: Organisation) -> None:
    """Hold the flow against the fast variant, so that the slow one shows. A baseline of somebody's own stays."""
    flow = UserFlowExport.objects.get(organisation=organisation, name=recordings.USER_FLOW)
    if baseline_of(organisation, flow.user_flow_id) is None:
        fast = recordings.session_ids(flow.user_flow_id, "fast-*")
        keep_baseline(organisation, flow.user_flow_id, fast, "variant=fast", "demo")


def fail_a_sync(organisation: Organisation) -> None:
    """Sync a session that the replica refuses. Whoever gives it another variant and syncs again has mended it."""
    flows = UserFlowExport.objects.filter(organisation=organisation, name=CANARY_FLOW)
    if flows.filter(runs__isnull=False).exists():
        return
    flow_id = find_or_make_flow(organisation, CANARY_FLOW, CANARY_DESCRIPTION).user_flow_id
    folder = recordings.FOLDER / CANARY_RECORDING
    details = recordings.details(folder, flow_id)
    canary = replace(details, session_id=uuid5(UUID(flow_id), "canary"), tags=(Tag("variant", "canary"),))
    import_files(organisation, CANARY_FLOW, _files(folder), canary)
    with connect(Replica.objects.get(organisation=organisation).owner_url) as replica:
        replica.execute(GUARD)
    sync(flows.get())


def _files(folder: Path) -> list[Path]:
    return [folder / name for name in recordings.MEASURED]


def tell(organisation: Organisation) -> None:
    """All of it; the shop's database is a source, and the recordings are in the replica."""
    refund_wrongly(settings.DEMO_DATABASE_URL)
    keep_fast_baseline(organisation)
    fail_a_sync(organisation)
