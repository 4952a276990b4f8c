from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Who belongs to an organisation, with which role, and how others join it."""

    name = "statetrace_ui.people"
    label = "people"
