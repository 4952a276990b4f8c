from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The REST API below /v0/, and the tokens that it is called with."""

    name = "statetrace_ui.api"
    label = "api"
    verbose_name = "API"
