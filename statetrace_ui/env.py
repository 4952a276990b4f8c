"""Settings from the environment, failing loudly: every error names its variable and says what would be understood."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

ADDRESS = re.compile(r"https?://[^\s/?#@\\]+(/[^\s?#@\\]*)?", re.ASCII)
LONGEST_ADDRESS = 200  # a session's link, which begins with it, has 255 characters
HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?")
ROLES = {"viewer": "reader", "analyst": "analyst", "manager": "manager"}
TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def text(name: str, default: str | None = None) -> str:
    """The variable's value; without one the default, and without that an error."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"{name} is not set. Set it in the environment; docs/settings.md explains it.")
    return default


def secret(name: str, default: str | None = None) -> str:
    """Like `text`, or the content of the file that `NAME_FILE` names, as container platforms hand secrets over."""
    path = os.environ.get(f"{name}_FILE", "").strip()
    if not path:
        return text(name, default)
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which cannot be read: {error.strerror}.") from None


def unguessable(name: str, value: str) -> str:
    """The secret itself, if nobody can try out all that are like it: 32 characters or more, 12 of them different."""
    if len(value) >= 32 and len(set(value)) >= 12:
        return value
    shown = f"has {len(value)} characters" if len(value) < 32 else f"uses only {len(set(value))} different ones"
    raise ImproperlyConfigured(
        f"{name} can be guessed: it {shown}, and needs 32 or more, of which 12 or more differ. Make one with"
        ' python -c "import secrets; print(secrets.token_urlsafe(32))".'
    )


def flag(name: str, default: bool) -> bool:
    value = text(name, "yes" if default else "no").lower()
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name}={value!r} is not understood: use yes or no.")
    return value in TRUE


def refuse_value(name: str, reason: str) -> NoReturn:
    raise ImproperlyConfigured(f"{name} cannot be used with DATABASE_URL: {reason}.")


def refuse(name: str, reason: str) -> None:
    """Raise ImproperlyConfigured if the flag is set. reason: completes "NAME cannot be used with DATABASE_URL: …"."""
    if flag(name, default=False):
        raise ImproperlyConfigured(f"{name} cannot be used with DATABASE_URL: {reason}.")


def number(name: str, default: int, least: int = 0, most: int = 2**31) -> int:
    value = text(name, str(default))
    if not value.isdecimal() or not least <= int(value) <= most:
        raise ImproperlyConfigured(f"{name}={value!r} is not understood: use a whole number from {least} to {most}.")
    return int(value)


def words(name: str, default: str | None = None) -> list[str]:
    """A comma-separated list, empty entries dropped."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def address(name: str, default: str) -> str:
    """The beginning of the addresses of a site, e.g. `https://statetrace.example.com`, without a slash at its end."""
    value = text(name, default).rstrip("/")
    if value and not (ADDRESS.fullmatch(value) and len(value) <= LONGEST_ADDRESS):
        raise ImproperlyConfigured(
            f"{name}={value!r} is not understood: use an address such as https://statetrace.example.com, "
            f"with http or https, without a user, a query or a fragment, of at most {LONGEST_ADDRESS} characters."
        )
    return value


def hosts(name: str) -> list[str]:
    """A comma-separated list of host names, each perhaps with a port; none by default."""
    found = [word.lower() for word in words(name, "")]
    if wrong := [host for host in found if not HOST.fullmatch(host)]:
        raise ImproperlyConfigured(f"{name}: {wrong[0]!r} is not understood: use names of hosts, e.g. img.example.com.")
    return found


def roles(name: str) -> list[tuple[str, str, str]]:
    """(group, slug of an organisation, role) of each `group=slug:role` between semicolons; groups may hold `=`."""
    found = []
    for entry in filter(None, (part.strip() for part in text(name, "").split(";"))):
        group, _, given = entry.rpartition("=")
        slug, _, role = given.partition(":")
        if not group or not slug or role not in ROLES:
            raise ImproperlyConfigured(
                f"{name}: {entry!r} is not understood: use GROUP=ORGANISATION:ROLE, with the organisation's slug "
                f"and one of the roles {', '.join(ROLES)}. Semicolons stand between several."
            )
        found.append((group.strip(), slug.strip(), ROLES[role]))
    return found


def database(url: str, name: str) -> dict[str, Any]:
    """Django's settings of one database from a PostgreSQL URL; `name` is the variable it came from."""
    try:
        parts: Mapping[str, Any] = conninfo_to_dict(url)
    except ProgrammingError:
        # The driver's message quotes the URL, and the URL may hold a password.
        raise ImproperlyConfigured(
            f"{name} is not a PostgreSQL URL. It looks like postgresql://user:password@host:5432/database."
        ) from None
    if not parts.get("dbname"):
        raise ImproperlyConfigured(f"{name} names no database. It ends in /database.")
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    options = {key: value for key, value in parts.items() if key not in known}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **{django: str(parts.get(libpq) or "") for libpq, django in known.items()},
        "OPTIONS": options,
    }
