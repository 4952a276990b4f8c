from django.apps import AppConfig


class WatchConfig(AppConfig):
    """What people watch: what happened there, on a page of their own, by e-mail or by webhook."""

    name = "statetrace_ui.watch"
    label = "watch"
    verbose_name = "Watching"
