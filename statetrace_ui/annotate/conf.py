"""The setting `STATETRACE_ANNOTATE`. It is read at each use, so that tests can override it."""

import os
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

# The keys full_name, email and avatar of a session's actor; a missing key is sent as null.
Actor = Mapping[str, str | None]
KNOWN = {"DATABASES", "APPLICATION_ID", "VERSION", "ACTOR", "TRANSPORT"}
TRANSPORTS = ("table", "message")


def databases() -> list[str]:
    """The aliases of the databases whose transactions are annotated."""
    return list(_settings().get("DATABASES", ["default"]))


def application_id() -> str:
    """The application's name in the dashboard; by default the first part of ROOT_URLCONF."""
    return str(_settings().get("APPLICATION_ID") or settings.ROOT_URLCONF.partition(".")[0])


def version() -> str | None:
    """The version of the running code: from the setting, else from STATETRACE_VERSION or GIT_COMMIT, else None."""
    return _settings().get("VERSION") or os.environ.get("STATETRACE_VERSION") or os.environ.get("GIT_COMMIT") or None


def by_message() -> bool:
    """Whether annotations are written by `pg_logical_emit_message`, and not into the table."""
    transport = _settings().get("TRANSPORT", "table")
    if transport not in TRANSPORTS:
        raise ImproperlyConfigured(
            f"STATETRACE_ANNOTATE has the TRANSPORT {transport!r}. It is one of {', '.join(TRANSPORTS)}."
        )
    return bool(transport == "message")


def describe_actor(user: Any) -> Actor:
    """Name, e-mail and avatar of a signed-in user, by the function that ACTOR names; by default `django_user`."""
    describe: Callable[[Any], Actor] = import_string(_settings().get("ACTOR", f"{__name__}.django_user"))
    return describe(user)


def django_user(user: Any) -> Actor:
    """Works with every user model; fields that a model lacks are left out."""
    full_name = user.get_full_name() if hasattr(user, "get_full_name") else ""
    email_field = user.get_email_field_name() if hasattr(user, "get_email_field_name") else "email"
    return {"full_name": full_name or user.get_username(), "email": getattr(user, email_field, None)}


def _settings() -> dict[str, Any]:
    given: dict[str, Any] = getattr(settings, "STATETRACE_ANNOTATE", {})
    if unknown := sorted(set(given) - KNOWN):
        raise ImproperlyConfigured(
            f"STATETRACE_ANNOTATE has unknown keys: {', '.join(unknown)}. "
            f"The known keys are {', '.join(sorted(KNOWN))}; docs/annotating.md explains them."
        )
    return given
