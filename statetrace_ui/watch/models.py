"""What people watch, what happened there, and how each of them is told."""

import datetime as dt

from django.db import models
from django.utils import timezone

from statetrace_ui.deliveries.models import Endpoint
from statetrace_ui.history.models import SavedQuestion, Source
from statetrace_ui.web.models import Membership, Organisation


class Kind(models.TextChoices):
    QUESTION = "question", "Question"
    FLOW = "flow", "User flow"
    SOURCE = "source", "Source"
    ATTENTION = "attention", "Needs attention"


class Subject(models.Model):
    """Something of an organisation that somebody watches; what happens there is found once for all who do.

    target: the id of what it is; '' of what needs attention. reached: of a question, the last change that was looked
    at. fault: why its question could not be asked the last time.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, db_index=False, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    target = models.CharField(max_length=255, blank=True)
    name = models.TextField()
    question = models.ForeignKey(SavedQuestion, models.CASCADE, null=True, related_name="+")
    source = models.ForeignKey(Source, models.CASCADE, null=True, related_name="+")
    reached = models.BigIntegerField(default=0)
    fault = models.TextField(blank=True)
    added_at = models.DateTimeField(default=timezone.now)
    looked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "kind", "target"], name="subject_once")]

    def __str__(self) -> str:
        return self.name


class Watch(models.Model):
    """That a member watches a subject. after: the last thing that had happened there when they began."""

    membership = models.ForeignKey(Membership, models.CASCADE, db_index=False, related_name="watches")
    subject = models.ForeignKey(Subject, models.CASCADE, related_name="watches")
    after = models.BigIntegerField()
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["membership", "subject"], name="watch_once")]

    def __str__(self) -> str:
        return f"{self.membership}: {self.subject}"


class Happening(models.Model):
    """Something that happened to a subject. Ids are the order of visibility: one process at a time writes them.

    key: what is found a second time is the same. at: when it happened.
    """

    subject = models.ForeignKey(Subject, models.CASCADE, db_index=False, related_name="happenings")
    key = models.CharField(max_length=60)
    title = models.TextField()
    url = models.TextField()
    for_managers = models.BooleanField(default=False)
    at = models.DateTimeField()
    noticed_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "key"], name="happening_once")]
        indexes = [models.Index(fields=["subject", "-id"], name="happening_newest")]

    def __str__(self) -> str:
        return self.title


class Telling(models.Model):
    """How a member is told of what they watch, beside the page: one message for all that happened since the last.

    told: the last happening that a message has told, or that happened before there were any. read: the last one that
    the member has marked as read.
    """

    EVERY = [(5, "5 minutes"), (15, "15 minutes"), (60, "hour"), (240, "4 hours"), (1440, "day")]

    membership = models.OneToOneField(Membership, models.CASCADE, primary_key=True, related_name="telling")
    by_mail = models.BooleanField(default=False)
    endpoint = models.ForeignKey(Endpoint, models.SET_NULL, null=True, related_name="+")
    minutes = models.PositiveIntegerField(choices=EVERY, default=15)
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    zone = models.CharField(max_length=60, default="UTC")
    told = models.BigIntegerField(default=0)
    told_at = models.DateTimeField(null=True)
    read = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.membership}, each {self.get_minutes_display()}"

    @property
    def is_wanted(self) -> bool:
        """Whether messages are."""
        return self.by_mail or self.endpoint_id is not None

    @property
    def pause(self) -> dt.timedelta:
        return dt.timedelta(minutes=self.minutes)
