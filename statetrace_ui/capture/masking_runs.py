"""Runs that mask what is stored already: by a command at once, from the page by a job. `tasks.py` runs the jobs."""

from dataclasses import replace

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.manager import JobManager

from statetrace_ui.accounts import security_log
from statetrace_ui.accounts.security_log import Event
from statetrace_ui.capture.failures import described
from statetrace_ui.capture.models import MaskingRun
from statetrace_ui.capture.rule_book import masker_of, rules_of
from statetrace_ui.capture.rules import Rules, stricter
from statetrace_ui.history.masked_history import Place, Shapes, mask_batch, note_rules, stored_shapes
from statetrace_ui.history.models import Source, Table
from statetrace_ui.wal.masking import Masker
from statetrace_ui.wal.records import Relation
from statetrace_ui.wal.snapshot import Report
from statetrace_ui.web.outcomes import UNFINISHED, Outcome

TASK = "mask_history"
DONE = {"done": True}  # the place of a run that has masked all tables


def start(source: Source) -> MaskingRun:
    """A new run, or the source's unfinished one: only one at a time."""
    unfinished = MaskingRun.objects.filter(source=source, outcome__in=UNFINISHED)
    try:
        with transaction.atomic():
            if run := unfinished.first():
                return run
            security_log.record(Event.RULES_CHANGED, f"{source}: history masked", organisation=source.organisation)
            return MaskingRun.objects.create(source=source)
    except IntegrityError:  # somebody else was first
        return unfinished.get()


def request(source: Source) -> MaskingRun:
    """Start a run as a job. If it is under way already, nothing more happens."""
    with transaction.atomic():
        run = start(source)
        defer(run)
    return run


def defer(run: MaskingRun) -> None:
    job = app.configure_task(TASK, lock=f"masking-{run.source_id}", task_kwargs={"run_id": run.pk}).job
    JobManager(DjangoConnector()).defer_job(job)


def perform(run: MaskingRun, report: Report = lambda _: None) -> None:
    """Mask all rows that the source's rules concern, from where the run is. It can be killed at any time."""
    run.outcome, run.error = Outcome.RUNNING, ""
    run.save(update_fields=["outcome", "error"])
    try:
        while not _is_done(run):
            _mask_tables(run, report)
            _vacuum()
    except Exception as error:
        run.outcome, run.error, run.finished_at = Outcome.FAILED, described(error), timezone.now()
        run.save(update_fields=["outcome", "error", "finished_at"])
        raise


def _is_done(run: MaskingRun) -> bool:
    """Whether all tables are masked by the rules that hold now. Rules cannot change while the run is marked as done."""
    with transaction.atomic():
        run.source = Source.objects.select_for_update(no_key=True).get(pk=run.source_id)
        if run.rules_revision != run.source.rules_revision:
            run.rules_revision, run.at = run.source.rules_revision, None
        elif run.at == DONE:
            run.outcome, run.finished_at = Outcome.DONE, timezone.now()
        run.save(update_fields=["rules_revision", "at", "outcome", "finished_at"])
    return run.outcome == Outcome.DONE


def _mask_tables(run: MaskingRun, report: Report) -> None:
    """Note the rules of every table first, so that no digest is taken for a text; then mask table by table."""
    rules, masker = rules_of(run.source), masker_of(run.source)
    tables = [table for table in _stored_tables(run.source) if _shapes(table, rules, masker)]
    begun = (run.at["schema"], run.at["table"]) if run.at else ("", "")
    for number, table in enumerate(tables, start=1):
        name = table.schema_name, table.table_name
        if name >= begun:
            place = Place(run.at["kind"], run.at["id"]) if run.at and name == begun else Place()
            _mask_table(run, table, _shapes(table, rules, masker), place)
            report(f"{table}: {run.rows_masked:,} of {run.rows_read:,} rows masked so far")
        run.tables, run.tables_done = len(tables), number
        run.save(update_fields=["tables", "tables_done"])
    run.at = DONE
    run.save(update_fields=["at"])


def _mask_table(run: MaskingRun, table: Table, shapes: Shapes, place: Place | None) -> None:
    while place:
        with transaction.atomic():  # the place is noted with the rows, so that a killed run counts none twice
            batch = mask_batch(run.source, table, shapes, place)
            run.rows_read += batch.read
            run.rows_masked += batch.masked
            place = batch.place
            if place:
                run.at = {"schema": table.schema_name, "table": table.table_name, "kind": place.kind, "id": place.id}
            run.save(update_fields=["at", "rows_read", "rows_masked"])


def _stored_tables(source: Source) -> list[Table]:
    """The tables of which history has rows, in their order for Python: a run that goes on compares names there."""
    return sorted(Table.objects.filter(source=source), key=lambda table: (table.schema_name, table.table_name))


def _shapes(table: Table, rules: Rules, masker: Masker) -> Shapes:
    """The table's shapes in which something is not stored in clear, by the ids of their rows, which then say so."""
    shapes: Shapes = {}
    for row, shape in stored_shapes(table):
        ruled = _ruled(shape, rules, masker)
        if ruled.masker:
            note_rules(row, ruled)
            shapes[row.pk] = ruled
    return shapes


def _ruled(shape: Relation, rules: Rules, masker: Masker) -> Relation:
    """The shape with the stricter of the present rules and those by which its values were stored."""
    now = rules.apply(shape, masker)
    columns = tuple(
        replace(new, rule=stricter(old.rule, new.rule)) for old, new in zip(shape.columns, now.columns, strict=True)
    )
    acts = any(column.rule != "keep" for column in columns)
    return replace(now, columns=columns, masker=masker if acts else None)


def _vacuum() -> None:
    """Free the space of the rows as they were, for others to overwrite. Not possible inside a transaction."""
    if not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM history_change")
