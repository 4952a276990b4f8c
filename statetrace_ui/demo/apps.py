from django.apps import AppConfig


class DemoConfig(AppConfig):
    """The demo's part of the dashboard: the commands `demo` and `record_demo`."""

    name = "statetrace_ui.demo"
    verbose_name = "Demo"
