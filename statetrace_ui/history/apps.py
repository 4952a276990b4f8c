from django.apps import AppConfig


class HistoryConfig(AppConfig):
    """What capture has seen: sources, sessions, actions, transactions and changes."""

    name = "statetrace_ui.history"
    label = "history"
