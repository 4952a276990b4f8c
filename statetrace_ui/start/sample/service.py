"""Puts sample data in and takes it out. Each step may be done again, so a process may be killed between any two."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4, uuid5

from django.db import transaction
from django.utils import timezone

from replica.deletion.models import Deletion
from replica.deletion.service import request_flow
from replica.exports.jobs import request_sync
from replica.exports.models import UserFlowExport
from replica.importing.bundle import ImportFailed, Metadata, Tag
from replica.importing.service import SessionDetails, import_files
from replica.schema.statuses import SessionStatus
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.history.models import Source, Table
from statetrace_ui.history.store import store, store_baseline
from statetrace_ui.start.models import SampleData
from statetrace_ui.start.sample import captured, history
from statetrace_ui.start.sample.story import Run, runs
from statetrace_ui.wal.foreign_keys import ForeignKey
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.locks import alone
from statetrace_ui.web.models import Organisation

SOURCE = "Lamp shop (sample)"
FLOW = "Buy a lamp (sample)"
DESCRIPTION = "Sample data: invented runs of two builds of an invented shop, the second of which is slower."


def sample_of(organisation: Organisation) -> SampleData | None:
    return SampleData.objects.filter(organisation=organisation).select_related("source").first()


def is_leaving(organisation: Organisation) -> bool:
    """Whether sessions of a sample are still being deleted."""
    going = Deletion.objects.filter(organisation=organisation, kind=Deletion.Kind.FLOW, finished_at=None)
    return going.filter(name__startswith=FLOW).exists()


def put_in(organisation: Organisation) -> None:
    """Make what is missing of the sample data, and have its sessions copied to the replica. Raises UserError."""
    with _by_itself(organisation):
        if is_leaving(organisation):
            raise UserError("The former sample data is still being taken out.", "Try again in a moment.", status=409)
        sample = sample_of(organisation) or _begin(organisation)
        export = _export(sample)
        told = runs(UUID(sample.user_flow_id), sample.told_at)
        try:
            _put_sessions(export, told)
        except ImportFailed as problem:
            raise UserError(str(problem), "Try again in a minute.", status=503) from None
        _put_history(sample, told)
        request_sync(export)


def take_out(organisation: Organisation, person_name: str) -> None:
    """Delete source and user flow with all that they hold. What is copied goes by a job, as other deletions do."""
    with _by_itself(organisation):
        sample = sample_of(organisation)
        if sample is None:
            return
        if export := UserFlowExport.objects.filter(user_flow_id=sample.user_flow_id).first():
            request_flow(export, person_name)
        if sample.source:
            record(Event.SOURCE_REMOVED, sample.source)
            sample.source.delete()
        sample.delete()


@contextmanager
def _by_itself(organisation: Organisation) -> Iterator[None]:
    with alone("sample data", organisation.pk) as mine:
        if not mine:
            raise UserError("Somebody is doing this right now.", "Reload the page in a moment.", status=409)
        yield


def _begin(organisation: Organisation) -> SampleData:
    """Source and flow get names that are free: nothing of the organisation's own becomes a part of the sample."""
    sources = Source.objects.filter(organisation=organisation)
    with transaction.atomic():
        name = _free(SOURCE, lambda wanted: sources.filter(name=wanted).exists())
        source = Source.objects.create(organisation=organisation, name=name, status=Source.Status.RECORDED)
        record(Event.SOURCE_ADDED, source)
        return SampleData.objects.create(
            organisation=organisation, source=source, user_flow_id=str(uuid4()), told_at=timezone.now()
        )


def _export(sample: SampleData) -> UserFlowExport:
    """The sample's user flow. Whoever deleted it alone gets it anew."""
    flows = UserFlowExport.objects.filter(organisation=sample.organisation)
    if known := flows.filter(user_flow_id=sample.user_flow_id).first():
        return known
    name = _free(FLOW, lambda wanted: flows.filter(name=wanted).exists())
    return UserFlowExport.objects.create(
        organisation=sample.organisation, user_flow_id=sample.user_flow_id, name=name, description=DESCRIPTION
    )


def _free(name: str, taken: Callable[[str], bool]) -> str:
    numbered = (f"{name} {number}" for number in range(2, 1000))
    return name if not taken(name) else next(other for other in numbered if not taken(other))


def _put_history(sample: SampleData, told: list[Run]) -> None:
    """In one transaction: a source without a position has nothing."""
    source = sample.source
    if source is None or source.position:
        return
    with transaction.atomic():
        store_baseline(source, history.baseline(told[0].start))
        store(source, history.transactions(UUID(sample.user_flow_id), told))
        for table, columns in history.REFERENCES.items():
            keys = [ForeignKey((column,), "public", other, ("id",)).as_json() for column, other in columns.items()]
            Table.objects.filter(source=source, table_name=table).update(foreign_keys=keys)


def _put_sessions(export: UserFlowExport, told: list[Run]) -> None:
    """Import each run under an id of its own, so that what is there already is replaced by the same."""
    with tempfile.TemporaryDirectory(prefix="statetrace-sample-") as folder:
        for run in told:
            paths = [
                _written(Path(folder) / f"{run.number}-{name}", text) for name, text in captured.files(run).items()
            ]
            import_files(export.organisation, export.name, paths, _details(export, run))


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def _details(export: UserFlowExport, run: Run) -> SessionDetails:
    tags = {"build": run.build, "sample": "yes", "statetrace_session_id": str(run.session)}
    return SessionDetails(
        session_id=uuid5(UUID(export.user_flow_id), f"run {run.number}"),
        metadata=Metadata(start=run.start, name=f"Sample run {run.number}, build {run.build}", description=DESCRIPTION),
        tags=tuple(Tag(key, value) for key, value in tags.items()),
        status=SessionStatus.PASSED,
    )
