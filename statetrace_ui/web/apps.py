from django.apps import AppConfig


class WebConfig(AppConfig):
    """Code that all pages share: organisations, requests, rendering, paging."""

    name = "statetrace_ui.web"
    label = "web"
    verbose_name = "Organisations"
