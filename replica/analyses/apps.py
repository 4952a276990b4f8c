from django.apps import AppConfig


class AnalysesConfig(AppConfig):
    """Finds issues, statistics and measurements in what was recorded; the command stands here."""

    name = "replica.analyses"
