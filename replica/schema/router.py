"""Where reads and migrations go: a replica's models never reach the dashboard's own database by accident."""

from typing import Any

from django.db import models


class ReplicaRouter:
    def db_for_read(self, model: type[models.Model], **_: Any) -> str | None:
        """Replica models have no database of their own: a query that names none must fail, not read the wrong one."""
        return "replica-not-named" if model._meta.app_label == "replica" else None

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **_: Any) -> bool:
        """Only the dashboard's own database is migrated; the others are made from `sql/schema.sql`."""
        return db == "default" and app_label != "replica"
