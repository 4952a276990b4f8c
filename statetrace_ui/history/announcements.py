"""What later announcements of a session change, and what not: the first actor stands. Pure.

Whoever can write to the annotation table could otherwise put another name under what was done. A later announcement
may fill in what was empty; one that names another actor is kept beside the first, and shown.
"""

from dataclasses import dataclass, field
from typing import Any

from statetrace_ui.history.annotations import SessionAnnotation

ACTOR_FIELDS = ("actor_id", "actor_full_name", "actor_email", "actor_avatar")
# Different later announcements that a session keeps; all are counted.
MOST_LATER = 10


@dataclass(slots=True)
class Announced:
    """What is known of a session from its announcements so far. meta, payload: JSON texts.

    later: announcements that named another actor, or that added to the actor, in the order of the log:
    {"at": ISO time, "actor_id", "actor_full_name", "actor_email", "differs": [field], "added": [field]}.
    """

    announced: bool
    fields: dict[str, str]
    meta: str | None = None
    payload: str | None = None
    later: list[dict[str, Any]] = field(default_factory=list)
    later_count: int = 0


def announce(known: Announced, said: SessionAnnotation, at: str) -> None:
    """Take in one more announcement, made at `at`, a time as ISO text."""
    filled = {name: value for name, value in said.fields.items() if value}
    differs = [name for name in ACTOR_FIELDS if _differ(known.fields[name], filled.get(name, ""))]
    added: list[str] = []
    if not differs:
        added = [name for name in filled if not known.fields[name]]
        known.fields.update({name: filled[name] for name in added})
        known.meta, known.payload = known.meta or said.meta, known.payload or said.payload
    to_actor = [name for name in added if name in ACTOR_FIELDS]
    if known.announced and (differs or to_actor):
        _keep(known, {"at": at, **_named(said), "differs": differs, "added": to_actor})
    known.announced = True


def _differ(standing: str, later: str) -> bool:
    return bool(standing and later and standing != later)


def _named(said: SessionAnnotation) -> dict[str, str]:
    """Without the avatar, which may be large."""
    return {name: said.fields[name] for name in ACTOR_FIELDS if name != "actor_avatar"}


def _keep(known: Announced, entry: dict[str, Any]) -> None:
    """Count it, and keep it unless the same was announced before: applications repeat themselves."""
    known.later_count += 1
    same = ({**before, "at": entry["at"]} == entry for before in known.later)
    if len(known.later) < MOST_LATER and not any(same):
        known.later.append(entry)
