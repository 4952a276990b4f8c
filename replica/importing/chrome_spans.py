"""The calls that a Chrome trace measured: complete events, and pairs of a beginning and an end."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from replica.importing.bundle import Calls, Ints, Method
from replica.importing.calls import NONE, call_sites, nest_spans

Place = tuple[int, int]  # process and thread
MethodName = tuple[str, str]  # name and category
MethodNumbers = dict[int, dict[MethodName, int]]  # by process, counting from 1


@dataclass
class MeasuredSpans:
    """Spans as columns of one length, in order of their beginnings; times in µs of the trace's clock."""

    places: list[Place] = field(default_factory=list)
    methods: list[MethodName] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)  # NONE where it is not known
    _open: dict[Place, list[int]] = field(default_factory=lambda: defaultdict(list))  # rows, innermost last
    _cpu_at_start: dict[int, float] = field(default_factory=dict)  # of rows that are open

    def add(self, place: Place, method: MethodName, start: float, end: float, cpu: float) -> None:
        self.places.append(place)
        self.methods.append(method)
        self.starts.append(start)
        self.ends.append(end)
        self.cpu.append(cpu)

    def begin(self, place: Place, method: MethodName, time: float, thread_cpu: float) -> None:
        """A call whose end is not known yet; `thread_cpu` is what its thread has used so far, or NONE."""
        row = len(self.starts)
        self.add(place, method, time, time, NONE)
        self._open[place].append(row)
        self._cpu_at_start[row] = thread_cpu

    def end(self, place: Place, time: float, thread_cpu: float) -> bool:
        """Ends the innermost call that is open; False if none is, for then the call began before the trace."""
        if not self._open[place]:
            return False
        row = self._open[place].pop()
        before = self._cpu_at_start.pop(row)
        self.ends[row] = time
        self.cpu[row] = max(thread_cpu - before, 0) if thread_cpu >= 0 and before >= 0 else NONE
        return True

    def end_all(self) -> None:
        """Calls that are still open last as long as the trace; nobody knows their CPU time."""
        last = max(self.ends, default=0)
        for rows in self._open.values():
            while rows:
                self.ends[rows.pop()] = last
        self._cpu_at_start.clear()


def number_methods(spans: MeasuredSpans) -> MethodNumbers:
    """Each process counts its methods in order of their first call."""
    numbers: MethodNumbers = defaultdict(dict)
    for (process_id, _), method in zip(spans.places, spans.methods, strict=True):
        of_process = numbers[process_id]
        of_process.setdefault(method, len(of_process) + 1)
    return numbers


def measured_methods(numbers: MethodNumbers) -> list[Method]:
    return [
        Method(process_id, number, raw_name=name, name=name, signature=name, package_name=category or None)
        for process_id, of_process in numbers.items()
        for (name, category), number in of_process.items()
    ]


def measured_calls(spans: MeasuredSpans, numbers: MethodNumbers, origin: int) -> Calls:
    """Call sites in µs since `origin`. Both ends are rounded down to a µs, so that nested spans stay nested."""
    places = sorted(set(spans.places))
    index = {place: row for row, place in enumerate(places)}
    rows = zip(spans.places, spans.methods, strict=True)
    nested = nest_spans(
        _whole([index[place] for place in spans.places]),
        _whole(spans.starts, origin),
        _whole(spans.ends, origin),
        _whole([numbers[process_id][method] for (process_id, _), method in rows]),
        _whole(spans.cpu),
    )
    process_ids, thread_ids = np.array(places, dtype=np.int64).reshape(-1, 2).T
    return call_sites(nested, process_ids, thread_ids)


def _whole(values: Sequence[float], origin: int = 0) -> Ints:
    return np.floor(np.array(values, dtype=np.float64) - origin).astype(np.int64)
