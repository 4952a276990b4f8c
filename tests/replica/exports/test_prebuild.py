"""Exported sessions have their blocks before anybody asks for them; an export does not mind when that fails."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from procrastinate.contrib.django.models import ProcrastinateJob

from replica.blocks.places import folder_name
from replica.databases.models import Replica
from replica.exports import jobs, prebuild
from replica.exports.models import UserFlowExport
from replica.exports.outcomes import RunOutcome as Outcome
from replica.exports.sync import sync
from statetrace_ui.web.models import Organisation
from tests.replica.conftest import FLOW, AddSession, run_worker
from tests.replica.generated import fill, generate

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_queue")]


@pytest.fixture
def blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "BLOCKS_DIR", tmp_path / "blocks")
    return tmp_path / "blocks"


@pytest.fixture
def with_calls(store: str, add_session: AddSession) -> str:
    """A session of the flow with the calls of one thread."""
    session = uuid4()
    fill(store, session, generate(500))
    add_session("without a profile")
    with psycopg.connect(store) as connection:
        connection.execute("UPDATE session_metadata SET user_flow_id = %s WHERE session_id = %s", [FLOW, str(session)])
        connection.execute(
            "INSERT INTO bookkeeping.session_revisions (session_id, user_flow_id) VALUES (%s, %s)", [str(session), FLOW]
        )
    return str(session)


def built(blocks: Path) -> list[str]:
    """The sessions that have blocks."""
    return [index.parent.parent.name for index in blocks.glob("*/*/*/index.json")]


def test_a_worker_builds_the_blocks_of_sessions_with_calls(
    export: UserFlowExport, with_calls: str, blocks: Path
) -> None:
    jobs.request_sync(export)
    run_worker()
    run_worker()  # the first one ends when it has taken up the only job that there was
    assert export.runs.get().outcome == Outcome.DONE
    assert built(blocks) == [folder_name(with_calls)]
    assert not ProcrastinateJob.objects.filter(task_name=prebuild.TASK).exclude(status="succeeded").exists()


def test_a_sync_without_a_worker_builds_them_itself(export: UserFlowExport, with_calls: str, blocks: Path) -> None:
    assert sync(export).outcome == Outcome.DONE
    assert built(blocks) == [folder_name(with_calls)]


def test_an_export_succeeds_where_blocks_cannot_be_written(
    export: UserFlowExport, with_calls: str, blocks: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocks.write_text("a file where the folder should be")
    assert sync(export).outcome == Outcome.DONE
    assert "were not built ahead" in caplog.text


def test_nothing_is_said_of_a_session_whose_organisation_has_no_replica(
    export: UserFlowExport, blocks: Path, caplog: pytest.LogCaptureFixture
) -> None:
    prebuild.build(export.organisation_id, str(uuid4()))
    prebuild.build(0, str(uuid4()))
    assert not caplog.records
    assert not blocks.exists()


@pytest.mark.parametrize("fails", [True, False])
def test_a_session_that_is_removed_while_its_blocks_are_built_leaves_none(
    export: UserFlowExport,
    with_calls: str,
    blocks: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    fails: bool,
) -> None:
    sync(export)
    build = prebuild._build_calls

    def removed_meanwhile(organisation: Organisation, alias: str, session_id: str) -> None:
        build(organisation, alias, session_id)
        with psycopg.connect(Replica.objects.get().owner_url) as owner:
            owner.execute("DELETE FROM session_metadata WHERE session_id = %s", [session_id])
        if fails:
            raise FileNotFoundError(session_id)

    monkeypatch.setattr(prebuild, "_build_calls", removed_meanwhile)
    prebuild.build(export.organisation_id, with_calls)
    assert "were not built ahead" not in caplog.text
    assert built(blocks) == []


def test_a_session_that_is_erased_by_a_sync_takes_its_blocks_along(
    export: UserFlowExport, with_calls: str, blocks: Path, remove_session: Callable[[str], None]
) -> None:
    sync(export)
    assert built(blocks) == [folder_name(with_calls)]
    remove_session(with_calls)
    sync(export)
    assert built(blocks) == []
