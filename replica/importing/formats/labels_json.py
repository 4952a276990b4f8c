"""Labels in the shape of the label API: a list, or an object with `labels`; times in seconds."""

from collections import Counter
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson

from replica.importing.bundle import Bundle, ImportFailed, Label
from replica.importing.format import Format
from replica.importing.untrusted import a_list, an_object, number, text

DEEPEST = 250  # the encoder goes no deeper than 254, the label and its list among them


def is_labels(content: object) -> bool:
    """An event of a Chrome trace has a name, too, but also a phase."""
    if isinstance(content, list) and content:
        first = content[0]
        return isinstance(first, dict) and "name" in first and "ph" not in first
    return content == [] or (isinstance(content, dict) and "labels" in content)


def read_labels(value: object) -> list[Bundle]:
    """One session; times are relative to its start."""
    labels = a_list(value.get("labels") if isinstance(value, dict) else value, "labels")
    seen: Counter[str] = Counter()
    return [Bundle(labels=tuple(_label(an_object(label, "a label"), seen) for label in labels))]


def _label(value: dict[str, Any], seen: Counter[str]) -> Label:
    name = text(value.get("name"))
    if not name:
        raise ImportFailed("a label has no name")
    start = number(value.get("start_time"), f"the start_time of label “{name}”") * 1000
    end = value.get("end_time")
    return Label(
        id=_label_id(value, seen),
        type=text(value.get("label_type")) or "user",
        name=name,
        start_ms=start,
        end_ms=start if end is None else number(end, f"the end_time of label “{name}”") * 1000,
        category=text(value.get("category")) or None,
        data=_kept(value.get("data"), name),
        group_id=_uuid(value.get("label_group_id"), name),
        video_box=_kept(value.get("video_box"), name),
    )


def _label_id(value: dict[str, Any], seen: Counter[str]) -> str:
    """The label's own id, else one made of its content, so that the same file gives the same ids."""
    given = _uuid(value.get("label_id"), text(value.get("name")))
    if given:
        return given
    content = _json(value, text(value.get("name")), orjson.OPT_SORT_KEYS)
    seen[content] += 1
    return str(uuid5(NAMESPACE_URL, f"{seen[content]} {content}"))


def _uuid(value: object, name: str) -> str | None:
    if value is None:
        return None
    try:
        return str(UUID(text(value)))
    except ValueError:
        raise ImportFailed(f"label “{name}” has “{str(value)[:40]}” where an id (a UUID) should be") from None


def _kept(value: object, name: str) -> str | None:
    """Text as it is, anything else as JSON."""
    return value if isinstance(value, str) or value is None else _json(value, name)


def _json(value: object, name: str, option: int = 0) -> str:
    try:
        return orjson.dumps(value, option=option).decode()
    except orjson.JSONEncodeError:
        raise ImportFailed(f"label “{name}” holds lists or objects that are nested more than {DEEPEST} deep") from None


FORMAT = Format("labels", ".json", is_labels, read_labels)
