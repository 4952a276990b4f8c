"""Domain Sharding: one site's content comes from many hosts, each of which costs a connection of its own. Pure.

A site is what its hosts' names end with: two words, or three below a country's second level (`shop.co.uk`). Two hosts
of a site are usual, a page and its API. From the third on, in order of their first exchange, what a host's connections
took (TCP and TLS) is the impact. The site's first exchange is the reference.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from replica.analyses.recorded import Exchange, Impact, Recorded
from replica.network import NO_HOST

CATEGORY, GROUP, VERSION = "Domain Sharding", "root cause", 1
USUAL_HOSTS = 2
PORT = re.compile(r":\d*\Z")
NUMBERS = re.compile(r"[\d.]+|\[.*\]")
SECOND_LEVEL = re.compile(r"(?:co|com|net|org|gov|edu|ac|or|ne|go)\.[a-z]{2}\Z")


def applies(recorded: Recorded) -> bool:
    return any(one.tcp_connect_ms is not None or one.tls_handshake_ms is not None for one in recorded.exchanges)


def find(recorded: Recorded) -> Iterator[Impact]:
    """An issue for each site with too many hosts."""
    sites: dict[str, list[Exchange]] = defaultdict(list)
    for one in recorded.exchanges:
        if one.host != NO_HOST:
            sites[site_of(one.host)].append(one)
    for site, exchanges in sites.items():
        yield from _impacts(site, exchanges)


def site_of(host: str) -> str:
    name = PORT.sub("", host).lower()
    if NUMBERS.fullmatch(name):
        return name
    words = name.split(".")
    return ".".join(words[-3:] if SECOND_LEVEL.search(name) else words[-2:])


def _impacts(site: str, exchanges: list[Exchange]) -> Iterator[Impact]:
    beyond = list(dict.fromkeys(PORT.sub("", one.host).lower() for one in exchanges))[USUAL_HOSTS:]
    late = [one for one in exchanges if PORT.sub("", one.host).lower() in beyond and connecting_ms(one) > 0]
    if late:
        first = exchanges[0]
        yield Impact(site, first.start_ms, first.end_ms, 0.0, first.host, first.message_id, reference=True)
    for one in late:
        took = connecting_ms(one)
        yield Impact(site, one.start_ms, one.start_ms + took, took, one.host, one.message_id)


def connecting_ms(one: Exchange) -> float:
    """What its connection took; of one that was there already, 0."""
    return (one.tcp_connect_ms or 0.0) + (one.tls_handshake_ms or 0.0)
