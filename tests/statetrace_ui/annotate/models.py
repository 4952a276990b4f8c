"""One table of the audited database; the fixture makes it by SQL."""

from typing import ClassVar

from django.db import models


class AuditedManager(models.Manager["Item"]):
    def get_queryset(self) -> models.QuerySet["Item"]:
        return super().get_queryset().using("audited")


class Item(models.Model):
    name = models.TextField(unique=True)

    objects: ClassVar[AuditedManager] = AuditedManager()

    class Meta:
        app_label = "annotate_tests"
        db_table = "item"
        managed = False

    def __str__(self) -> str:
        return self.name
