from django.apps import AppConfig


class WebConfig(AppConfig):
    """What all pages share: organisations, requests, rendering, paging."""

    name = "statetrace_ui.web"
    label = "web"
