from django.apps import AppConfig


class BesideConfig(AppConfig):
    """What a replica has no column for."""

    name = "replica.beside"
    label = "beside"
    verbose_name = "Beside captured sessions"
