"""Signing in by single sign-on: to the provider, and back; linking an account with it, and signing out there."""

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from statetrace_ui.accounts.devices import mark
from statetrace_ui.accounts.second_factor.factors import strengthen
from statetrace_ui.accounts.second_factor.forms import PasswordForm
from statetrace_ui.accounts.sign_on import claims, linking, people, provider
from statetrace_ui.accounts.sign_on.forms import IdentityChoice
from statetrace_ui.web.errors import UserError

TARGET = "sign_on_target"
BY_PROVIDER = "by_provider"  # of a session's data: the provider has one, too
BEGUN_SECONDS = 600  # a visitor's session who goes no further than this


@require_GET
@never_cache
def begin(request: HttpRequest) -> HttpResponse:
    """A link and no form: the policy of pages lets forms lead nowhere else."""
    _require_provider()
    target = request.GET.get("next", "")
    own = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    request.session[TARGET] = target if own else ""
    if not request.user.is_authenticated:
        request.session.set_expiry(BEGUN_SECONDS)
    return provider.begin(request)


@require_GET
@never_cache
def callback(request: Any) -> HttpResponse:
    """The provider has asked for a second factor, if it is to: this session counts as strong."""
    _require_provider()
    said = claims.read(provider.claims(request), settings.OIDC_GROUPS_CLAIM)
    if linking.take_leave(request):
        linking.link(request.user, said.subject)
        return redirect("profile")
    person = people.person_of(said)
    target = request.session.pop(TARGET, "")
    login(request, person)
    request.session[BY_PROVIDER] = True
    strengthen(request)
    answer = redirect(target or "home")
    mark(answer, person.get_username())
    return answer


@require_GET
@never_cache
def sign_out(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - of whom is the provider's affair
    """Lead to where the provider ends its own session; it asks before it does."""
    _require_provider()
    return redirect(provider.sign_out_address())


@require_POST
@never_cache
@sensitive_post_parameters()
@login_required
def link(request: Any) -> HttpResponse:
    """With the password: then the page of the account has the way to the provider."""
    _require_provider()
    _require_password(request)
    linking.allow(request)
    return redirect("profile")


@require_POST
@never_cache
@sensitive_post_parameters()
@login_required
def unlink(request: Any) -> HttpResponse:
    """With the password, so that whoever has none is not shut out."""
    _require_password(request)
    chosen = IdentityChoice(request.POST)
    if chosen.is_valid():
        linking.unlink(request.user, chosen.cleaned_data["identity"])
    return redirect("profile")


def _require_password(request: Any) -> None:
    form = PasswordForm(request.POST, person=request.user)
    if not form.is_valid():
        raise UserError(str(form.errors["password"][0]), "Go back, and type your password.")


def _require_provider() -> None:
    if not provider.is_set():
        raise Http404
