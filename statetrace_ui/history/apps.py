from django.apps import AppConfig


class HistoryConfig(AppConfig):
    """The history that capture stores: sources, sessions, actions, transactions and changes."""

    name = "statetrace_ui.history"
    label = "history"
    verbose_name = "Audited databases"

    def ready(self) -> None:
        from statetrace_ui.history import removal

        removal.connect()
