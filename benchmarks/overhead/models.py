"""The same table several times, each watched by something else."""

from django.conf import settings
from django.db import models

MOST_ITEMS = 10_000


class Item(models.Model):
    name = models.TextField()
    state = models.TextField(default="new")
    amount = models.IntegerField(default=0)
    note = models.TextField(default="a note of some length, as people write them")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Bare(Item):
    class Meta:
        db_table = "bare"


class ByTable(Item):
    class Meta:
        db_table = "by_table"


class ByMessage(Item):
    class Meta:
        db_table = "by_message"


class Pghistory(Item):
    class Meta:
        db_table = "pghistory"


class Auditlog(Item):
    class Meta:
        db_table = "auditlog"


if "pghistory" in settings.INSTALLED_APPS:
    import pghistory

    pghistory.track()(Pghistory)
if "auditlog" in settings.INSTALLED_APPS:
    from auditlog.registry import auditlog

    auditlog.register(Auditlog)
MODELS: dict[str, type[Item]] = {
    str(model._meta.db_table): model for model in (Bare, ByTable, ByMessage, Pghistory, Auditlog)
}
