"""How far a job is that somebody has asked for. Rooms that keep runs of jobs say it alike."""

from typing import Any

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


class HasOutcome:
    """A model with a field `outcome` whose choices are those of Outcome."""

    outcome: Any

    @property
    def outcome_now(self) -> Outcome:
        return Outcome(self.outcome)

    @property
    def unfinished(self) -> bool:
        return self.outcome in UNFINISHED
