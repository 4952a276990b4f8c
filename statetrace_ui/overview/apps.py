from django.apps import AppConfig


class OverviewConfig(AppConfig):
    """The first page: a time, cards that each person chooses and orders, and the organisation's note."""

    name = "statetrace_ui.overview"
    label = "overview"
