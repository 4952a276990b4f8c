"""Exports that were stored before there were targets are kept, and mean the same afterwards."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.replica.conftest import MIGRATED

pytestmark = pytest.mark.django_db
BEFORE, AFTER = ("exports", "0003_replica_moves_to_databases"), ("exports", "0004_targets")


def flows_of(apps: Any) -> Any:
    return apps.get_model("exports", "UserFlowExport")._base_manager.using(MIGRATED)


def test_old_flows_follow_the_default_unless_they_were_switched_on_there_and_back(
    migrate: Callable[[tuple[str, str]], Any],
) -> None:
    old = migrate(BEFORE)
    organisation = old.get_model("web", "Organisation").objects.using(MIGRATED).create(name="Acme", slug="acme")
    runs = old.get_model("exports", "SyncRun").objects.using(MIGRATED)
    for name, autosync in (("off", False), ("on", True)):
        flow = flows_of(old).create(
            organisation_id=organisation.pk, user_flow_id=name, name=name, autosync=autosync, status="In Sync"
        )
        for outcome in ("queued", "running", "done", "failed"):
            runs.create(export_id=flow.pk, outcome=outcome, rows_by_table={"session_metadata": 2}, error="why")

    new = migrate(AFTER)
    found = flows_of(new).order_by("name").values_list("name", "autosync", "status", "target", "mirror", "keeps_own")
    assert list(found) == [("off", None, "In Sync", None, None, False), ("on", True, "In Sync", None, None, False)]
    runs = new.get_model("exports", "SyncRun").objects.using(MIGRATED)
    assert set(runs.values_list("error", "sessions", "bytes", "cancelled_by")) == {("why", None, 0, "")}
    assert runs.count() == 8
    target = new.get_model("exports", "Target").objects.using(MIGRATED)
    theirs = target.create(organisation_id=organisation.pk, name="theirs", place="x", added_by="ann")
    flows_of(new).create(organisation_id=organisation.pk, user_flow_id="on", name="on", target_id=theirs.pk)

    migrate(BEFORE)
    assert list(flows_of(old).order_by("name").values_list("name", "autosync")) == [("off", False), ("on", True)]
