"""What the demo tells is really there: a refund behind the shop's back, a slower build, a sync that is refused."""

import psycopg
import pytest

from replica.comparisons.models import FlowBaseline
from replica.databases.provisioning import ensure_replica
from replica.exports.models import UserFlowExport
from replica.exports.sync import sync
from replica.flow_trends.service import refresh, slower_flows
from statetrace_ui.demo import recordings, story
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.demo.conftest import Shop

pytestmark = pytest.mark.xdist_group("shop")  # one running shop for all of them


@pytest.mark.long
def test_the_refund_is_told_once(shop: Shop) -> None:
    for _ in range(2):
        story.refund_wrongly(shop.url)
    with psycopg.connect(shop.url) as connection:
        query = "SELECT status, total, amount FROM shop_payment JOIN shop_order o ON o.id = order_id WHERE reason = %s"
        [(status, total, amount)] = connection.execute(query, [story.REASON]).fetchall()
    assert status == "refunded"
    assert amount == -2 * total


@pytest.mark.django_db(transaction=True)
def test_the_slow_build_and_the_refused_session_are_there_to_be_found(
    organisation: Organisation, store: str, clean_server: None
) -> None:
    recordings.load(organisation)
    ensure_replica(organisation)
    flow = UserFlowExport.objects.get(organisation=organisation)
    sync(flow)
    for _ in range(2):
        story.keep_fast_baseline(organisation)
        story.fail_a_sync(organisation)
    refresh(organisation)
    assert list((slower_flows(organisation) or {}).values()) == [recordings.USER_FLOW]
    assert len(FlowBaseline.objects.get().session_ids) == 4
    canary = UserFlowExport.objects.get(name=story.CANARY_FLOW)
    [run] = canary.runs.all()
    assert canary.status == UserFlowExport.Status.ERROR
    assert "known_variants" in run.error
    sync(flow)
    flow.refresh_from_db()
    assert flow.status == UserFlowExport.Status.IN_SYNC
