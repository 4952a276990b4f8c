"""The places of the main navigation, in order. The rail shows them, keys lead to them, the list of keys names them."""

from dataclasses import dataclass, field

from statetrace_ui.web.concerns import Kind


@dataclass(frozen=True)
class Place:
    section: str
    name: str
    key: str  # leads here after g
    icon: str
    view: str
    below: frozenset[str]  # names of views, or of their namespaces, whose pages lie here
    kinds: frozenset[Kind] = field(default=frozenset())  # what its badge counts of what needs attention


PLACES = (
    Place("For you", "Attention", "n", "triangle-alert", "attention:list", frozenset({"attention"}), frozenset(Kind)),
    Place("For you", "Watching", "w", "eye", "watch:list", frozenset({"watch"})),
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
    Place("Captured", "User flows", "f", "route", "replica:flows", frozenset({"replica"}), frozenset({Kind.FLOW})),
    Place("Captured", "SQL", "q", "database", "sql:page", frozenset({"sql"})),
    Place(
        "Captured",
        "Exports",
        "e",
        "upload",
        "exports:list",
        frozenset({"exports", "databases"}),
        frozenset({Kind.SYNC}),
    ),
    Place(
        "Connected",
        "Sources",
        "o",
        "cable",
        "history:sources",
        frozenset({"history:sources", "history:source", "replica:builds", "capture", "disk"}),
        frozenset({Kind.SOURCE, Kind.GAP}),
    ),
    Place(
        "Connected",
        "Deliveries",
        "d",
        "workflow",
        "deliveries:list",
        frozenset({"deliveries"}),
        frozenset({Kind.DELIVERY}),
    ),
    Place("Organisation", "People", "p", "users", "people:list", frozenset({"people"})),
)
