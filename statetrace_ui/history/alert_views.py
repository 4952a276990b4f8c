"""The pages of alerts: one's own and the organisation's, and what each of them found."""

from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.deliveries.mailing import can_mail
from statetrace_ui.history import forms
from statetrace_ui.history.alert_forms import AlertForm, TellingForm
from statetrace_ui.history.alerts.finding import newest_id
from statetrace_ui.history.alerts.telling import line_of_finding, rows_of
from statetrace_ui.history.asking import query_of
from statetrace_ui.history.models import Alert, AlertFinding
from statetrace_ui.history.queries import alerts as queries
from statetrace_ui.history.question.errors import QuestionError
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.forms import parse_query
from statetrace_ui.web.render import page_or_partial
from statetrace_ui.web.requests import Request, member_view


@require_GET
@member_view
def alerts(request: Request) -> HttpResponse:
    return render(request, "history/alerts.html", _list_context(request, AlertForm(membership=request.membership)))


def _list_context(request: Request, form: AlertForm) -> dict[str, Any]:
    listed = queries.alerts_of(request.membership)
    last = queries.last_findings(listed)
    return {
        "alerts": [(alert, last.get(alert.pk)) for alert in listed],
        "form": form,
        "has_questions": form.fields["question"].queryset.exists(),  # type: ignore[attr-defined]
        "can_mail": can_mail(),
    }


@require_POST
@member_view
def add_alert(request: Request) -> HttpResponse:
    form = AlertForm(request.POST, membership=request.membership)
    if not form.is_valid():
        return render(request, "history/alerts.html", _list_context(request, form), status=400)
    alert = _add(request, form.cleaned_data)
    return redirect("history:alert", alert.pk)


def _add(request: Request, data: dict[str, Any]) -> Alert:
    """It begins with what comes from now on."""
    if queries.alerts_of(request.membership).count() >= queries.MOST_ALERTS:
        raise UserError("There are as many alerts as can be.", "Remove one that nobody needs.")
    try:
        with transaction.atomic():
            alert = Alert.objects.create(
                organisation=request.organisation,
                question=data["question"],
                person=None if data.get("shared") else request.user,
                by_mail=data["by_mail"],
                endpoint=data.get("endpoint"),
                reached=newest_id(request.organisation),
            )
            record(Event.ALERT_ADDED, alert)
    except IntegrityError:
        raise UserError("There is such an alert already.", "Its own page changes how it tells.") from None
    return alert


@require_GET
@member_view
def alert(request: Request, pk: int) -> HttpResponse:
    shown = queries.get_alert_for(request.membership, pk)
    told = {"by_mail": shown.by_mail, "endpoint": shown.endpoint_id}
    return _page(request, shown, _telling_form(request, shown, initial=told))


def _telling_form(request: Request, alert: Alert, **values: Any) -> TellingForm:
    return TellingForm(membership=request.membership, may_endpoint=alert.person_id is None, **values)


def _page(request: Request, shown: Alert, form: TellingForm) -> HttpResponse:
    cursor = parse_query(forms.CursorForm, request).cleaned_data["cursor"]
    page = queries.findings(shown, cursor)
    addresses = [_address(shown, one) for one in page.rows]
    context = {
        "alert": shown,
        "question_address": f"{reverse('history:changes')}{query_of(shown.question.line)}",
        "page": page,
        "findings": zip(page.rows, rows_of(request.organisation, page.rows), addresses, strict=True),
        "may_edit": shown.person_id is not None or request.membership.may_manage,
        "form": form,
        "can_mail": can_mail(),
    }
    answer = page_or_partial(request, "history/alert.html", context, "rows")
    answer.status_code = 400 if form.errors else 200
    return answer


def _address(alert: Alert, finding: AlertFinding) -> str:
    """Of the list of what was found; '' where there is none any more."""
    finding.alert = alert
    try:
        return "" if finding.fault else f"{reverse('history:changes')}{query_of(line_of_finding(finding))}"
    except QuestionError:
        return ""


@require_POST
@member_view
def edit_alert(request: Request, pk: int) -> HttpResponse:
    """How it tells. It goes on from where it looked last, so nothing is missed and nothing told twice."""
    edited = queries.get_alert_to_edit(request.membership, pk)
    form = _telling_form(request, edited, data=request.POST)
    if not form.is_valid():
        return _page(request, edited, form)
    with transaction.atomic():
        Alert.objects.filter(pk=edited.pk).update(**form.cleaned_data)
        record(Event.ALERT_EDITED, edited)
    return redirect("history:alert", edited.pk)


@require_POST
@member_view
def remove_alert(request: Request, pk: int) -> HttpResponse:
    removed = queries.get_alert_to_edit(request.membership, pk)
    with transaction.atomic():
        record(Event.ALERT_REMOVED, removed)
        removed.delete()
    return redirect("history:alerts")
