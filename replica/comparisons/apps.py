from django.apps import AppConfig


class ComparisonsConfig(AppConfig):
    """Compares groups of sessions, and keeps which sessions a user flow is held against."""

    name = "replica.comparisons"
    label = "comparisons"
    verbose_name = "Comparisons"
