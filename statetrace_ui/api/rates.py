"""How often a token may call. Kept in the database, so that it holds for all processes and machines at once.

`Pace.full_at` is a clock that each request moves on by its cost, and that never stands behind now. It may be ahead by
the length of the window: a burst may use all of a minute's requests at once, after which they come back one by one.
"""

import math
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

WINDOW = 60  # seconds
# An atomic step: two requests at the same time wait for each other at the row. No row comes back where it is too early.
STEP = """
INSERT INTO api_pace AS known (token_id, full_at) VALUES (%(token)s, now() + make_interval(secs => %(cost)s))
ON CONFLICT (token_id) DO UPDATE
SET full_at = greatest(known.full_at, clock_timestamp()) + make_interval(secs => %(cost)s)
WHERE known.full_at <= clock_timestamp() + make_interval(secs => %(window)s - %(cost)s)
RETURNING extract(epoch FROM full_at - clock_timestamp())::float8
"""
AHEAD = "SELECT extract(epoch FROM full_at - clock_timestamp())::float8 FROM api_pace WHERE token_id = %s"


@dataclass(frozen=True)
class Pacing:
    """Whether a request may go on, and what its answer says. wait: seconds until the next one may."""

    allowed: bool
    left: int
    wait: int
    full_in: int

    @property
    def headers(self) -> dict[str, str]:
        """As in draft-ietf-httpapi-ratelimit-headers."""
        limit = settings.API_REQUESTS_PER_MINUTE
        told = {
            "RateLimit-Policy": f'"token";q={limit};w={WINDOW}',
            "RateLimit": f'"token";r={self.left};t={self.full_in}',
        }
        return told if self.allowed else {**told, "Retry-After": str(self.wait)}


def step(token_id: int) -> Pacing:
    """Count a request of the token."""
    cost = WINDOW / settings.API_REQUESTS_PER_MINUTE
    with connection.cursor() as cursor:
        cursor.execute(STEP, {"token": token_id, "cost": cost, "window": float(WINDOW)})
        row = cursor.fetchone()
        allowed = row is not None
        if row is None:
            cursor.execute(AHEAD, [token_id])
            row = cursor.fetchone()
    ahead = max(0.0, row[0] if row else 0.0)
    left = max(0, math.floor((WINDOW - ahead) / cost + 1e-6)) if allowed else 0
    return Pacing(allowed, left, max(1, math.ceil(ahead + cost - WINDOW)), math.ceil(ahead))
