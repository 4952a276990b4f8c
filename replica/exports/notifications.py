"""Tells an organisation that an export fails, and that it has recovered: once each, whatever is tried in between."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse

from replica.exports.models import SyncRun, UserFlowExport
from replica.exports.options import defaults_of
from replica.exports.outcomes import RunOutcome
from statetrace_ui.deliveries.models import Endpoint
from statetrace_ui.deliveries.sending import Message, send
from statetrace_ui.web.models import Membership

FAILED, RECOVERED = "export.failed", "export.recovered"


def tell(run: SyncRun) -> None:
    """Have it delivered if the run's outcome is news; in the caller's transaction, which stores the outcome."""
    export = UserFlowExport.every.select_for_update().get(pk=run.export_id)
    if run.outcome == RunOutcome.FAILED and not export.failure_told:
        _send(export, run, _failed(export, run))
    elif run.outcome == RunOutcome.DONE and export.failure_told:
        _send(export, run, _recovered(export, run))


def _send(export: UserFlowExport, run: SyncRun, message: Message) -> None:
    export.failure_told = message.event == FAILED
    export.save(update_fields=["failure_told"])
    for to, name in _recipients(export):
        send(export.organisation, to, f"export-run-{run.pk}-{message.event}-{name}", message)


def _recipients(export: UserFlowExport) -> Iterator[tuple[Endpoint | str, str]]:
    """Each with a name that is its own among them."""
    chosen = defaults_of(export.organisation_id)
    if chosen.endpoint:
        yield chosen.endpoint, "endpoint"
    if chosen.by_mail:
        managing = Membership.objects.of_managers().filter(organisation=export.organisation_id).values("user")
        for person in User.objects.filter(pk__in=managing, is_active=True).exclude(email="").order_by("pk"):
            yield person.email, f"person-{person.pk}"


def _failed(export: UserFlowExport, run: SyncRun) -> Message:
    lines = [f"The export of {export} fails:", "", run.error]
    lines += ["", "There will be one more message, when a sync has succeeded again."]
    return Message(FAILED, f"The export of {export} fails", _text(export, lines), _data(export, run))


def _recovered(export: UserFlowExport, run: SyncRun) -> Message:
    lines = [f"The export of {export} has succeeded again: {run.rows:,} rows were committed."]
    return Message(RECOVERED, f"The export of {export} has recovered", _text(export, lines), _data(export, run))


def _data(export: UserFlowExport, run: SyncRun) -> dict[str, Any]:
    flow = {"name": export.name, "user_flow_id": export.user_flow_id, "target": str(export.target or "")}
    outcome = {"outcome": run.outcome, "error": run.error, "sessions": run.sessions_done, "rows": run.rows}
    return {"export": {**flow, "link": _link(export)}, "run": {"id": run.pk, **outcome}}


def _text(export: UserFlowExport, lines: list[str]) -> str:
    link = _link(export)
    return "\n".join([*lines, *(["", f"The export: {link}"] if link else [])]) + "\n"


def _link(export: UserFlowExport) -> str:
    """'' where the site has not been told its name."""
    path = reverse("exports:export", args=[export.pk])
    return f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else ""
