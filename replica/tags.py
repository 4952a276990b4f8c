"""What the tags of a session mean to its pages. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replica.schema.models import SessionTag

AUDITED_SESSION_TAG = "statetrace_session_id"  # its value is the key of an audited session
VERSION_TAGS = {"version", "app_version", "build"}  # say which build a session measured
# These repeat what stands in the session's own columns, or lead to the audited session.
STANDARD_TAGS = {
    AUDITED_SESSION_TAG,
    "carrier",
    "device_id",
    "device_sku",
    "geo",
    "hostname",
    "start_timestamp",
    "user_flow",
    "user_flow_id",
}


def distinctive(tags: Iterable[SessionTag]) -> list[SessionTag]:
    """The tags that can tell sessions of one flow apart."""
    return [tag for tag in tags if tag.tag_key not in STANDARD_TAGS]


def audited_session_keys(tags: Iterable[SessionTag]) -> list[str]:
    """The keys of the audited sessions that the tags name."""
    return [tag.tag_value for tag in tags if tag.tag_key == AUDITED_SESSION_TAG]
