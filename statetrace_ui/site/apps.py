from django.apps import AppConfig


class SiteConfig(AppConfig):
    """What joins all rooms: the first page, the site's services, and commands of the whole site."""

    name = "statetrace_ui.site"
    label = "site"
