"""The terms of the language by their names: what each asks for, said in the words that suggestions show. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """A term `name:…`. part: the part of Question that a choice fills; '' of a term that is no choice."""

    name: str
    part: str
    meaning: str
    example: str


NAMES = {
    one.name: one
    for one in (
        Name("table", "tables", "a table, with or without its schema", "table:orders"),
        Name("key", "keys", "the key of a record", "key:68"),
        Name("actor", "actors", "who did it: id, or beginnings of name or email; =42: this id alone", "actor:mei"),
        Name("kind", "kinds", "insert, update, delete …", "kind:delete"),
        Name("field", "", "a field that was changed", "field:email"),
        Name("old", "", "what its value was before", "old:=paid"),
        Name("new", "", "what its value was after", "new:>100"),
        Name("url", "urls", "the address of the request", "url:/checkout/"),
        Name("method", "methods", "the method of the request", "method:POST"),
        Name("since", "", "from then on", "since:24h"),
        Name("until", "", "up to then", "until:2026-11-24"),
        Name("at", "", "within that day, minute or second", "at:yesterday"),
        Name("version", "versions", "the version of the application", "version:1.4.*"),
        Name("app", "applications", "the application", "app:shop"),
        Name("session", "sessions", "a session, by its number or key", "session:12"),
        Name("source", "sources", "an audited database", "source:shop"),
        Name("xid", "xids", "the id of a transaction", "xid:7214"),
        Name("lsn", "lsns", "a position in the log", "lsn:0/16B3748"),
    )
}
FLAGS = {
    "outside": "changes without an action of an application",
    "gap": "gaps in the history",
}
ALL = frozenset({*NAMES, *FLAGS})
# Kinds of changes, by the words for them; the first word of a kind is the one that is written.
KINDS = {
    "insert": "I",
    "update": "U",
    "delete": "D",
    "truncate": "T",
    "snapshot": "B",
    "start": "S",
    "altered": "A",
    "left": "E",
}
SYNONYMS = {
    "inserted": "insert",
    "updated": "update",
    "deleted": "delete",
    "truncated": "truncate",
    "baseline": "snapshot",
    "alter": "altered",
}
