"""Addresses of requests without what differs from one session to the next."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import unquote

ANY = "*"
NUMBER = re.compile(r"\d+")
UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
HASH = re.compile(r"(?=[a-f]*\d)[0-9a-f]{7,}", re.IGNORECASE)
# Long, and with small letters, capitals and digits, which words do not have together.
BASE64 = re.compile(r"(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?=\D*\d)[A-Za-z0-9_+-]{12,}={0,2}")
FOREIGN = (NUMBER, UUID, HASH, BASE64)
FIRST_PASSING_PORT = 32_768  # from here on, servers of tests take whatever port is free
FEWEST_VALUES = 3  # of a segment, for it to be a value and not a word

Address = tuple[str, ...]  # the host, then the segments of the path


def address_of(host: str, path: str) -> Address:
    """The address with `*` for each part that a number, a digest or an id is; queries are left out."""
    segments = re.split(r"[?#]", path, maxsplit=1)[0].strip("/").split("/")
    return _without_passing_port(host), *(_template(unquote(segment)) for segment in segments)


def _without_passing_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return f"{name}:{ANY}" if colon and port.isdigit() and int(port) >= FIRST_PASSING_PORT else host


@lru_cache(maxsize=4096)
def _template(segment: str) -> str:
    """`app.3f2a9c1b.js` becomes `app.*.js`."""
    return ".".join(ANY if any(kind.fullmatch(part) for kind in FOREIGN) else part for part in segment.split("."))


def written(address: Address, with_host: bool = True) -> str:
    host, *segments = address
    path = f"/{'/'.join(segments)}"
    return f"{host}{path}" if with_host else path


def without_values(found: Mapping[str, Iterable[Address]]) -> dict[Address, Address]:
    """What each address becomes if segments that are values, like a product's name, become `*` too.

    found: the addresses of each session. A segment is a value if addresses differ in it alone, by three values or
    more, and no session has two of them: each session opened one product.
    """
    sessions: dict[Address, set[str]] = defaultdict(set)
    for session, addresses in found.items():
        for address in addresses:
            sessions[address].add(session)
    made = {address: address for address in sessions}
    for place in range(1, max(map(len, sessions), default=1)):
        made = _with_value_at(place, made, sessions)
    return made


def _with_value_at(
    place: int, made: Mapping[Address, Address], sessions: Mapping[Address, set[str]]
) -> dict[Address, Address]:
    alike: dict[Address, list[Address]] = defaultdict(list)
    for original, address in made.items():
        if place < len(address):
            alike[(*address[:place], ANY, *address[place + 1 :])].append(original)
    values = {template: originals for template, originals in alike.items() if _is_value(place, originals, sessions)}
    return {**made, **{original: template for template, originals in values.items() for original in originals}}


def _is_value(place: int, originals: list[Address], sessions: Mapping[Address, set[str]]) -> bool:
    by_value: dict[str, set[str]] = defaultdict(set)
    for original in originals:
        by_value[original[place]] |= sessions[original]
    apart = sum(map(len, by_value.values())) == len(set().union(*by_value.values()))
    return apart and len(by_value) >= FEWEST_VALUES
