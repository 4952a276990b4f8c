from django.apps import AppConfig


class ReplicaConfig(AppConfig):
    """The performance side: reads replicas, never writes them."""

    name = "replica"
