from django.apps import AppConfig


class DemoConfig(AppConfig):
    """What the dashboard has of the demo: the command that records sessions."""

    name = "statetrace_ui.demo"
    verbose_name = "Demo"
