"""What people changed of captured sessions, in the dashboard's own database."""

from django.db import models

from statetrace_ui.web.models import Organisation


class SessionEdit(models.Model):
    """One change of a session of the store. revision: that of the session which holds it, for comparing with a replica.

    what: which parts were changed, never values. person_name outlives the person.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="session_edits")
    session_id = models.CharField(max_length=36)
    revision = models.BigIntegerField()
    what = models.CharField(max_length=500)
    person_name = models.CharField(max_length=150)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        # A session's edits, newest first.
        indexes = [models.Index(fields=["organisation", "session_id", "-revision"], name="session_edits_newest")]

    def __str__(self) -> str:
        return self.what
