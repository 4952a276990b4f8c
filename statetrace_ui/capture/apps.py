from django.apps import AppConfig


class CaptureConfig(AppConfig):
    """Reads the replication streams of audited databases; the only code that touches them."""

    name = "statetrace_ui.capture"
    label = "capture"
