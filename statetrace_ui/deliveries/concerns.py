"""Which endpoints do not take what they are sent, and whether mailboxes do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.urls import reverse

from statetrace_ui.deliveries.models import Delivery
from statetrace_ui.web.concerns import Concern, Kind, Severity
from statetrace_ui.web.models import Organisation

LATEST = 100  # deliveries of an endpoint that are looked at
PATIENCE = 3  # attempts after which a delivery that waits counts as failing, 4 minutes after the first
# Of each endpoint's latest deliveries those that failed since one arrived. Mails are those without an endpoint.
FAILING = """
WITH latest AS (
    SELECT endpoint.id AS endpoint_id, endpoint.name, one.id, one.state, one.attempts, one.created_at
    FROM deliveries_endpoint AS endpoint
    CROSS JOIN LATERAL (
        SELECT id, state, attempts, created_at FROM deliveries_delivery
        WHERE endpoint_id = endpoint.id ORDER BY id DESC LIMIT %(latest)s) AS one
    WHERE endpoint.organisation_id = %(organisation)s AND NOT endpoint.paused
    UNION ALL
    SELECT NULL, '', id, state, attempts, created_at FROM (
        SELECT id, state, attempts, created_at, by_mail FROM deliveries_delivery
        WHERE organisation_id = %(organisation)s ORDER BY id DESC LIMIT %(latest)s) AS any_delivery
    WHERE by_mail
), arrived AS (
    SELECT endpoint_id, max(id) AS id FROM latest WHERE state = 'delivered' GROUP BY endpoint_id
)
SELECT latest.endpoint_id, latest.name, count(*), min(latest.created_at), bool_or(latest.state = 'given_up')
FROM latest LEFT JOIN arrived ON arrived.endpoint_id IS NOT DISTINCT FROM latest.endpoint_id
WHERE latest.id > coalesce(arrived.id, 0)
  AND (latest.state = 'given_up' OR latest.state = 'waiting' AND latest.attempts >= %(patience)s)
GROUP BY latest.endpoint_id, latest.name
ORDER BY latest.name
"""


@dataclass(frozen=True, slots=True)
class _Failing:
    endpoint_id: int | None
    name: str
    count: int
    since: datetime
    given_up: bool

    @property
    def shown(self) -> str:
        return f"{self.count}{'+' if self.count >= LATEST else ''} message{'' if self.count == 1 else 's'}"


def concerns(organisation: Organisation) -> Iterator[Concern]:
    values = {"organisation": organisation.pk, "latest": LATEST, "patience": PATIENCE}
    with connection.cursor() as cursor:
        cursor.execute(FAILING, values)
        found = [_Failing(*row) for row in cursor.fetchall()]
    yield from map(_concern, found)


def _concern(failing: _Failing) -> Concern:
    mail = failing.endpoint_id is None
    to = "mailboxes" if mail else f"the endpoint {failing.name}"
    state = Delivery.State.GIVEN_UP.label.lower() if failing.given_up else "tried again"
    return Concern(
        key="mail" if mail else f"endpoint {failing.endpoint_id}",
        kind=Kind.DELIVERY,
        severity=Severity.WARNING if failing.given_up else Severity.NOTICE,
        what=f"{failing.shown} to {to} did not arrive, and {'was' if failing.count == 1 else 'were'} {state}.",
        advice="The log of attempts says what the server answered; mend that, then send them again.",
        ask="Ask a manager to look at the log of attempts, and to send them again.",
        url=reverse("deliveries:list") if mail else reverse("deliveries:endpoint", args=[failing.endpoint_id]),
        since=failing.since,
        count=failing.shown,
        for_managers=mail,  # a mail is somebody's own
    )
