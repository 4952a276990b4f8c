"""Looks for what is new since the last look, in each alert's turn.

Ids are the order of visibility: once a change is seen, none with a lower id appears. So what an alert has looked at is
one number, which moves in the transaction that stores and sends what was found.
"""

import logging
import time

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from statetrace_ui.history.alerts.finding import Found, committed_at, find, newest_id
from statetrace_ui.history.alerts.telling import is_told, tell
from statetrace_ui.history.models import Alert, AlertFinding
from statetrace_ui.history.question.errors import QuestionError
from statetrace_ui.web.locks import alone

logger = logging.getLogger(__name__)
ALL_SECONDS = 45.0  # of one round, which comes each minute


def look_for_all() -> None:
    """Let alerts look, beginning with those that have waited longest, for as long as a round may take."""
    begun = time.monotonic()
    for number in list(Alert.objects.order_by(F("looked_at").asc(nulls_first=True), "pk").values_list("pk", flat=True)):
        if time.monotonic() - begun > ALL_SECONDS:
            break
        with alone("alert", number) as mine:
            alert = Alert.objects.select_related("organisation", "question", "person").filter(pk=number).first()
            if mine and alert:
                look(alert)


def look(alert: Alert) -> None:
    end = newest_id(alert.organisation)
    if not is_told(alert):
        _keep(alert, Found(max(end, alert.reached)))
        return
    try:
        found = find(alert.organisation, alert.question.line, alert.reached, end)
    except QuestionError as error:
        _fail(alert, f"Its question is not understood any more: {error.sentence} {error.advice}")
    except Exception as error:
        logger.exception("Alert %s could not look", alert.pk)
        _fail(alert, f"The search failed ({type(error).__name__}); the log of the worker says where.")
    else:
        _keep(alert, found)


def _keep(alert: Alert, found: Found) -> None:
    """Move on, and tell what was found, in one transaction: killed before its end, it is as if nobody had looked."""
    with transaction.atomic():
        if _move(alert, found.reached, "") and found.last:
            finding = AlertFinding.objects.create(
                alert=alert,
                count=found.count,
                changes=[number for _, number, _ in found.first],
                since=committed_at(found.first[0]),
                until=committed_at(found.last),
            )
            tell(alert, finding)


def _fail(alert: Alert, fault: str) -> None:
    """Tell once that it cannot look. It stays where it is, so nothing is missed."""
    with transaction.atomic():
        if _move(alert, alert.reached, fault) and fault != alert.fault:
            tell(alert, AlertFinding.objects.create(alert=alert, fault=fault))


def _move(alert: Alert, reached: int, fault: str) -> bool:
    """Whether it was still where it was when the look began."""
    unmoved = Alert.objects.filter(pk=alert.pk, reached=alert.reached)
    return bool(unmoved.update(reached=reached, looked_at=timezone.now(), fault=fault))
