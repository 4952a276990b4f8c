from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who signs in, how often that may be tried, and the log of what matters for security."""

    name = "statetrace_ui.accounts"
    label = "accounts"
    verbose_name = "Security"

    def ready(self) -> None:
        from statetrace_ui.accounts import signals  # noqa: F401 - connects what it holds
