"""What happens when a password is set, by whatever way."""

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import MinimumLengthValidator

from statetrace_ui.accounts.security_log import Event, record_of_person


class RecordedMinimumLength(MinimumLengthValidator):
    """Also writes the security log: Django tells its validators, and nobody else, of every password that is set."""

    def password_changed(self, password: str, user: User | None = None) -> None:  # noqa: ARG002 - Django's signature
        if user is not None:
            record_of_person(Event.PASSWORD_CHANGED, user, user.get_username())
