from django.apps import AppConfig


class StartConfig(AppConfig):
    """First steps of an organisation, and its sample data."""

    name = "statetrace_ui.start"
    label = "start"
