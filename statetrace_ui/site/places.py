"""The places of the main navigation, in order. The rail shows them, keys lead to them, the list of keys names them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    section: str
    name: str
    key: str  # leads here after g
    icon: str
    view: str
    below: frozenset[str]  # names of views, or of their namespaces, whose pages lie here


PLACES = (
    Place("Audited", "Sessions", "s", "users", "history:sessions", frozenset({"history:sessions", "history:session"})),
    Place(
        "Audited",
        "Changes",
        "c",
        "history",
        "history:changes",
        frozenset({"history:changes", "history:change", "history:record"}),
    ),
    Place("Audited", "Alerts", "a", "circle-alert", "history:alerts", frozenset({"history:alerts", "history:alert"})),
    Place("Captured", "User flows", "f", "route", "replica:flows", frozenset({"replica"})),
    Place("Captured", "SQL", "q", "database", "sql:page", frozenset({"sql"})),
    Place("Captured", "Exports", "e", "upload", "exports:list", frozenset({"exports", "databases"})),
    Place(
        "Connected",
        "Sources",
        "o",
        "cable",
        "history:sources",
        frozenset({"history:sources", "history:source", "replica:builds", "capture", "disk"}),
    ),
    Place("Connected", "Deliveries", "d", "workflow", "deliveries:list", frozenset({"deliveries"})),
)
