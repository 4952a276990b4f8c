"""The page of one's own second factor, and the step of signing in that asks for it."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from statetrace_ui.accounts import throttle
from statetrace_ui.accounts.devices import mark
from statetrace_ui.accounts.models import Authenticator
from statetrace_ui.accounts.password_checks import too_early
from statetrace_ui.accounts.second_factor import authenticator, factors, passkeys, recovery_codes, signing_in
from statetrace_ui.accounts.second_factor.forms import CodeForm, PasskeyForm, PasswordForm
from statetrace_ui.accounts.security_log import Event, record_of_person
from statetrace_ui.accounts.sessions import end_others

PAGE = "accounts/second_factor.html"


@require_GET
@never_cache
@login_required
def second_factor(request: Any) -> HttpResponse:
    return render(request, PAGE, _context(request))


def _context(request: Any, **more: Any) -> dict[str, Any]:
    person = request.user
    return {
        "app": Authenticator.objects.filter(person=person, confirmed_at__isnull=False).first(),
        "passkeys": list(person.passkeys.order_by("pk")),
        "codes_left": person.recovery_codes.count(),
        "is_set_up": factors.has_second_factor(person),
        "asked_for": bool(request.organisation and request.organisation.requires_second_factor),
        "is_strong": factors.is_strong(request),
        "password_form": PasswordForm(person=person),
        **more,
    }


def _by_password(request: Any) -> HttpResponse | None:
    """The page with what is wrong, unless the form has the person's own password."""
    form = PasswordForm(request.POST, person=request.user)
    return None if form.is_valid() else render(request, PAGE, _context(request, password_form=form), status=400)


@require_POST
@never_cache
@sensitive_post_parameters()
@login_required
def begin_authenticator(request: Any) -> HttpResponse:
    """Answer with the picture itself: no other page shows it."""
    refused = _by_password(request)
    if refused:
        return refused
    begun = authenticator.begin(request.user)
    picture = mark_safe(authenticator.picture(begun))  # noqa: S308 - drawn by us
    return render(request, PAGE, _context(request, begun=begun, picture=picture, code_form=CodeForm()))


@require_POST
@never_cache
@login_required
def confirm_authenticator(request: Any) -> HttpResponse:
    form = CodeForm(request.POST)
    if form.is_valid() and authenticator.confirm(request.user, form.cleaned_data["code"]):
        return _added(request, "an app")
    form.add_error(None, "This is not the code that the app shows now. Type the next one, or begin anew.")
    return render(request, PAGE, _context(request, confirming=True, code_form=form), status=400)


@require_POST
@never_cache
@sensitive_post_parameters()
@login_required
def begin_passkey(request: Any) -> HttpResponse:
    refused = _by_password(request)
    if refused:
        return refused
    options = passkeys.begin_registration(request)
    return render(request, PAGE, _context(request, passkey_options=options, passkey_form=PasskeyForm()))


@require_POST
@never_cache
@login_required
def add_passkey(request: Any) -> HttpResponse:
    form = PasskeyForm(request.POST)
    if form.is_valid() and passkeys.register(request, form.cleaned_data["answer"], form.cleaned_data["name"]):
        return _added(request, f"the passkey {form.cleaned_data['name']}")
    failed = "The passkey was not taken. Begin anew."
    return render(request, PAGE, _context(request, failed=failed), status=400)


def _added(request: Any, what: str) -> HttpResponse:
    """Sessions that were begun by the password alone end; codes are shown where there were none."""
    record_of_person(Event.SECOND_FACTOR_ADDED, request.user, f"{request.user}: {what}")
    factors.strengthen(request)
    end_others(request.user, kept=request.session.session_key)
    codes = [] if request.user.recovery_codes.exists() else recovery_codes.renew(request.user)
    return render(request, PAGE, _context(request, added=what, codes=codes))


@require_POST
@never_cache
@sensitive_post_parameters()
@login_required
def renew_recovery_codes(request: Any) -> HttpResponse:
    refused = _by_password(request)
    if refused:
        return refused
    return render(request, PAGE, _context(request, codes=recovery_codes.renew(request.user)))


@require_POST
@never_cache
@sensitive_post_parameters()
@login_required
def remove_second_factor(request: Any) -> HttpResponse:
    refused = _by_password(request)
    if refused:
        return refused
    factors.remove_all(request.user)
    factors.weaken(request)
    return redirect("second-factor")


@never_cache
@sensitive_post_parameters()
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """The second step of signing in. It asks for a passkey, too, where the person has one."""
    person = signing_in.held(request)
    if person is None:
        return redirect("login")
    form, status = CodeForm(request.POST or None), 200
    if request.method == "POST":
        try:
            if _is_right(request, person, form):
                answer = redirect(signing_in.finish(request, person))
                mark(answer, person.get_username())
                return answer
        except throttle.MustWait as wait:
            form.add_error(None, too_early(wait))
            status = 429
    context = {"form": form, "passkey_options": passkeys.begin_use(request, person)}
    return render(request, "accounts/sign_in_code.html", context, status=status)


def _is_right(request: HttpRequest, person: Any, form: CodeForm) -> bool:
    if "answer" in request.POST:
        right = passkeys.takes(request, person, request.POST["answer"])
        form.errors.clear()
    else:
        right = form.is_valid() and factors.takes_code(person, form.cleaned_data["code"])
    if not right:
        form.add_error(None, "This is not right, or was used before. Codes change every 30 seconds.")
    return right
