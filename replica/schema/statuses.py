"""The functional status of a session within its user flow, as the Replica DB document defines it."""

from django.db.models import TextChoices


class SessionStatus(TextChoices):
    """The values that `session_metadata.status` may have; whoever adds a session to a user flow sets it.

    Passed and Failed are the outcomes of a functional test. Excluded says that the measuring itself went wrong:
    medians and distributions leave these sessions out.
    """

    PASSED = "Passed"
    FAILED = "Failed"
    EXCLUDED = "Excluded"
