"""The demo's people: four customers and a member of staff. Signing in takes one click.

They have passwords that nobody knows, so that one sees how the dashboard masks them.
"""

import base64
import hashlib
import secrets
import struct
import zlib
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User

# username, full name, colour of the avatar, whether staff
PEOPLE = [
    ("amara", "Amara Okafor", "#2f5596", False),
    ("jonas", "Jonas Lindqvist", "#23694a", False),
    ("mei", "Mei Tanaka", "#853e5e", False),
    ("rafael", "Rafael Duarte", "#86571c", False),
    ("ingrid", "Ingrid Voss", "#574a9c", True),
]
CELL = 8
COLOURS = {username: colour for username, _, colour, _ in PEOPLE}


def add_people() -> None:
    for username, full_name, _, staff in PEOPLE:
        first, last = full_name.split(" ", 1)
        values = {
            "first_name": first,
            "last_name": last,
            "email": f"{username}@example.com",
            "is_staff": staff,
            "password": _unknown_password,
        }
        User.objects.get_or_create(username=username, defaults=values)


def _unknown_password() -> str:
    return make_password(secrets.token_urlsafe())


def actor(user: Any) -> dict[str, str]:
    """The signed-in user's name, e-mail and avatar for annotations."""
    return {"full_name": user.get_full_name(), "email": user.email, "avatar": avatar(user)}


def avatar(user: Any) -> str:
    """A pattern of its own for each person, as a data: URL of a PNG: the dashboard shows no SVG."""
    picture = _png(_pattern(user.username), COLOURS.get(user.username, "#697180"))
    return f"data:image/png;base64,{base64.b64encode(picture).decode()}"


def _pattern(name: str) -> list[list[bool]]:
    """Seven rows of seven cells, the same from left and right, with an empty border."""
    bits = int.from_bytes(hashlib.sha256(name.encode()).digest(), "big")
    rows = [[bool(bits >> (3 * row + column) & 1) for column in (0, 1, 2, 1, 0)] for row in range(5)]
    return [[False] * 7, *([False, *row, False] for row in rows), [False] * 7]


def _png(cells: list[list[bool]], colour: str) -> bytes:
    """An image of two colours, one byte a pixel; each cell is CELL pixels wide and high."""
    lines = [b"\0" + b"".join(bytes([cell]) * CELL for cell in row) for row in cells for _ in range(CELL)]
    size = CELL * len(cells)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, data)
        for kind, data in (
            (b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 3, 0, 0, 0)),
            (b"PLTE", bytes.fromhex(colour[1:] + "ffffff")),
            (b"IDAT", zlib.compress(b"".join(lines), 9)),
            (b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
