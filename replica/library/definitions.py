"""The library's queries, read from `library.sql`: their SQL, their titles, and what of the document was corrected."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from psycopg import sql

NAME = re.compile(r"^-- (\w+) --$", re.MULTILINE)
PARAMETER = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True)
class Parameter:
    """A value that people choose. kind: text, whole or number."""

    name: str
    label: str
    kind: str = "text"
    fixed: Any = None  # what it is unless somebody chooses; None: something that the flow has


PARAMETERS = {
    one.name: one
    for one in (
        Parameter("session", "Session id"),
        Parameter("sessions", "Newest sessions", "whole", 10),
        Parameter("measurement", "Measurement"),
        Parameter("label", "Label"),
        Parameter("series", "Time series"),
        Parameter("seconds", "Seconds", "number", 80),
        Parameter("process", "Process"),
        Parameter("ms", "CPU ms", "number", 50),
        Parameter("text", "Contains", fixed="java.lang.reflect"),
        Parameter("process_id", "Process id", "whole"),
        Parameter("thread_id", "Thread id", "whole"),
        Parameter("call", "Call id", "whole"),
    )
}


# Which columns of an answer make a chart that says something: what lies along the axis, and the number.
CHARTS = {
    "measurement": ("start_time", "float_value"),
    "label_average": ("session_id", "avg_duration"),
    "series": ("x_value", "y_value"),
    "issues": ("session_id", "impact_time"),
    "longest_request": ("session_id", "duration"),
    "long_profiles": ("session_id", "seconds"),
    "cpu_calls": ("method", "cpu_time_us"),
    "deepest": ("session_id", "max_depth"),
    "thread_time": ("thread", "thread_time_us"),
    "method_time": ("signature", "wall_time_us"),
}


@dataclass(frozen=True)
class LibraryQuery:
    """title: what it asks. changed: why it differs from the document's."""

    name: str
    title: str
    changed: str
    text: str

    @property
    def parameters(self) -> list[Parameter]:
        """What people choose; the flow is the page's own."""
        named = dict.fromkeys(PARAMETER.findall(self.text))
        return [PARAMETERS[name] for name in PARAMETERS if name in named]

    @property
    def charted(self) -> tuple[str, ...]:
        """The columns of its chart; none where a chart says nothing."""
        return CHARTS.get(self.name, ())

    def statement(self, values: dict[str, Any]) -> str:
        """The SQL with the values in it, quoted, so that it can be shown, copied and run elsewhere."""
        return PARAMETER.sub(lambda found: sql.Literal(values[found[1]]).as_string().strip(), self.text)


@cache
def library() -> dict[str, LibraryQuery]:
    """The queries by name, in order."""
    _, *parts = NAME.split(Path(__file__).with_name("library.sql").read_text())
    return {name: _query(name, text) for name, text in zip(parts[::2], parts[1::2], strict=True)}


def _query(name: str, text: str) -> LibraryQuery:
    comments = [line.removeprefix("-- ") for line in text.splitlines() if line.startswith("--")]
    lines = [line for line in text.splitlines() if not line.startswith("--")]
    changed = " ".join(line.removeprefix("* ") for line in comments[1:])
    return LibraryQuery(name, comments[0], changed, "\n".join(lines).strip())
