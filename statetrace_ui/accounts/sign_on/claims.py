"""What a provider of single sign-on says of somebody, and which roles its groups give. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

ORDER = ("reader", "analyst", "manager")  # each may what the one before it may
NOT_IN_NAMES = re.compile(r"[^\w.@+-]+")
LONGEST_NAME, LONGEST_EMAIL = 150, 254


@dataclass(frozen=True)
class Claims:
    """email: '' unless the provider has verified it."""

    subject: str
    name: str
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    groups: frozenset[str] = frozenset()


def read(claims: Mapping[str, Any], groups_claim: str) -> Claims:
    """The claims that matter here. Whatever is of another kind than the standard says is left out."""
    email = _text(claims, "email", LONGEST_EMAIL) if claims.get("email_verified") is True else ""
    name = _text(claims, "preferred_username", LONGEST_NAME) or email or _text(claims, "sub", LONGEST_NAME)
    return Claims(
        subject=str(claims["sub"]),
        name=NOT_IN_NAMES.sub("-", name).strip("-") or "person",
        email=email,
        first_name=_text(claims, "given_name", LONGEST_NAME),
        last_name=_text(claims, "family_name", LONGEST_NAME),
        groups=groups_of(claims, groups_claim),
    )


def groups_of(claims: Mapping[str, Any], path: str) -> frozenset[str]:
    """The groups at a claim, whose name may lead into others, as in `realm_access.roles`."""
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for name in path.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
    listed = [found] if isinstance(found, str) else found if isinstance(found, list) else []
    return frozenset(group for group in listed if isinstance(group, str))


def roles_of(groups: frozenset[str], mapping: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """The role in each organisation, by slug: the highest that one of the groups gives.

    mapping: (group, slug, role).
    """
    roles: dict[str, str] = {}
    for group, slug, role in mapping:
        if group in groups:
            roles[slug] = max(role, roles.get(slug, role), key=ORDER.index)
    return roles


def _text(claims: Mapping[str, Any], name: str, longest: int) -> str:
    value = claims.get(name)
    return value.replace("\0", "")[:longest] if isinstance(value, str) else ""
