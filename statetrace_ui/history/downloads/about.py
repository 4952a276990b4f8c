"""What a download says of itself, in the files beside its data: about.json for programs, about.txt for people. Pure.

They are written last: a file without them is not complete.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import orjson

NOTES = {
    "changes": [
        "Values are whole, in PostgreSQL's text form, as history has them.",
        "A masked value is a digest, as it is stored. `marks` (CSV: `old_is`, `new_is`) names each value that is"
        " masked, cut, erased, not captured or was not sent by the source; none of them is an empty value.",
    ],
    "sessions": [],
    "rows": [
        "Values are PostgreSQL's texts of what the query gave. Moments are UTC. A value of more than 10,000"
        " characters is cut, and ends with an ellipsis.",
    ],
    "records": [
        "Values are whole, in PostgreSQL's text form: each row is as its changes up to the moment leave it.",
        "A masked value is a digest, as it is stored. The last column names each value that is masked, cut, erased, not"
        " captured or not known; none of them is an empty value.",
        "The list is whole: all rows that were known at the moment, in the order of their keys as texts.",
    ],
}
CSV_NOTES = {
    "changes": ["A line is one field of a change. Fields that an update left as they were are left out."],
    "sessions": [],
    "rows": ["An empty cell is NULL or an empty text."],
    "records": ["The last column also names each value that is null, which an empty cell does not tell."],
}
HARMLESS = (
    "A cell that a spreadsheet could take for a formula stands behind an apostrophe: what begins with = + - or @, a tab"
    " or a line break, also behind blanks and in full width. Plain numbers stand as they are."
)


@dataclass(frozen=True)
class Asked:
    """What somebody downloads. what: changes, sessions or records. of: its name. filters: as they were set."""

    what: str
    of: str
    format: str
    organisation: str
    filters: Mapping[str, str]
    zone: str
    person: str


@dataclass
class Tally:
    """What was written so far."""

    things: int = 0
    rows: int = 0
    bytes: int = 0
    sha256: str = ""


@dataclass(frozen=True)
class About:
    """A download that has been made. gaps: those that its rows may have missed something in; removals: sentences."""

    asked: Asked
    file: str
    begun_at: datetime
    finished_at: datetime
    tally: Tally
    gaps: Sequence[Mapping[str, str]]
    more_gaps: bool = False
    removals: Sequence[str] = field(default=())

    @property
    def notes(self) -> list[str]:
        notes = list(NOTES[self.asked.what])
        return [*notes, *CSV_NOTES[self.asked.what], HARMLESS] if self.asked.format == "csv" else notes

    def as_json(self) -> bytes:
        asked = asdict(self.asked)
        told: dict[str, Any] = {
            "complete": True,
            **asked,
            "file": self.file,
            self.asked.what: self.tally.things,
            "rows": self.tally.rows,
            "bytes": self.tally.bytes,
            "sha256": self.tally.sha256,
            "begun_at": self.begun_at,
            "finished_at": self.finished_at,
            "gaps": list(self.gaps),
            "more_gaps": self.more_gaps,
            "removed_meanwhile": list(self.removals),
            "notes": self.notes,
        }
        return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)

    def as_text(self) -> str:
        asked, tally = self.asked, self.tally
        lines = [
            f"{asked.of} of {asked.organisation}",
            "",
            "This download is complete.",
            f"Made by {asked.person} from {self.begun_at.isoformat()} to {self.finished_at.isoformat()}.",
            f"{self.file}: {tally.things} {asked.what} in {tally.rows} rows, {tally.bytes} bytes.",
            f"SHA-256: {tally.sha256}",
            f"Times are in the zone {asked.zone}. History was read up to the time at which the download began.",
            "",
            "Filters:" if asked.filters else "Filters: none.",
            *(f"  {name}: {value}" for name, value in asked.filters.items()),
            "",
            "Gaps, in which something may be missing:" if self.gaps else "Gaps: none is known.",
            *(f"  {' · '.join(gap.values())}" for gap in self.gaps),
            *(["  and more, which the source's page lists"] if self.more_gaps else []),
            "",
            *self.removals,
            *self.notes,
        ]
        return "\n".join(lines) + "\n"
