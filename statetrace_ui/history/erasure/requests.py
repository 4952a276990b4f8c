"""Asking for an erasure, confirming and cancelling it. Raises UserError where that cannot be."""

from collections.abc import Collection, Iterable
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.manager import JobManager

from statetrace_ui.accounts import security_log
from statetrace_ui.accounts.security_log import Event
from statetrace_ui.history.erasure.runs import forget
from statetrace_ui.history.erasure.waiting import refuse_former_readings
from statetrace_ui.history.erasure.wanted import Wanted
from statetrace_ui.history.models import Erasure, Relation, Source, Table
from statetrace_ui.web.errors import UserError

TASK = "erase_from_history"
FORGOTTEN_AFTER = timedelta(days=7)  # what nobody confirms
Place = tuple[str, str, str]  # schema, table, column; '' of a whole record
State = Erasure.State


def record_wanted(source: Source, table: tuple[str, str], key: str, key_too: bool) -> tuple[list[Place], Wanted]:
    """What `ask` needs for a record. key: as changes have it, a JSON array of texts."""
    if not Table.objects.filter(source=source, schema_name=table[0], table_name=table[1]).exists():
        raise UserError("No table of this name is known.", "Look for it among the source's tables.", status=404)
    return [(*table, "")], Wanted(key=key, key_too=key_too)


def person_wanted(
    source: Source,
    columns: Collection[str],
    tables: Collection[tuple[str, str]],
    value: str,
    actor: str,
    elsewhere: bool,
) -> tuple[list[Place], Wanted]:
    """What `ask` needs for a person. columns: in which the value is looked for; tables: only those, all if empty."""
    if not (value or actor):
        raise UserError("Nothing is named that is to be erased.", "Give a value, an actor, or both.")
    if value and not columns:
        raise UserError("No field is named in which the value is to be looked for.", "Name one, such as email.")
    places = _places(source, columns, tables) if value else []
    missing = set(columns) - {column for _, _, column in places} if value else set()
    if missing:
        names = ", ".join(sorted(missing))
        raise UserError(f"No table here has a field of this name: {names}.", "Look for it among the source's tables.")
    return places, Wanted(value=value, actor=actor, elsewhere=elsewhere)


def _places(source: Source, columns: Collection[str], tables: Collection[tuple[str, str]]) -> list[Place]:
    """Every column of those names that a shape of the tables has, or had."""
    shapes = Relation.objects.filter(source=source).only("schema_name", "table_name", "columns")
    found = {
        (shape.schema_name, shape.table_name, column["name"])
        for shape in shapes
        for column in shape.columns
        if column["name"] in columns and (not tables or (shape.schema_name, shape.table_name) in tables)
    }
    return sorted(found)


def ask(
    source: Source, kind: Erasure.Kind, places: Iterable[Place], wanted: Wanted, reason: str, asked_by: str
) -> Erasure:
    """A new erasure, to be counted; nothing is erased before it is confirmed."""
    if wanted.words.occur(reason):
        raise UserError("The reason names what is to be erased, and it stays.", "Give a number of a ticket instead.")
    try:
        with transaction.atomic():
            return Erasure.objects.create(
                source=source,
                kind=kind,
                places=[list(place) for place in places],
                wanted=wanted.as_json(),
                reason=reason,
                asked_by=asked_by,
            )
    except IntegrityError:
        raise UserError(
            "Another erasure of this source is at work.", "Wait until it is done, and ask again.", status=409
        ) from None


def confirm(erasure: Erasure, by: str) -> None:
    """From now on it is erased; where it failed it goes on."""
    with transaction.atomic():
        locked = Erasure.objects.select_for_update().get(pk=erasure.pk)
        if not locked.may_be_confirmed:
            raise UserError(f"This erasure is {locked.state_now.label.lower()}.", "Reload its page.", status=409)
        erasure.confirmed_by, erasure.confirmed_at = by, timezone.now()
        erasure.state, erasure.error, erasure.mark = State.ERASING, "", {}
        erasure.save(update_fields=["confirmed_by", "confirmed_at", "state", "error", "mark"])
        refuse_former_readings(erasure.source_id)
        subject = f"{erasure.source}: erasure {erasure.pk} confirmed"
        security_log.record(Event.HISTORY_ERASED, subject, organisation=erasure.source.organisation)


def cancel(erasure: Erasure) -> None:
    """Forget it, and of whom it was. What is being erased goes on."""
    with transaction.atomic():
        locked = Erasure.objects.select_for_update().get(pk=erasure.pk)
        if not locked.may_be_cancelled:
            raise UserError(f"This erasure is {locked.state_now.label.lower()}.", "Reload its page.", status=409)
        forget(erasure)
        erasure.state, erasure.finished_at = State.CANCELLED, timezone.now()
        erasure.save(update_fields=["state", "finished_at"])


def defer(erasure: Erasure) -> None:
    """Let a job count or erase, from where the erasure is."""
    job = app.configure_task(TASK, lock=f"erasure-{erasure.source_id}", task_kwargs={"erasure_id": erasure.pk}).job
    JobManager(DjangoConnector()).defer_job(job)


def forget_unconfirmed() -> None:
    """Cancel what nobody has confirmed for long: it keeps the name of somebody who is to be forgotten."""
    old = Erasure.objects.filter(
        state__in=[State.COUNTED, State.FAILED], confirmed_at=None, asked_at__lt=timezone.now() - FORGOTTEN_AFTER
    )
    for erasure in old:
        cancel(erasure)
