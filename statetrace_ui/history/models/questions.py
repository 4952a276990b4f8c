"""Questions that people keep."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from statetrace_ui.history.question.lines import LONGEST_LINE
from statetrace_ui.web.models import Organisation


class SavedQuestion(models.Model):
    """A line with a name: of a person in an organisation, or of the organisation, if it has no owner."""

    class Asked(models.TextChoices):
        """The list that the question is put to."""

        CHANGES = "changes", "Changes"
        SESSIONS = "sessions", "Sessions"

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False, related_name="saved_questions")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    asked = models.CharField(max_length=10, choices=Asked.choices)
    name = models.CharField(max_length=80)
    line = models.CharField(max_length=LONGEST_LINE)
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        # They also lead to what is listed: the questions of a person and of the organisation.
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "owner", "asked", "name"],
                name="saved_question_of_person",
                condition=Q(owner__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["organisation", "asked", "name"],
                name="saved_question_of_all",
                condition=Q(owner__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_shared(self) -> bool:
        return self.owner_id is None
