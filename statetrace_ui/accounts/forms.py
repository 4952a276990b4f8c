"""Signing in and changing one's own password, both within `throttle`'s limits."""

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, UserCreationForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from statetrace_ui.accounts import throttle
from statetrace_ui.accounts.client_address import client_address
from statetrace_ui.accounts.devices import device_of
from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.accounts.password_checks import checked_own_password, too_early
from statetrace_ui.accounts.queries import names_with
from statetrace_ui.accounts.security_log import Event, record, record_of_person
from statetrace_ui.web.forms import PeriodForm
from statetrace_ui.web.models import Organisation

# Whoever must wait may ask again and again; one entry is enough.
ONE_ENTRY = dt.timedelta(minutes=10)
MOST_NAMES = 50  # whose entries a page of the log merges


class SignInForm(AuthenticationForm):
    """Django's, within the limits. must_wait: set if the attempt came too early; the password was not looked at."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": "This name and password do not match. Both are case-sensitive.",
    }
    must_wait: throttle.MustWait | None = None

    def clean(self) -> dict[str, Any]:
        name = self.cleaned_data.get("username")
        if not name or not self.cleaned_data.get("password") or self.request is None:
            return super().clean()
        counted = throttle.counters(name, client_address(self.request), device_of(self.request, name))
        try:
            throttle.count(counted)
        except throttle.MustWait as wait:
            self.must_wait = wait
            _record_waiting(name, client_address(self.request))
            raise too_early(wait) from None
        cleaned = super().clean()
        throttle.succeeded(counted)
        return cleaned

    def confirm_login_allowed(self, user: Any) -> None:
        super().confirm_login_allowed(user)
        if settings.OIDC_ONLY and not user.is_superuser:
            raise ValidationError(f"Sign in with {settings.OIDC_NAME}: passwords are for administrators of the site.")


class OwnPasswordForm(PasswordChangeForm):
    """Django's, within a limit: a session left open must not be a way to find out the password."""

    def clean_old_password(self) -> str:
        return checked_own_password(self.user, self.cleaned_data["old_password"])


def _record_waiting(name: str, address: str | None) -> None:
    lately = SecurityEvent.objects.filter(at__gt=timezone.now() - ONE_ENTRY, event=Event.THROTTLED, address=address)
    if lately.exists():
        return
    person = User.objects.filter(username=name).first()
    if person:
        record_of_person(Event.THROTTLED, person, person.get_username())
    else:
        record(Event.THROTTLED, "a name that nobody has")


class FirstAdministratorForm(UserCreationForm):  # type: ignore[type-arg]
    """Name and password of the first administrator, and the name of the organisation that they will manage."""

    organisation = forms.CharField(max_length=200)


class LogQuery(forms.Form):
    """The query string of the security log; `organisations` are those that the viewer may choose from."""

    organisation = forms.ModelChoiceField(Organisation.objects.none(), required=False, empty_label="All")
    person = forms.CharField(required=False, max_length=150)
    event = forms.ChoiceField(required=False, choices=[("", "All"), *Event.choices])
    until = forms.DateField(
        required=False,
        label="Up to",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[MinValueValidator(dt.date(1970, 1, 1)), MaxValueValidator(dt.date(2200, 1, 1))],
    )
    cursor = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)

    def __init__(self, *args: Any, organisations: models.QuerySet[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = organisations.order_by("name")  # type: ignore[attr-defined]


class OwnLogQuery(PeriodForm):
    """The query string of an organisation's security log."""

    person = forms.CharField(
        required=False, max_length=150, widget=forms.TextInput(attrs={"size": "16", "list": "log-people"})
    )
    event = forms.ChoiceField(
        required=False,
        choices=[("", "All"), *sorted(Event.choices, key=lambda one: one[1])],
        widget=forms.Select(attrs={"class": "narrow"}),
    )
    address = forms.GenericIPAddressField(required=False, widget=forms.TextInput(attrs={"size": "16"}))
    cursor = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)
    field_order = ("person", "event", "address", "since", "until", "cursor")

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organisation = organisation
        self.names: list[str] | None = None

    def clean_person(self) -> str:
        """A part of a name will do: `names` are all that hold it."""
        part: str = self.cleaned_data["person"]
        self.names = names_with(self.organisation, part, MOST_NAMES + 1) if part else None
        if self.names and len(self.names) > MOST_NAMES:
            raise ValidationError(f"More than {MOST_NAMES} names hold this. Type more of it.")
        return part

    @property
    def chosen(self) -> dict[str, Any]:
        """What was typed, by field; nothing of a form that is not valid."""
        return {name: value for name, value in self.cleaned_data.items() if name != "cursor"} if self.is_valid() else {}

    @property
    def filters(self) -> dict[str, Any]:
        """What the query takes of it."""
        taken = {name: value for name, value in self.chosen.items() if name != "person"}
        return taken | {"names": self.names} if taken else {}
