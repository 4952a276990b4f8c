from django.apps import AppConfig


class DeletionConfig(AppConfig):
    """Deletes sessions, user flows and replicas for good, from every place that holds them."""

    name = "replica.deletion"
    label = "deletion"
    verbose_name = "Deletions"
