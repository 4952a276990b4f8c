"""What an alert tells, and whom. Never values: those stay where they may be masked, or erased later."""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse

from statetrace_ui.deliveries.models import Endpoint
from statetrace_ui.deliveries.queries import endpoints, sent
from statetrace_ui.deliveries.sending import Message, rewrite, send
from statetrace_ui.history.alerts.finding import line_between
from statetrace_ui.history.change_rows import ChangeRow
from statetrace_ui.history.models import Alert, AlertFinding, Change
from statetrace_ui.history.queries.change_lists import listed_changes
from statetrace_ui.history.queries.sources import sources_of
from statetrace_ui.web.models import Membership, Organisation

MATCHED = "alert.matched"
FINDING = re.compile(r"alert-finding-(\d+)-")
# In place of a message whose alert is gone, so that nobody can tell what it spoke of.
FORGOTTEN = Message(MATCHED, "Erased", "The text of this message was erased.\n", {"erased": True})


def is_told(alert: Alert) -> bool:
    """Whether there is still somebody to tell: a person's alerts end with the membership."""
    person = alert.person
    if person is None:
        return True
    return person.is_active and Membership.objects.filter(organisation=alert.organisation_id, user=person).exists()


def tell(alert: Alert, finding: AlertFinding) -> None:
    """Have the finding delivered, in the caller's transaction."""
    message = _of_fault(alert, finding) if finding.fault else _of_matches(alert, finding)
    for to, name in _recipients(alert):
        send(alert.organisation, to, f"alert-finding-{finding.pk}-{name}", message)  # FINDING reads it


def tell_anew(organisation: Organisation) -> None:
    """Have messages that are kept say what history says now: something was erased of what they told."""
    for delivery in sent(organisation, MATCHED).iterator(chunk_size=100):
        found = FINDING.match(delivery.key)
        finding = found and AlertFinding.objects.select_related("alert__question").filter(pk=found[1]).first()
        if finding and finding.alert.organisation_id == organisation.pk:
            rewrite(delivery, _of_matches(finding.alert, finding))
        else:
            rewrite(delivery, FORGOTTEN)


def _recipients(alert: Alert) -> Iterator[tuple[Endpoint | str, str]]:
    """Each with a name that is its own among them."""
    if endpoint := endpoints(alert.organisation).filter(pk=alert.endpoint_id or 0).first():
        yield endpoint, "endpoint"
    for person in _mailed(alert) if alert.by_mail else ():
        if person.email:
            yield person.email, f"person-{person.pk}"


def _mailed(alert: Alert) -> Sequence[User]:
    if alert.person:
        return [alert.person]
    managing = Membership.objects.of_managers().filter(organisation=alert.organisation_id).values("user")
    return list(User.objects.filter(pk__in=managing, is_active=True).order_by("pk"))


def rows_of(organisation: Organisation, findings: Sequence[AlertFinding]) -> list[list[ChangeRow]]:
    """The first changes that each of them found, in their order; those that were removed since are left out."""
    ids = sorted({number for finding in findings for number in finding.changes})
    changes = listed_changes().filter(source__in=list(sources_of(organisation)), pk__in=ids)
    rows = {change.pk: ChangeRow(change) for change in changes}
    return [[rows[number] for number in finding.changes if number in rows] for finding in findings]


def line_of_finding(finding: AlertFinding) -> str:
    """The question, asked for the time of what was found."""
    line = finding.alert.question.line
    return line_between(line, finding.since, finding.until) if finding.since and finding.until else line


def _of_matches(alert: Alert, finding: AlertFinding) -> Message:
    [rows] = rows_of(alert.organisation, [finding])
    count = f"{finding.count:,} new change{'' if finding.count == 1 else 's'}"
    link = _link(f"{reverse('history:changes')}?{urlencode({'q': line_of_finding(finding)})}")
    told = [_told(row) for row in rows]
    lines = [f"{alert}: {count}.", "", *map(_line, told)]
    if finding.count > len(rows):
        lines.append(f"and {finding.count - len(rows):,} more")
    data = {**_alert(alert), "count": finding.count, "changes": told, "link": link}
    return Message(MATCHED, f"{alert}: {count}", _text(alert, lines, link), data)


def _of_fault(alert: Alert, finding: AlertFinding) -> Message:
    lines = [f"{alert} cannot look for what is new: {finding.fault}", "", "It misses nothing: once it can, it goes on."]
    data = {**_alert(alert), "fault": finding.fault}
    return Message("alert.fault", f"{alert} cannot look", _text(alert, lines, ""), data)


def _alert(alert: Alert) -> dict[str, Any]:
    link = _link(reverse("history:alert", args=[alert.pk]))
    return {"alert": {"id": alert.pk, "name": str(alert), "question": alert.question.line, "link": link}}


def _told(row: ChangeRow) -> dict[str, Any]:
    change, session = row.change, row.session
    return {
        "source": change.source.name,
        "schema": change.schema_name,
        "table": change.table_name,
        "key": row.record,
        "kind": row.kind.label,
        "at": change.committed_at.isoformat(),
        "actor": str(session) if session else "",
        "link": _link(reverse("history:changes")) if row.kind == Change.Kind.GAP else _change_link(change),
    }


def _change_link(change: Change) -> str:
    return _link(reverse("history:change", args=[change.pk]))


def _line(told: dict[str, Any]) -> str:
    record = " ".join(filter(None, (told["table"], told["key"])))
    by = f" by {told['actor']}" if told["actor"] else ""
    return f"{told['at'][:19].replace('T', ' ')} UTC  {told['kind']}  {record}{by}".rstrip()


def _text(alert: Alert, lines: Sequence[str], link: str) -> str:
    ends = [f"All of them: {link}"] if link else []
    page = _link(reverse("history:alert", args=[alert.pk]))
    ends += [f"The alert: {page}"] if page else []
    return "\n".join([*lines, "", *ends, "Values are not in this message; they stay in the history."]) + "\n"


def _link(path: str) -> str:
    """'' where the site has not been told its name."""
    return f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else ""
