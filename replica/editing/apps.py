from django.apps import AppConfig


class EditingConfig(AppConfig):
    """Changes of captured sessions by people; who made them is remembered here."""

    name = "replica.editing"
    label = "editing"
    verbose_name = "Edits of captured sessions"
