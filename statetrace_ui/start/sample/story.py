"""What happened in the invented lamp shop: who bought when, with which build, and how long each step took. Pure."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

# Ids of one set of sample data are made of its own, so that each organisation's differ.
LAMPS = (("Anglepoise", "89.00"), ("Paper moon", "24.50"), ("Storm lantern", "39.90"))
CUSTOMERS = (("Mira Sample", "mira"), ("Jon Sample", "jon"), ("Ines Sample", "ines"), ("Tariq Sample", "tariq"))
FAST, SLOW = "1.4.0", "1.5.0"
RUNS = 4  # of each build
APART = timedelta(minutes=8)
# (step, category, seconds with the fast build, with the slow one)
STEPS = (
    ("Open the shop", "browse", 0.8, 0.9),
    ("Find a lamp", "browse", 0.7, 2.6),
    ("Put it into the cart", "browse", 0.4, 0.4),
    ("Pay", "checkout", 0.9, 0.9),
)


@dataclass(frozen=True, slots=True)
class Step:
    """Seconds since the run's start."""

    name: str
    category: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Run:
    """Somebody buys a lamp. session: the id of the audited session, which the captured one carries as a tag."""

    number: int
    build: str
    start: datetime
    customer: int
    lamp: int
    session: UUID
    steps: tuple[Step, ...]

    @property
    def seconds(self) -> float:
        return self.steps[-1].end

    def at(self, step: int) -> datetime:
        """When the step ended, which is when its rows are committed."""
        return self.start + timedelta(seconds=self.steps[step].end)


def runs(own_id: UUID, now: datetime) -> list[Run]:
    """The runs of both builds, oldest first; the last of them ended some minutes before `now`."""
    chance = random.Random(7)  # noqa: S311 - the same noise everywhere
    builds = [FAST] * RUNS + [SLOW] * RUNS
    first = now - APART * len(builds)
    return [
        Run(
            number + 1,
            build,
            first + APART * number,
            number % len(CUSTOMERS),
            number % len(LAMPS),
            uuid5(own_id, f"session {number}"),
            tuple(_steps(build, chance)),
        )
        for number, build in enumerate(builds)
    ]


def _steps(build: str, chance: random.Random) -> Iterator[Step]:
    at = 0.1
    for name, category, fast, slow in STEPS:
        took = (fast if build == FAST else slow) * chance.uniform(0.95, 1.05)
        yield Step(name, category, round(at, 3), round(at + took, 3))
        at += took + 0.2
