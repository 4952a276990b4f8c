from django.apps import AppConfig


class ImportingConfig(AppConfig):
    """Turns files into sessions of the store; the command stands here."""

    name = "replica.importing"
