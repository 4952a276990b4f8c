"""Which sources a capture process takes and gives up, so that several processes share them fairly. Pure.

Every process decides for itself by the same figures; a lock for each source settles what two take at the same moment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

Names = frozenset[str]


@dataclass(frozen=True, slots=True)
class Held:
    """A source that is to be captured. holder: the key of the process that captures it, if any does."""

    id: int
    name: str
    holder: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """Ids of sources: `take` in this order, at most `room` of them; `leave` all of these."""

    take: tuple[int, ...] = ()
    room: int = 0
    leave: tuple[int, ...] = ()


def plan(me: int, processes: Mapping[int, Names], sources: Sequence[Held]) -> Plan:
    """What the process `me` does next.

    processes: the key of each live process, `me` among them → the names of the sources that it is for; none: for all.
    """
    shares = Shares(processes, sources)
    mine = [source for source in sources if source.holder == me]
    strays = [source.id for source in mine if me not in shares.fitting(source.name)]
    too_many = max(0, len(mine) - len(strays) - shares.of(me))
    wanted_elsewhere = [
        source.id for source in mine if source.id not in strays and shares.somebody_has_room(source.name, me)
    ]
    free = [source for source in sources if source.holder not in processes and me in shares.fitting(source.name)]
    room = max(0, shares.of(me) - len(mine))
    left_over = () if room else tuple(source.id for source in free if not shares.somebody_has_room(source.name, me))
    take = tuple(source.id for source in free) if room else left_over
    return Plan(take, room or len(left_over), (*strays, *wanted_elsewhere[:too_many]))


class Shares:
    """How many sources each process should hold at most, and how many it holds."""

    def __init__(self, processes: Mapping[int, Names], sources: Sequence[Held]) -> None:
        self._processes = processes
        self._held = {key: sum(source.holder == key for source in sources) for key in processes}
        parts = dict.fromkeys(processes, Fraction())
        for source in sources:
            fitting = self.fitting(source.name)
            for key in fitting:
                parts[key] += Fraction(1, len(fitting))
        self._most = {key: ceil(part) for key, part in parts.items()}

    def fitting(self, name: str) -> list[int]:
        """The processes that may capture the source: those that were started for it, else those for all."""
        named = [key for key, names in self._processes.items() if name in names]
        return named or [key for key, names in self._processes.items() if not names]

    def of(self, key: int) -> int:
        return self._most[key]

    def somebody_has_room(self, name: str, but: int) -> bool:
        """Whether another process that may capture the source holds fewer than its share."""
        return any(key != but and self._held[key] < self._most[key] for key in self.fitting(name))
