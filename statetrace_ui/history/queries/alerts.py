"""Reads alerts and what they found."""

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404

from statetrace_ui.history.models import Alert, AlertFinding
from statetrace_ui.web.models import Membership
from statetrace_ui.web.paging import Page, newest_first

MOST_ALERTS = 100  # of a person, and of an organisation


def alerts_of(membership: Membership) -> QuerySet[Alert]:
    """The member's own and the organisation's, by the names of their questions."""
    theirs = Q(person=membership.user_id) | Q(person=None)
    alerts = Alert.objects.filter(theirs, organisation=membership.organisation_id).select_related("question")
    return alerts.order_by("question__name", "pk")


def get_alert_for(membership: Membership, pk: int) -> Alert:
    """Raises Http404, also for other people's own."""
    return get_object_or_404(alerts_of(membership), pk=pk)


def get_alert_to_edit(membership: Membership, pk: int) -> Alert:
    """One that the member may edit or remove: their own, and of managers the organisation's. Others raise Http404."""
    alerts = alerts_of(membership)
    return get_object_or_404(alerts if membership.may_manage else alerts.exclude(person=None), pk=pk)


def findings(alert: Alert, cursor: str = "", size: int = 20) -> Page[AlertFinding]:
    return newest_first(alert.findings.all(), ("id",), cursor, size)


def last_findings(alerts: QuerySet[Alert]) -> dict[int, AlertFinding]:
    """{alert: the last thing that it found}."""
    newest = AlertFinding.objects.filter(alert__in=alerts.order_by()).order_by("alert", "-id").distinct("alert")
    return {one.alert_id: one for one in newest}
