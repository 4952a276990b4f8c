"""Warnings of `manage.py check` about an installation that would annotate less than its owner expects."""

from typing import Any

from django.conf import settings
from django.core import checks

from statetrace_ui.annotate import conf

MIDDLEWARE = "statetrace_ui.annotate.middleware.AnnotateMiddleware"
ABOVE = {
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
}


def check_installation(**_: Any) -> list[checks.CheckMessage]:
    return [*_middleware(), *_databases()]


def _middleware() -> list[checks.CheckMessage]:
    if MIDDLEWARE not in settings.MIDDLEWARE:
        return [
            checks.Warning(
                "Requests are not annotated.", f"Add {MIDDLEWARE} to MIDDLEWARE.", id="statetrace_annotate.W001"
            )
        ]
    below = settings.MIDDLEWARE[settings.MIDDLEWARE.index(MIDDLEWARE) :]
    if late := sorted(ABOVE & set(below)):
        hint = f"Move it below {' and '.join(late)} in MIDDLEWARE."
        return [checks.Warning("AnnotateMiddleware cannot see who is signed in.", hint, id="statetrace_annotate.W002")]
    return []


def _databases() -> list[checks.CheckMessage]:
    unknown = sorted(set(conf.databases()) - set(settings.DATABASES))
    if not unknown:
        return []
    problem = f"STATETRACE_ANNOTATE names {', '.join(unknown)}, which is not in DATABASES."
    return [checks.Warning(problem, "Name aliases of DATABASES.", id="statetrace_annotate.W003")]
