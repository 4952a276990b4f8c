from django.apps import AppConfig


class DatabasesConfig(AppConfig):
    """Organisations' replica databases: how they are made, reached, and closed to everybody else."""

    name = "replica.databases"
    label = "databases"
    verbose_name = "Replica databases"
