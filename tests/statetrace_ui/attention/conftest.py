"""What needs attention, made one by one."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from replica.exports.models import SyncRun, UserFlowExport
from statetrace_ui.history.models import Source
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.rows import make_source

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def source(organisation: Organisation) -> Source:
    """Captured, and doing well."""
    return make_source(organisation, status=Source.Status.STREAMING, seen_at=timezone.now())


@pytest.fixture
def export(organisation: Organisation) -> UserFlowExport:
    return UserFlowExport.objects.create(organisation=organisation, user_flow_id="flow-1", name="Checkout")


def make_run(export: UserFlowExport, outcome: str, ago: dt.timedelta = MINUTE, **fields: Any) -> SyncRun:
    """A sync that was asked for so long ago, and ended then if it has an end."""
    at = timezone.now() - ago
    run = SyncRun.objects.create(export=export, outcome=outcome, **fields)
    ended = {} if outcome in ("queued", "running") else {"finished_at": at}
    SyncRun.objects.filter(pk=run.pk).update(requested_at=at, started_at=at, **ended)
    run.refresh_from_db()
    return run
