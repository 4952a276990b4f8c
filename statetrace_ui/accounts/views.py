"""Signing in and out, one's own password, and the first administrator.

The two of Django's views that are changed a little stay classes, as they are there.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from statetrace_ui.accounts import setup
from statetrace_ui.accounts.devices import mark
from statetrace_ui.accounts.forms import FirstAdministratorForm, OwnPasswordForm, SignInForm
from statetrace_ui.accounts.second_factor import signing_in
from statetrace_ui.accounts.second_factor.factors import has_second_factor
from statetrace_ui.accounts.sign_on import provider
from statetrace_ui.accounts.sign_on.views import BY_PROVIDER
from statetrace_ui.web.errors import UserError

SIGNED_OUT = "signed_out"  # of the address of signing in: the session that ended was begun by the provider


class SignIn(LoginView):
    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            nobody_yet=_nobody_yet(),
            provider=provider.is_set() and settings.OIDC_NAME,
            only=settings.OIDC_ONLY,
            signed_out=SIGNED_OUT in self.request.GET,
            **kwargs,
        )

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        person = form.get_user()
        if has_second_factor(person):
            signing_in.hold(self.request, person, self.get_success_url())
            return redirect("sign-in-code")
        response = super().form_valid(form)
        mark(response, person.get_username())
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        response = self.render_to_response(self.get_context_data(form=form))
        wait = form.must_wait if isinstance(form, SignInForm) else None
        if wait:
            response.status_code = 429
            response.headers["Retry-After"] = str(wait.seconds)
        return response


class SignOut(LogoutView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Also have the browser drop what it keeps of the site: data of captured sessions is cached for a year."""
        by_provider = provider.is_set() and request.session.get(BY_PROVIDER)
        response = super().post(request, *args, **kwargs)
        if by_provider:
            response = redirect(f"{reverse('login')}?{urlencode({SIGNED_OUT: 1})}")
        response.headers["Clear-Site-Data"] = '"cache"'
        return response


@never_cache
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """The admin site's sign-in is the site's own: the same limits, the same entries in the security log."""
    target = request.GET.get("next", reverse("admin:index"))
    if request.user.is_authenticated and not request.user.is_staff:
        raise UserError(
            "The admin site is for staff.", "Ask an administrator, or sign in as somebody else.", status=403
        )
    return redirect(f"{reverse('login')}?{urlencode({'next': target})}")


@never_cache
@sensitive_post_parameters()
@login_required
def own_password(request: Any) -> HttpResponse:
    """Also for people whom no organisation has taken in. Sessions elsewhere end, since they know the old password."""
    form = OwnPasswordForm(request.user, request.POST or None)
    changed = form.is_valid()
    if changed:
        form.save()
        update_session_auth_hash(request, request.user)
        form = OwnPasswordForm(request.user)
    return render(request, "accounts/own_password.html", {"form": form, "changed": changed})


@never_cache
@sensitive_post_parameters()
def first_administrator(request: HttpRequest, token: str) -> HttpResponse:
    """Looking at the page does not spend the link: programs look at links before people do."""
    setup.require_link(token)
    unowned = setup.organisation_without_members()
    form = FirstAdministratorForm(request.POST or None, initial={"organisation": unowned.name if unowned else ""})
    if not form.is_valid():
        return render(request, "accounts/first_administrator.html", {"form": form})
    data = form.cleaned_data
    person = setup.make_first_administrator(token, data["username"], data["password1"], data["organisation"])
    login(request, person)
    response = redirect("home")
    mark(response, person.get_username())
    return response


def _nobody_yet() -> bool:
    """Whether the first administrator is missing; False if the database cannot say: the page is shown all the same."""
    try:
        return not setup.administrator_exists()
    except DatabaseError:
        return False
