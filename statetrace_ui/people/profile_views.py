"""One's own account: names, time zone, e-mail address, and where one is signed in."""

import time
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from statetrace_ui.accounts.models import Session
from statetrace_ui.accounts.second_factor.factors import has_second_factor
from statetrace_ui.accounts.security_log import Event, record_of_person
from statetrace_ui.accounts.sessions import end_others, sessions_of
from statetrace_ui.accounts.sign_on import linking, provider
from statetrace_ui.deliveries.mailing import can_mail
from statetrace_ui.people import emails, mails
from statetrace_ui.people.forms import EmailForm, ProfileForm
from statetrace_ui.web.models import Profile


@never_cache
@login_required
def profile(request: Any) -> HttpResponse:
    known = Profile.objects.filter(person=request.user).first() or Profile(person=request.user)
    form = ProfileForm(request.POST or None, instance=request.user, initial={"time_zone": known.time_zone})
    if form.is_valid():
        form.save()
        Profile.objects.update_or_create(person=request.user, defaults={"time_zone": form.cleaned_data["time_zone"]})
        return redirect("profile")
    return render(request, "people/profile.html", _context(request, form, EmailForm(person=request.user)))


def _context(request: Any, form: ProfileForm, email: EmailForm, **more: Any) -> dict[str, Any]:
    known = Profile.objects.filter(person=request.user).first()
    return {
        "form": form,
        "email_form": email,
        "is_verified": bool(request.user.email and known and known.verified_email == request.user.email),
        "has_second_factor": has_second_factor(request.user),
        "memberships": request.user.memberships.select_related("organisation").order_by("organisation__name"),
        "can_mail": can_mail(),
        "sign_on": _sign_on(request),
        **more,
    }


def _sign_on(request: Any) -> dict[str, Any] | None:
    """None without a provider."""
    if not provider.is_set():
        return None
    return {
        "name": settings.OIDC_NAME,
        "identities": request.user.identities.order_by("pk"),
        "may_link": linking.may_link(request.user),
        "is_allowed": request.session.get(linking.UNTIL, 0) > time.time(),
    }


@require_POST
@never_cache
@sensitive_post_parameters()
@login_required
def change_email(request: Any) -> HttpResponse:
    """With a mail server the address counts once a link that was sent there is opened; without one, at once."""
    person = request.user
    before, form = person.email, EmailForm(request.POST, person=person)
    profile_form = ProfileForm(instance=person)
    if not form.is_valid():
        return render(request, "people/profile.html", _context(request, profile_form, form), status=400)
    email = form.cleaned_data["email"]
    if not email or not can_mail():
        emails.set_email(person, email, verified=False)
        return redirect("profile")
    link = request.build_absolute_uri(reverse("confirm-email", args=[emails.token(person, before, email)]))
    mails.confirmation(email, person.get_username(), link)
    return render(request, "people/profile.html", _context(request, profile_form, form, sent_to=email))


@never_cache
@login_required
def confirm_email(request: Any, token: str) -> HttpResponse:
    """Looking changes nothing: programs look at links before people do."""
    email = emails.email_of(request.user, token)
    if request.method == "POST":
        emails.set_email(request.user, email, verified=True)
        return redirect("profile")
    return render(request, "people/confirm_email.html", {"email": email})


@require_GET
@never_cache
@login_required
def browser_sessions(request: Any) -> HttpResponse:
    rows = [(_mark(one), one) for one in sessions_of(request.user)]
    return render(request, "people/sessions.html", {"sessions": rows, "own": request.session.session_key})


@require_POST
@login_required
def end_session(request: Any) -> HttpResponse:
    """End the session with the form's mark; without one, all others."""
    wanted = request.POST.get("session", "")
    if wanted:
        ended = [one for one in sessions_of(request.user) if constant_time_compare(_mark(one), wanted)]
        for session in ended:
            session.delete()
        count = len(ended)
    else:
        count = end_others(request.user, kept=request.session.session_key)
    record_of_person(Event.SESSIONS_ENDED, request.user, f"{request.user}: {count}")
    return redirect("browser-sessions")


def _mark(session: Session) -> str:
    """Names a session on its person's page. Its key stands nowhere: whoever reads it is signed in."""
    return salted_hmac("statetrace.session", session.session_key, algorithm="sha256").hexdigest()[:32]
