"""Sources that somebody is adding, and have not become sources yet."""

from datetime import timedelta

from django.db import models
from django.utils import timezone

from statetrace_ui.wal.findings import Check, Finding, Topic, checklist
from statetrace_ui.web.crypto import EncryptedTextField
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.outcomes import UNFINISHED, Outcome

# A check ends within this time; one that did not was killed.
CHECK_SECONDS = 30
LOST_AFTER = timedelta(seconds=2 * CHECK_SECONDS)
KEPT = timedelta(days=7)


class SourceDraft(models.Model):
    """A database that is to become a source. It holds a password, so it is forgotten after `KEPT`.

    outcome: of the check. asked_at: when that was asked for; what an older check finds does not count.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="source_drafts")
    name = models.CharField(max_length=63)
    url = EncryptedTextField()
    place = models.CharField(max_length=400, help_text="Host, port and database, as members may see them.")
    person_id = models.BigIntegerField()
    person_name = models.CharField(max_length=150)
    started_at = models.DateTimeField(auto_now_add=True)
    asked_at = models.DateTimeField(default=timezone.now)
    checked_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=7, choices=Outcome.choices, default=Outcome.QUEUED)
    # [sentence, fatal, name of the topic, statement] of each finding, and what `survey.py` has seen.
    findings = models.JSONField(default=list)
    survey = models.JSONField(default=dict)
    # Which database of which server was checked.
    system_identifier = models.CharField(max_length=32, blank=True)
    database = models.CharField(max_length=63, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="source_draft_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_checking(self) -> bool:
        return self.outcome in UNFINISHED and not self.is_lost

    @property
    def is_lost(self) -> bool:
        """Whether the check should have ended long ago: nobody makes it, or whoever made it was killed."""
        return self.outcome in UNFINISHED and timezone.now() - self.asked_at > LOST_AFTER

    @property
    def checks(self) -> list[Check]:
        return checklist(
            Finding(sentence, fatal, Topic[topic], statement) for sentence, fatal, topic, statement in self.findings
        )

    @property
    def is_ready(self) -> bool:
        """Whether it was checked, and nothing keeps it from being captured."""
        return self.outcome == Outcome.DONE and not any(fatal for _, fatal, *_ in self.findings)
