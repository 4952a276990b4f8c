"""How far a sync or a verification is."""

from django.db.models import TextChoices

from statetrace_ui.web.tones import Tone


class RunOutcome(TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"

    @property
    def tone(self) -> Tone:
        return TONES[self]


UNFINISHED = (RunOutcome.QUEUED, RunOutcome.RUNNING)
TONES = {
    RunOutcome.QUEUED: Tone.INFO,
    RunOutcome.RUNNING: Tone.INFO,
    RunOutcome.DONE: Tone.GOOD,
    RunOutcome.FAILED: Tone.BAD,
    RunOutcome.CANCELLED: Tone.WARN,
}
