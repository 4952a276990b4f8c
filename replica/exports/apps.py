from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """Copies user flows from the store to organisations' replica databases, and looks after those."""

    name = "replica.exports"
    label = "exports"
