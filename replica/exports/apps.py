from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """Copies user flows from the store to organisations' replica databases."""

    name = "replica.exports"
    label = "exports"
    verbose_name = "Exports"
