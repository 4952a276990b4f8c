"""A forgotten password: asking for a link, and setting a new password by it."""

from typing import Any

from django.conf import settings
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy
from django.views.decorators.cache import never_cache

from statetrace_ui.accounts import throttle
from statetrace_ui.accounts.client_address import client_address
from statetrace_ui.accounts.password_checks import too_early
from statetrace_ui.accounts.sessions import end_others
from statetrace_ui.deliveries.mailing import can_mail
from statetrace_ui.people import recovery
from statetrace_ui.people.forms import RecoveryForm
from statetrace_ui.people.tasks import mail_recovery


@never_cache
def recover(request: HttpRequest) -> HttpResponse:
    """The same answer, as fast, whether or not there is such a person."""
    form, status = RecoveryForm(request.POST or None), 200
    asked = False
    if can_recover() and form.is_valid():
        try:
            throttle.count(throttle.recovery(form.cleaned_data["who"], client_address(request)))
        except throttle.MustWait as wait:
            form.add_error(None, too_early(wait))
            status = 429
        else:
            asked = True
            for person in recovery.people_called(form.cleaned_data["who"]):
                mail_recovery.defer(person_id=person.pk)
    context = {"form": form, "asked": asked, "can_recover": can_recover()}
    return render(request, "people/recover.html", context, status=status)


def can_recover() -> bool:
    """Whether links can be mailed: they begin with the site's own name, which no request may choose."""
    return can_mail() and bool(settings.PUBLIC_URL) and not settings.OIDC_ONLY


class NewPassword(PasswordResetConfirmView):
    """Django's: the token moves into the session first, so that it does not stand in the address of the form."""

    template_name = "people/new_password.html"
    token_generator = recovery.links
    success_url = reverse_lazy("login")

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        end_others(form.user)
        return answer
