"""What people have put aside, and what sample data an organisation has."""

from django.conf import settings
from django.db import models

from statetrace_ui.history.models import Source
from statetrace_ui.web.models import Organisation


class Dismissal(models.Model):
    """Something that helps at the beginning, and that is not to be shown any more: to a person, or to nobody here."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    what = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "user", "what"], nulls_distinct=False, name="dismissed_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what}: {self.user or self.organisation}"


class SampleData(models.Model):
    """The source and the user flow that were made as samples. The row is written before, and deleted after them.

    told_at: the moment that the invented past ends with.
    """

    organisation = models.OneToOneField(Organisation, models.CASCADE, related_name="+")
    source = models.ForeignKey(Source, models.SET_NULL, null=True, related_name="+")
    user_flow_id = models.CharField(max_length=36)
    told_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Sample data of {self.organisation}"
