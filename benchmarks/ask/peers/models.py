"""The tables of `benchmarks.history.filler` as models, each watched by both peers."""

import pghistory
from auditlog.registry import auditlog
from django.db import models

from benchmarks.history.filler import TABLES


class Row(models.Model):
    id = models.BigIntegerField(primary_key=True)
    customer = models.TextField()
    state = models.TextField()
    total = models.DecimalField(max_digits=12, decimal_places=2)
    note = models.TextField()
    made_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.customer


def _watched(name: str) -> type[Row]:
    model = type(name, (Row,), {"__module__": __name__})
    auditlog.register(model)
    watched: type[Row] = pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())(
        model
    )
    return watched


MODELS = {f"table_{n}": _watched(f"Table{n}") for n in range(1, TABLES + 1)}
