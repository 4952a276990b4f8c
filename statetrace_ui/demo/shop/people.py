"""The demo's people: four customers and a member of staff. Signing in takes one click.

They have passwords that nobody knows, so that one sees how the dashboard masks them.
"""

import secrets
from typing import Any
from urllib.parse import quote

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
    """Initials on a disc, as a data: URL."""
    initials = f"{user.first_name[:1]}{user.last_name[:1]}"
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<circle cx="16" cy="16" r="16" fill="{COLOURS.get(user.username, "#697180")}"/>'
        '<text x="16" y="21" text-anchor="middle" font-family="sans-serif" font-size="13" fill="#fff">'
        f"{initials}</text></svg>"
    )
    return f"data:image/svg+xml,{quote(svg)}"
