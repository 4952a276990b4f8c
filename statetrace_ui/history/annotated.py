"""What pages tell of annotations beside their documented fields: what was added to them, and later announcements."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from statetrace_ui.history.annotations import DOCUMENTED, text
from statetrace_ui.history.models import Action, Session

MOST_EXTRA = 50
MOST_CHARACTERS = 500
NAMES = {"actor_id": "id", "actor_full_name": "name", "actor_email": "email", "actor_avatar": "avatar"}


@dataclass(frozen=True, slots=True)
class LaterAnnouncement:
    """An announcement after the first. who: the actor that it names. differs, added: fields, in words."""

    at: datetime
    who: str
    details: str
    differs: str
    added: str


@dataclass(frozen=True, slots=True)
class Extra:
    """(name, value) of what an annotation says without being asked; left_out: how many more there are."""

    fields: list[tuple[str, str]]
    left_out: int


def later_announcements(session: Session) -> list[LaterAnnouncement]:
    """In the order of the log; only some are kept of very many."""
    return [_later(entry) for entry in session.later]


def is_disputed(session: Session) -> bool:
    """Whether a later announcement named another actor than the first."""
    return any(entry["differs"] for entry in session.later)


def extra(annotated: Session | Action) -> Extra:
    """`meta`, and what the payload has beside the documented fields; both are the application's own."""
    found = [*_entries(annotated.payload, ""), *_entries(annotated.meta, "meta: ")]
    return Extra(found[:MOST_EXTRA], max(0, len(found) - MOST_EXTRA))


def _entries(value: Any, prefix: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, part in value.items():
            if prefix or name not in DOCUMENTED:
                yield _cut(f"{prefix}{name}", 100), _cut(text(part), MOST_CHARACTERS)
    elif value is not None:
        yield prefix.strip(": ") or "payload", _cut(text(value), MOST_CHARACTERS)


def _later(entry: dict[str, Any]) -> LaterAnnouncement:
    known = [entry[name] for name in ("actor_full_name", "actor_email", "actor_id") if entry[name]]
    return LaterAnnouncement(
        at=datetime.fromisoformat(entry["at"]),
        who=known[0] if known else "Unknown actor",
        details=", ".join(known[1:]),
        differs=_in_words(entry["differs"]),
        added=_in_words(entry["added"]),
    )


def _in_words(fields: list[str]) -> str:
    return ", ".join(NAMES[name] for name in fields)


def _cut(value: str, characters: int) -> str:
    return value if len(value) <= characters else f"{value[:characters]}…"
