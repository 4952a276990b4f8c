"""Signing in by single sign-on: to the provider, and back."""

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from statetrace_ui.accounts.devices import mark
from statetrace_ui.accounts.second_factor.factors import strengthen
from statetrace_ui.accounts.sign_on import claims, people, provider

TARGET = "sign_on_target"


@require_GET
@never_cache
def begin(request: HttpRequest) -> HttpResponse:
    """A link and no form: the policy of pages lets forms lead nowhere else."""
    _require_provider()
    target = request.GET.get("next", "")
    own = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    request.session[TARGET] = target if own else ""
    return provider.begin(request)


@require_GET
@never_cache
def callback(request: HttpRequest) -> HttpResponse:
    """The provider has asked for a second factor, if it is to: this session counts as strong."""
    _require_provider()
    said = claims.read(provider.claims(request), settings.OIDC_GROUPS_CLAIM)
    person = people.person_of(said)
    target = request.session.pop(TARGET, "")
    login(request, person)
    strengthen(request)
    answer = redirect(target or "home")
    mark(answer, person.get_username())
    return answer


def _require_provider() -> None:
    if not provider.is_set():
        raise Http404
