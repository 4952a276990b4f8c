"""Takes secrets out of URLs that a recording holds: pages show them to readers, and exports copy them. Pure."""

import re
from functools import lru_cache
from urllib.parse import quote, unquote_plus

from statetrace_ui.secret_names import looks_secret, split_words

MASK = "***"
# Harmless as a column; in a query it is what somebody signs in with.
SECRET_IN_QUERIES = {"auth", "code", "key", "pass", "session", "session id", "sid", "sig", "ticket"}
AUTHORITY = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*:)?[\\/]{2}[^\\/?#]*")
PARAMETERS = re.compile("[?#;]")  # of a path, too: `/cart;jsessionid=…`
DEEPEST = 3  # URLs in values of URLs


@lru_cache(maxsize=10_000)
def without_secrets(url: str) -> str:
    """The URL without user and password; values of parameters that are named like secrets become `***`."""
    return _masked(url, DEEPEST)


def without_secrets_if_url(text: str) -> str:
    """The same for text that may be a URL, as the title of a page that has none of its own."""
    return without_secrets(text) if AUTHORITY.match(text) else text


def _masked(url: str, depth: int) -> str:
    if url[:5].lower() == "data:":
        return url
    address = _without_user(url)
    begins = PARAMETERS.search(address)
    first = begins.start() if begins else len(address)
    # Single-page applications and OAuth keep parameters behind the `#` as well, with or without a `?` of their own.
    parts = re.split("([?#&;])", address[first:])
    return address[:first] + "".join(_masked_pair(part, depth) for part in parts)


def _without_user(url: str) -> str:
    found = AUTHORITY.match(url)
    if not found or "@" not in found[0]:
        return url
    start = re.match(r"[^\\/]*[\\/]{2}", found[0])
    return (start[0] if start else "") + found[0].rpartition("@")[2] + url[found.end() :]


def _masked_pair(pair: str, depth: int) -> str:
    name, sign, value = pair.partition("=")
    if not value:
        return pair
    return f"{name}{sign}{MASK if _is_secret(name) else _masked_value(value, depth)}"


def _is_secret(name: str) -> bool:
    plain = unquote_plus(unquote_plus(name))
    words = split_words(plain)
    return looks_secret(plain) or " ".join(words) in SECRET_IN_QUERIES or words[-1:] == ["signature"]


def _masked_value(value: str, depth: int) -> str:
    """A value may be a URL itself, e.g. where a sign-in leads to."""
    plain = unquote_plus(value)
    if not depth or not ("?" in plain or "#" in plain or "@" in plain):
        return value
    masked = _masked(plain, depth - 1)
    return value if masked == plain else quote(masked, safe="")
