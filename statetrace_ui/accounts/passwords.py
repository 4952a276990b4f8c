"""What happens when a password is set, by whatever way."""

from typing import Any

from django.contrib.auth.models import User

from statetrace_ui.accounts.security_log import Event, record_of_person


class RecordChange:
    """Stands among the password validators: Django tells these of every new password, and nobody else."""

    def validate(self, password: str, user: Any = None) -> None:
        """Any password will do."""

    def get_help_text(self) -> str:
        return ""

    def password_changed(self, password: str, user: User | None = None) -> None:  # noqa: ARG002 - Django's signature
        if user is not None:
            record_of_person(Event.PASSWORD_CHANGED, user, user.get_username())
