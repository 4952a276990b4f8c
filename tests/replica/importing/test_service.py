"""The use case, as the command, the demo and all others call it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.conf import settings

from replica.exports.models import UserFlowExport
from replica.importing.bundle import ImportFailed, Metadata
from replica.importing.service import SessionDetails, find_or_make_flow, import_files
from statetrace_ui.web.models import Organisation
from tests.replica.importing.samples import har, timeseries_csv

SESSION = UUID("d3bf5f07-e910-11eb-a576-acde48001122")
START = datetime(2026, 3, 1, 9, 59, 50, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store")]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    (tmp_path / "a.har").write_bytes(har())
    (tmp_path / "b.csv").write_bytes(timeseries_csv())
    return sorted(tmp_path.iterdir())


def stored(query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(settings.STORE_URL) as connection:
        return connection.execute(query).fetchall()


def test_reports_each_step_and_returns_the_sessions(organisation: Organisation, files: list[Path]) -> None:
    lines: list[str] = []
    written = import_files(organisation, "Checkout", files, progress=lines.append)
    assert lines == ["Reading a.har …", "Reading b.csv …", "Writing …"]
    assert sorted(bundle.metadata.name or "" for bundle in written.values()) == ["Run 1", "b.csv"]
    assert {(session_id,) for session_id in written} == set(stored("SELECT session_id FROM session_metadata"))


def test_details_override_the_files(organisation: Organisation, files: list[Path]) -> None:
    metadata = Metadata(start=START, name="Morning", device_model="Pixel", device_os_version="16")
    import_files(organisation, "Checkout", files, SessionDetails(SESSION, metadata))
    columns = "session_id, start_time, name, device_model, device_os_version"
    assert stored(f"SELECT {columns} FROM session_metadata") == [
        (str(SESSION), START.replace(tzinfo=None), "Morning", "Pixel", "16")
    ]


def test_sessions_go_into_the_flow_of_that_name_which_keeps_its_description(
    organisation: Organisation, files: list[Path]
) -> None:
    export = find_or_make_flow(organisation, "Checkout", "From basket to receipt")
    import_files(organisation, "Checkout", files)
    assert stored("SELECT user_flow_id, description FROM user_flow") == [
        (export.user_flow_id, "From basket to receipt")
    ]
    assert find_or_make_flow(organisation, "Checkout", "Another") == UserFlowExport.objects.get()


def test_a_store_that_fails_leaves_no_flow_behind(
    organisation: Organisation, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "STORE_URL", "postgresql://nobody:unguessable@127.0.0.1:1/nowhere")
    with pytest.raises(ImportFailed, match=r"^The store did not take the sessions, so none was imported: ") as failed:
        import_files(organisation, "Checkout", files)
    assert "unguessable" not in str(failed.value)
    assert not UserFlowExport.objects.exists()
