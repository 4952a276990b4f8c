"""What nobody's browser would send: parameters of query strings that must be answered without an error of ours."""

import base64
import json
from collections.abc import Iterable
from urllib.parse import urlencode

from django.test import Client

SESSION = "aaaaaaaa-0000-4000-8000-000000000001"


def cursor(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


TEXTS = ["\0", "a\0b", "\ud800", "é" * 5_000, "'; DROP TABLE x; --", "%", "\\", "' & | ! : * ( ) <->", "\u202e", "-"]
NUMBERS = ["-1", "0", "1e400", "NaN", "Infinity", str(2**31), str(2**63), str(10**40), "٣", "0x10", "1.5", ""]
DATES = ["0001-01-01", "9999-12-31", "2026-02-30", "0001-01-01T00:00", "9999-12-31T23:59:59"]
NOON, LAST = ({"at": at} for at in ("2026-01-01T12:00:00+00:00", "9999-12-31T23:59:59-23:59"))
KEYS: list[object] = [
    "x",
    "a\0b",
    SESSION,
    0,
    2**70,
    -(2**70),
    10**400,
    1.5,
    float("nan"),
    float("inf"),
    True,
    None,
    [1],
]
CURSORS = [
    *["x", "é", cursor(), cursor(NOON), cursor("x", "y"), cursor("2026-01-01", 1)],
    *[
        cursor({"at": "0001-01-01T00:00:00+23:59"}, 1),
        cursor({"at": "2026-01-01T12:00:00"}, 1),
        cursor({"at": 5}, 1),
        cursor({"x": 5}, 1),
    ],
    *[cursor(*before, key) for before in ([], [NOON], [LAST], [1]) for key in KEYS],
]


def errors_of(client: Client, address: str, names: Iterable[str], step: int = 1, **others: str) -> list[str]:
    """Each junk in each parameter → the query strings that end in an error of ours.

    step: where it is 3, each parameter gets a third of the junk, and three of them get all.
    Asked for as a fragment, which parses and queries as the page does and renders less.
    """
    client.raise_request_exception = False
    junks = [(name, junk) for turn, name in enumerate(names) for junk in junk_for(name)[turn % step :: step]]
    queries = [urlencode({**others, name: junk}, errors="surrogatepass") for name, junk in junks]
    return [
        query
        for query in queries
        if client.get(f"{address}?{query}", headers={"HX-Request": "true"}).status_code >= 500
    ]


def junk_for(name: str) -> list[str]:
    return CURSORS if name == "cursor" else [*TEXTS, *NUMBERS, *DATES]
