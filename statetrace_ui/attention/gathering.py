"""Asks each room what of its own needs attention; no replica and no audited server is asked."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from urllib.parse import urlencode

from django.core.cache import cache
from django.urls import reverse

from replica.exports.concerns import concerns as of_exports
from statetrace_ui.api.concerns import concerns as of_tokens
from statetrace_ui.attention.models import Occurrence
from statetrace_ui.capture.concerns import concerns as of_sources
from statetrace_ui.deliveries.concerns import concerns as of_deliveries
from statetrace_ui.history.queries.outside import concerns as from_outside
from statetrace_ui.web.concerns import Concern, Kind, Severity
from statetrace_ui.web.models import Organisation

logger = logging.getLogger(__name__)
Room = Callable[[Organisation], Iterable[Concern]]
ROOMS: tuple[Room, ...] = (
    of_exports,
    of_sources,
    from_outside,
    of_deliveries,
    of_tokens,
)
# Badges stand on every page: what they count is asked for at most so often by one web process, in seconds. They say
# nothing older than this.
KEPT = 5
UNKNOWN = Concern(
    key="unknown",
    kind=Kind.SOURCE,
    severity=Severity.WARNING,
    what="Part of what may need attention could not be looked at.",
    advice="The log of the web server says what failed.",
    ask="Ask whoever runs this site to look into the log of the web server.",
    url="/attention/",
    since=None,
)


def told(organisation: Organisation) -> list[Concern]:
    """What the rooms tell now."""
    return [concern for room in ROOMS for concern in room(organisation)]


def gathered(organisation: Organisation) -> list[Concern]:
    """All that needs attention now, worst first; what has no beginning of its own began when a worker noticed it."""
    noted = {one.key: one for one in Occurrence.objects.filter(organisation=organisation, over_at=None)}
    concerns = [_begun(concern, noted.get(concern.key)) for room in ROOMS for concern in _asked(room, organisation)]
    concerns += [slower(one) for one in noted.values() if one.kind == Kind.FLOW]
    return sorted(concerns, key=lambda one: (-one.severity, one.since is None, one.since or 0, one.key))


def lately(organisation: Organisation) -> list[Concern]:
    """The same as it was at most KEPT seconds ago."""
    key = f"attention-{organisation.pk}"
    found: list[Concern] | None = cache.get(key)
    if found is None:
        found = gathered(organisation)
        cache.set(key, found, KEPT)
    return found


def _asked(room: Room, organisation: Organisation) -> list[Concern]:
    """What the room tells a page; where it fails, that: one room's fault is no reason to show no page at all."""
    try:
        return list(room(organisation))
    except Exception:
        logger.exception("%s could not say what needs attention", room.__module__)
        return [UNKNOWN]


def _begun(concern: Concern, noted: Occurrence | None) -> Concern:
    return replace(concern, since=noted.since) if concern.since is None and noted else concern


def flow_key(user_flow_id: str) -> str:
    return f"flow {user_flow_id}"


def slower(noted: Occurrence) -> Concern:
    """A user flow that a worker found slower than its baseline."""
    return Concern(
        key=noted.key,
        kind=Kind.FLOW,
        severity=Severity(noted.severity),
        what=noted.what,
        advice="The comparison names the steps, requests and functions that moved.",
        ask="The comparison names the steps, requests and functions that moved.",
        url=noted.url,
        since=noted.since,
    )


def comparison_of(user_flow_id: str, sides: dict[str, str]) -> str:
    return f"{reverse('replica:compare')}?{urlencode({'flow': user_flow_id} | sides, safe=':')}"
