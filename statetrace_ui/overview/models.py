"""How each person arranged the first page of an organisation, and what the organisation says at its top."""

from django.conf import settings
from django.db import models

from statetrace_ui.web.models import Organisation


class Arrangement(models.Model):
    """The names of the cards that a person is shown, in order. Whoever has arranged nothing has none."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    cards = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "person"], name="one_arrangement_each")]

    def __str__(self) -> str:
        return ", ".join(self.cards)


class Note(models.Model):
    """What managers tell everybody at the top of the first page."""

    organisation = models.OneToOneField(Organisation, models.CASCADE, primary_key=True, related_name="+")
    text = models.TextField()
    until = models.DateTimeField(null=True, help_text="When it disappears by itself; null for never.")
    written_by = models.CharField(max_length=150)
    written_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.text
