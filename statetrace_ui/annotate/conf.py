"""The setting `STATETRACE_ANNOTATE`, read whenever it is needed so that tests can override it."""

import os
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

# What a session says of its actor: full_name, email, avatar; whatever is missing is sent as null.
Actor = Mapping[str, str | None]
KNOWN = {"DATABASES", "APPLICATION_ID", "VERSION", "ACTOR"}


def databases() -> list[str]:
    """The aliases of the databases whose transactions are annotated."""
    return list(_settings().get("DATABASES", ["default"]))


def application_id() -> str:
    """What the application is called in the dashboard; by default the first part of ROOT_URLCONF."""
    return str(_settings().get("APPLICATION_ID") or settings.ROOT_URLCONF.partition(".")[0])


def version() -> str | None:
    """The version of the running code: the setting, else what the environment says it was deployed from."""
    return _settings().get("VERSION") or os.environ.get("STATETRACE_VERSION") or os.environ.get("GIT_COMMIT") or None


def describe_actor(user: Any) -> Actor:
    """Name, e-mail and avatar of a signed-in user, by the function that the setting ACTOR names, or by Django's own."""
    describe: Callable[[Any], Actor] = import_string(_settings().get("ACTOR", f"{__name__}.django_user"))
    return describe(user)


def django_user(user: Any) -> Actor:
    """Works with every user model: what a model does not have is left out."""
    full_name = user.get_full_name() if hasattr(user, "get_full_name") else ""
    email_field = user.get_email_field_name() if hasattr(user, "get_email_field_name") else "email"
    return {"full_name": full_name or user.get_username(), "email": getattr(user, email_field, None)}


def _settings() -> dict[str, Any]:
    found: dict[str, Any] = getattr(settings, "STATETRACE_ANNOTATE", {})
    if unknown := sorted(set(found) - KNOWN):
        raise ImproperlyConfigured(
            f"STATETRACE_ANNOTATE has {', '.join(unknown)}, which is not understood. "
            f"Known are {', '.join(sorted(KNOWN))}; docs/annotating.md explains them."
        )
    return found
