"""What a production site should know before it is started: `up` and `check --deploy` say it."""

from typing import Any

from django.conf import settings
from django.core import checks


@checks.register(checks.Tags.security, deploy=True)
def production(**_: Any) -> list[checks.CheckMessage]:
    found: list[checks.CheckMessage] = []
    if "*" in settings.ALLOWED_HOSTS:
        hint = "Name the hosts by which the site is reached."
        found.append(checks.Warning("ALLOWED_HOSTS takes any name.", hint=hint, id="statetrace.W001"))
    if not settings.TLS:
        hint = "Put a proxy that speaks TLS in front (docs/production.md), and unset TLS."
        found.append(checks.Warning("TLS is off: passwords travel in clear.", hint=hint, id="statetrace.W002"))
    return found
