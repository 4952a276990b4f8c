"""Baselines of user flows, in the dashboard's own database: a replica may be somebody else's."""

from django.db import models

from statetrace_ui.web.models import Organisation


class FlowBaseline(models.Model):
    """The sessions that a user flow's newer ones are held against. They are fixed; `words` say how they were chosen."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="baselines")
    user_flow_id = models.CharField(max_length=255)
    session_ids = models.JSONField(default=list)
    words = models.TextField()
    kept_by = models.CharField(max_length=255)
    kept_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "user_flow_id"], name="one_baseline_each")]

    def __str__(self) -> str:
        return self.words
