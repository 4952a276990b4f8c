from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """What whoever runs the site needs: metrics, probes, backups."""

    name = "statetrace_ui.operations"
    label = "operations"
