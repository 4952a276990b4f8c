from django.apps import AppConfig


class SiteConfig(AppConfig):
    """Joins all rooms: the first page, the site's services, and commands of the whole site."""

    name = "statetrace_ui.site"
    label = "site"

    def ready(self) -> None:
        from statetrace_ui.site import checks  # noqa: F401 - registers what it holds
