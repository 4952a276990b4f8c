from django.apps import AppConfig


class DatabasesConfig(AppConfig):
    """Organisations' replica databases: made, reached, and closed to everybody else."""

    name = "replica.databases"
    label = "databases"
