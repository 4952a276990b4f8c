"""ETags of what is edited, and `If-Match`: nobody writes over what somebody else has written meanwhile."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.http import HttpRequest

from statetrace_ui.api.descriptions import IF_MATCH
from statetrace_ui.api.problems import Problem

V = TypeVar("V", bound=Callable[..., Any])
CHANGED = "This was changed since it was read. Read it again, then edit."


def edits(view: V) -> V:
    """Says in the description that an operation knows `If-Match`."""
    view.header_parameters = [*getattr(view, "header_parameters", ()), IF_MATCH]  # type: ignore[attr-defined]
    return view


def etag(shown: Mapping[str, Any]) -> str:
    """Of what is small enough to be told by a digest of itself."""
    return f'"{hashlib.sha256(json.dumps(shown, sort_keys=True, default=str).encode()).hexdigest()[:32]}"'


def check(request: HttpRequest, now: str) -> None:
    """Raise Problem (412) if the request means another edition than `now`. Call it with the row locked."""
    wanted = request.headers.get("If-Match")
    if wanted and wanted != "*" and now not in [_strong(one) for one in wanted.split(",")]:
        raise Problem(412, CHANGED)


def revision_meant(request: HttpRequest) -> int | None:
    """The revision of a session that `If-Match` names; None for any. Raises Problem (412) for what names none."""
    wanted = request.headers.get("If-Match")
    if not wanted or wanted == "*":
        return None
    text = _strong(wanted).strip('"')
    if not text.isdecimal() or len(text) > 18:
        raise Problem(412, CHANGED)
    return int(text)


def _strong(tag: str) -> str:
    """Without the mark of a compressed answer: the middleware that compresses makes each ETag a weak one."""
    return tag.strip().removeprefix("W/")
