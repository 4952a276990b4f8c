from django.apps import AppConfig


class AttentionConfig(AppConfig):
    """What needs attention: asked of the other rooms, remembered since when, seen by whom."""

    name = "statetrace_ui.attention"
    label = "attention"
    verbose_name = "Needs attention"
