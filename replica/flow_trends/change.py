"""How far a user flow lies above its baseline, in words. Pure."""

from dataclasses import dataclass

from replica.compare.sentence import brief
from replica.compare.subjects import Certainty
from statetrace_ui.web.tones import Tone


@dataclass(frozen=True, slots=True)
class Change:
    """Of the newest sessions against those of the baseline.

    ms: None where one side has no duration. base: the median of the baseline, in ms.
    """

    certainty: Certainty
    ms: float | None
    base: float | None

    @property
    def is_told(self) -> bool:
        """Whether it is a change at all."""
        return bool(self.ms) and self.certainty in (Certainty.CLEAR, Certainty.LIKELY)

    @property
    def label(self) -> str:
        """“+1.2 s, 11 % slower”."""
        if self.certainty == Certainty.TOO_FEW:
            return "too few sessions to tell"
        if self.ms is None or not self.is_told:
            return "no clear change"
        sign, word = ("+", "slower") if self.ms > 0 else ("−", "faster")
        likely = "likely " if self.certainty == Certainty.LIKELY else ""
        return f"{likely}{sign}{brief(abs(self.ms))}, {self._share}{word}"

    @property
    def _share(self) -> str:
        if not self.base or self.ms is None:
            return ""
        percent = 100 * abs(self.ms) / self.base
        return f"{percent:,.0f} % " if percent >= 1 else "under 1 % "

    @property
    def tone(self) -> Tone:
        if not self.is_told or self.ms is None:
            return Tone.PLAIN
        if self.certainty == Certainty.LIKELY:
            return Tone.WARN
        return Tone.BAD if self.ms > 0 else Tone.GOOD
