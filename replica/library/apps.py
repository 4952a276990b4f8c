from django.apps import AppConfig


class LibraryConfig(AppConfig):
    """SQL on replicas: the document's queries, corrected, and statements of one's own."""

    name = "replica.library"
    label = "library"
    verbose_name = "SQL on replicas"
