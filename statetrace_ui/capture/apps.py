from django.apps import AppConfig


class CaptureConfig(AppConfig):
    """Reads the replication streams of audited databases; the only code that touches them."""

    name = "statetrace_ui.capture"
    label = "capture"

    def ready(self) -> None:
        from statetrace_ui.capture import reach
        from statetrace_ui.capture.unstored import unstored
        from statetrace_ui.capture.verification.forgetting import forget_rows
        from statetrace_ui.history.erasure import waiting
        from statetrace_ui.history.erasure.runs import erased
        from statetrace_ui.wal.connection import call_only

        call_only(reach.place_of)
        erased.connect(forget_rows)
        waiting.unstored.connect(unstored)
