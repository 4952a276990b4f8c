"""Avatars of actors: which are kept whole, and which may be shown. Pure.

An avatar is a text that an application chose, and perhaps its users. Only images that cannot hold a script are shown:
data that came with the annotation, and images at hosts that the operator of this site trusts.
"""

import base64
import binascii
import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

# Of a data: URL; what is longer is no avatar but a photograph.
MOST_IMAGE_BYTES = 64_000
_PREFIX = r"data:(image/(?:png|jpeg|gif|webp));base64,"
_IMAGE = re.compile(_PREFIX + r"([A-Za-z0-9+/]+={0,2})")
_BEGINS_AS_IMAGE = re.compile(_PREFIX)
LONGEST_IMAGE_PREFIX = len("data:image/jpeg;base64,")


@dataclass(frozen=True, slots=True)
class Image:
    """content_type: e.g. `image/png`."""

    content_type: str
    data: bytes


def stored_avatar(text: str, most_bytes: int) -> str:
    """The avatar as history keeps it: image data whole, since a part of it is none; other texts cut."""
    data = text.encode()
    if len(data) <= most_bytes or (len(data) <= MOST_IMAGE_BYTES and _IMAGE.fullmatch(text)):
        return text
    return data[: most_bytes - 3].decode(errors="ignore") + "…"


def image(avatar: str) -> Image | None:
    """The image in a data: URL of a kind that is shown, else None."""
    match = _IMAGE.fullmatch(avatar)
    if not match:
        return None
    try:
        return Image(match[1], base64.b64decode(match[2], validate=True))
    except binascii.Error:
        return None


def begins_as_image(avatar: str) -> bool:
    """Whether a text that begins so may be an image: lists read no more of it."""
    return bool(_BEGINS_AS_IMAGE.match(avatar))


def is_at(avatar: str, hosts: Collection[str]) -> bool:
    """Whether it is an `https:` address at one of the hosts, without user and password."""
    try:
        address = urlsplit(avatar)
    except ValueError:
        return False
    return address.scheme == "https" and address.netloc.lower() in hosts and not re.search(r"[\s\\]", avatar)
