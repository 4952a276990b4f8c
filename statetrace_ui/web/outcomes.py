"""How far a job is that somebody has asked for. Rooms that keep runs of jobs say it alike."""

from django.db.models import TextChoices

from statetrace_ui.web.tones import Tone


class Outcome(TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"

    @property
    def tone(self) -> Tone:
        return TONES[self]


UNFINISHED = (Outcome.QUEUED, Outcome.RUNNING)
TONES = {
    Outcome.QUEUED: Tone.INFO,
    Outcome.RUNNING: Tone.INFO,
    Outcome.DONE: Tone.GOOD,
    Outcome.FAILED: Tone.BAD,
}
