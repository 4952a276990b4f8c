"""SQL that people keep, in the dashboard's own database."""

from django.contrib.auth.models import User
from django.db import models

from statetrace_ui.web.models import Organisation


class SavedSql(models.Model):
    """A statement under a name. owner: None for one that belongs to the organisation."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="saved_sql")
    owner = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    name = models.CharField(max_length=100)
    text = models.TextField()
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name
