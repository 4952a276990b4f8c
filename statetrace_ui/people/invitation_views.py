"""What an invitation's link opens. Looking does not spend it: programs look at links before people do."""

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from statetrace_ui.accounts import throttle
from statetrace_ui.accounts.client_address import client_address
from statetrace_ui.accounts.devices import mark
from statetrace_ui.people import invitations
from statetrace_ui.people.forms import NewAccountForm
from statetrace_ui.people.models import Invitation
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Membership
from statetrace_ui.web.organisations import choose


@never_cache
@sensitive_post_parameters()
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """For somebody who has signed in, a button that joins; for others, the form of a new account."""
    found = _find(request, token)
    if request.user.is_authenticated or settings.OIDC_ONLY:
        return render(request, "people/invitation.html", {"invitation": found})
    form = NewAccountForm(request.POST or None, initial={"email": found.email})
    if form.is_valid():
        answer = _join_as_new(request, token, form)
        if answer:
            return answer
    return render(request, "people/invitation.html", {"invitation": found, "form": form})


@require_POST
@never_cache
@login_required
def join(request: Any, token: str) -> HttpResponse:
    _find(request, token)
    return _lead_to(request, invitations.accept(token, request.user))


def _find(request: HttpRequest, token: str) -> Invitation:
    counted = throttle.unknown_invitation(client_address(request))
    try:
        throttle.count(counted)
    except throttle.MustWait as wait:
        raise UserError(
            "Too many links that do not exist were opened.", f"Try again in {wait.seconds} seconds.", 429
        ) from None
    found = invitations.find(token)
    throttle.succeeded(counted)
    return found


def _join_as_new(request: HttpRequest, token: str, form: NewAccountForm) -> HttpResponse | None:
    """None if somebody has taken the name meanwhile, which is then said in the form."""
    try:
        with transaction.atomic():
            person = form.save()
            membership = invitations.accept(token, person)
    except IntegrityError:
        form.add_error("username", "A user with that username already exists.")
        return None
    login(request, person)
    answer = _lead_to(request, membership)
    mark(answer, person.get_username())
    return answer


def _lead_to(request: HttpRequest, membership: Membership) -> HttpResponse:
    choose(request, membership.organisation)
    return redirect("home")
