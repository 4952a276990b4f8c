"""Recording anew, with a real browser in a real shop, and its transactions from a real replication slot."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from statetrace_ui.demo import recordings
from statetrace_ui.demo.chromium import find_chromium
from statetrace_ui.demo.recording import audit
from statetrace_ui.web.models import Organisation

pytestmark = pytest.mark.xdist_group("recording")  # one recording for all of them


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made before the test's own transaction begins: a replication slot waits for every transaction that runs."""
    if find_chromium() is None:
        pytest.skip("needs Chromium")
    folder = tmp_path_factory.mktemp("recorded") / "new"
    with ThreadPoolExecutor(1) as threads:  # Playwright's loop may run in ours
        threads.submit(call_command, "record_demo", sessions=1, out=folder).result()
    return folder


@pytest.mark.long
@pytest.mark.browser
def test_what_is_recorded_can_be_loaded(
    recorded: Path, store: str, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordings, "FOLDER", recorded)
    recordings.load(organisation)
    with psycopg.connect(store) as connection:
        query = "SELECT tag_value FROM session_tags WHERE tag_key = 'variant' ORDER BY 1"
        assert connection.execute(query).fetchall() == [("fast",), ("slow",)]
        (calls,) = connection.execute("SELECT count(DISTINCT session_id) FROM function_call_site").fetchone() or (0,)
    assert calls == 2


@pytest.mark.long
@pytest.mark.browser
def test_both_purchases_came_through_the_replication_slot_which_is_gone_afterwards(recorded: Path) -> None:
    orders = [
        change
        for transaction in audit.read(recorded / recordings.AUDIT)
        for change in transaction.changes
        if transaction.kind == "commit" and change.relation.table_name == "shop_order" and change.kind == "I"
    ]
    assert len(orders) == 2
    with psycopg.connect(settings.REPLICA_SERVER_URL) as connection:
        left = "SELECT slot_name FROM pg_replication_slots WHERE slot_name = 'statetrace_recording'"
        assert connection.execute(left).fetchall() == []


@pytest.mark.long
def test_without_a_browser_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    with pytest.raises(CommandError, match="No Chromium was found"):
        call_command("record_demo", out=tmp_path)
